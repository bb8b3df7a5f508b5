"""Examples of bodies, made of their schemas: for operations that bring none of their own."""

from collections.abc import Mapping
from typing import Any

_DEEPEST = 8
_BY_FORMAT = {
    "uuid": "01938a6e-2f00-7c4b-9d3e-5a1f0c7b8e42",
    "date-time": "2026-03-02T09:30:00Z",
    "date": "2026-03-02",
    "time": "09:30:00",
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "binary": "…",
}
_BY_NAME = {
    "email": "ada@example.com",
    "address": "ada@example.com",
    "from_email": "ada@example.com",
    "reply_to": "ada@example.com",
    "name": "Ada Lovelace",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "company": "Example Ltd",
    "domain": "example.com",
    "host": "smtp.example.com",
    "invoice_id": "in_1example",
    "filename": "leads.csv",
    "subject": "A question about your compressors",
    "time_zone": "Europe/Berlin",
    "zone": "Europe/Berlin",
    "country": "DE",
    "currency": "eur",
    "reason": "Asked for by mail",
    "line": "Your new plant in Graz caught my eye.",
    "url": "https://example.com/",
    "day": "2026-03-02",
    "password": "correct horse battery staple",
}
"""What a text of this name says."""


class Examples:
    """Examples of schemas, of which `schemas` are those that are referred to by name."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def asked(self, schema: Mapping[str, Any]) -> Any:
        """What may be sent: what has to be there, and what brings an example of its own."""
        return self._of(schema, whole=False)

    def answered(self, schema: Mapping[str, Any]) -> Any:
        """What comes back: everything that may be there."""
        return self._of(schema, whole=True)

    def _of(self, schema: Mapping[str, Any], *, whole: bool, name: str = "", depth: int = 0) -> Any:
        if "$ref" in schema:
            target = self._schemas[schema["$ref"].rpartition("/")[2]]
            return self._of({**target, **_besides(schema)}, whole=whole, name=name, depth=depth + 1)
        for said in ("examples", "enum"):
            if schema.get(said):
                return schema[said][0]
        for said in ("example", "const", "default"):
            if schema.get(said) is not None:
                return schema[said]
        options = [one for one in schema.get("anyOf", schema.get("oneOf", ())) if one.get("type") != "null"]
        if options:
            return self._of({**options[0], **_besides(schema)}, whole=whole, name=name, depth=depth)
        if "allOf" in schema:
            return self._of(schema["allOf"][0], whole=whole, name=name, depth=depth)
        return self._of_type(schema, whole=whole, name=name, depth=depth)

    def _of_type(self, schema: Mapping[str, Any], *, whole: bool, name: str, depth: int) -> Any:
        match schema.get("type", "object" if "properties" in schema else ""):
            case "object":
                return self._object(schema, whole=whole, depth=depth)
            case "array":
                count = max(schema.get("minItems", 0), 0 if depth > _DEEPEST else 1)
                return [self._of(schema.get("items", {}), whole=whole, name=name, depth=depth + 1)] * count
            case "string":
                return _text(schema, name)
            case "integer" | "number":
                return _number(schema)
            case "boolean":
                return True
            case _:
                return None

    def _object(self, schema: Mapping[str, Any], *, whole: bool, depth: int) -> dict[str, Any]:
        fields, needed = schema.get("properties", {}), schema.get("required", ())
        chosen = [one for one in fields if one in needed or (whole and depth <= _DEEPEST) or "examples" in fields[one]]
        found = {one: self._of(fields[one], whole=whole, name=one, depth=depth + 1) for one in chosen}
        others = schema.get("additionalProperties")
        if isinstance(others, Mapping) and others and not fields:
            key = schema.get("propertyNames", {}).get("enum", ["company"])[0]
            found[key] = self._of(others, whole=whole, name=key, depth=depth + 1)
        return found


def _besides(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What is said beside a reference or a choice, and is not about those."""
    return {name: schema[name] for name in ("examples", "example") if name in schema}


def _text(schema: Mapping[str, Any], name: str) -> str:
    found = _BY_FORMAT.get(schema.get("format", "")) or _BY_NAME.get(name) or name.replace("_", " ") or "text"
    return found.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]


def _number(schema: Mapping[str, Any]) -> float:
    least = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    return min(max(1, least), schema.get("maximum", schema.get("exclusiveMaximum", 2**53) - 0))
