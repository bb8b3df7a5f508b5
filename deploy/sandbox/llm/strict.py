"""Groq's own demands on a request for structured output, so that ours would pass there too."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson


def schema_fault(schema: Any, *, name: str) -> str:
    """What Groq would say about a strict schema, or nothing when it is fine."""
    at = _fault_of(orjson.dumps(schema))
    return f"invalid JSON schema for response_format: '{name}': {at}" if at else ""


@lru_cache(maxsize=256)
def _fault_of(schema: bytes) -> str:
    """A client sends the same few schemas with every request."""
    return _first_fault(orjson.loads(schema), path="")


def _first_fault(schema: Any, *, path: str) -> str:
    if isinstance(schema, list):
        return _first((_first_fault(part, path=f"{path}/{nth}") for nth, part in enumerate(schema)))
    if not isinstance(schema, dict):
        return ""
    where = f"{path}: " if path else ""
    kinds = schema.get("type")
    if kinds == "object" or (isinstance(kinds, list) and "object" in kinds):
        parts = schema.get("properties") or {}
        if schema.get("additionalProperties") is not False:
            return f"{where}`additionalProperties:false` must be set on every object"
        missing = [part for part in parts if part not in (schema.get("required") or [])]
        if missing:
            return f"{where}`required` is required to be supplied and to be an array including every key in properties"
    return _first(
        _first_fault(part, path=f"{path}/{key}")
        for key, part in schema.items()
        if key not in ("enum", "const", "required", "default", "examples")
    )


def _first(faults: Any) -> str:
    return next((fault for fault in faults if fault), "")
