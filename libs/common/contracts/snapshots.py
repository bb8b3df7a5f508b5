"""The JSON Schema of every version of every event, committed beside the code, so that a change of the wire is seen."""

import json
from pathlib import Path
from typing import Any

from libs.common.contracts.catalogue import EVENTS
from libs.common.contracts.compatibility import breaking_changes
from libs.common.contracts.envelope import Envelope, Payload

SCHEMAS = Path(__file__).parent / "schemas"


def schema_of(model: type[Payload] | type[Envelope]) -> dict[str, Any]:
    """What a reader of this model accepts."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema(mode="validation")}


def current() -> dict[str, dict[str, Any]]:
    """File name → schema, as the code says it now."""
    return {"envelope.json": schema_of(Envelope)} | {f"{e.routing_key()}.json": schema_of(e) for e in EVENTS}


def committed() -> dict[str, dict[str, Any]]:
    """File name → schema, as it was committed."""
    return {path.name: json.loads(path.read_text("utf-8")) for path in sorted(SCHEMAS.glob("*.json"))}


def broken_promises() -> list[str]:
    """What has changed against the committed snapshots so that somebody breaks. Such a change is a new version."""
    now = current()
    found = [f"{name}: the event is gone" for name in committed().keys() - now.keys()]
    for name, before in committed().items():
        if name in now:
            found += [f"{name}: {change}" for change in breaking_changes(before, now[name])]
    return sorted(found)
