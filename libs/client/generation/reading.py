"""What the API's description says of each operation, as the methods need it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
_JSON, _EVENTS = "application/json", "text/event-stream"
_TUS = "/v1/uploads/resumable"
"""Spoken by headers in both directions, of which the description has none."""
_SEEN_TO = frozenset({"accept", "x-workspace-id", "if-none-match"})
"""Headers that no method takes: the client's own affair, or of use to browsers only."""
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_FORMATS = {"uuid": "UUID | str", "date-time": "datetime", "date": "date"}

Answer = Literal["model", "object", "nothing", "headers", "location", "file", "events"]
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Parameter:
    """One argument. `sent_as` is its name on the wire."""

    name: str
    sent_as: str
    place: str
    type: str
    required: bool


@dataclass(frozen=True)
class Operation:
    """One method. `body` is the type of its body; `kinds` are the media types it may have, the usual one first."""

    name: str
    method: str
    path: str
    told: str
    parameters: tuple[Parameter, ...]
    body: str | None
    kinds: tuple[str, ...]
    body_required: bool
    keyed: bool
    answer: Answer
    model: str | None
    by_headers: bool

    def of(self, place: str) -> list[Parameter]:
        return [one for one in self.parameters if one.place == place]


def operations_of(document: Schema) -> Iterator[Operation]:
    """Every operation, in the order of the document."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield _operation(document, path=path, method=method, told=item[method])


def _operation(document: Schema, *, path: str, method: str, told: Schema) -> Operation:
    asked = [_resolved(document, one) for one in told.get("parameters", ())]
    headers = {one["name"].lower() for one in asked if one["in"] == "header"}
    content = told.get("requestBody", {}).get("content", {})
    by_headers = path.startswith(_TUS)
    answer, model = ("headers", None) if by_headers else _answer(told["responses"])
    taken = [one for one in asked if one["name"].lower() not in _SEEN_TO | {"idempotency-key"}]
    return Operation(
        name=told["operationId"],
        method=method.upper(),
        path=path,
        told=told.get("description") or told.get("summary", ""),
        parameters=tuple(_parameter(document, one) for one in taken),
        body=_body(content),
        kinds=tuple(content),
        body_required=bool(told.get("requestBody", {}).get("required")),
        keyed="idempotency-key" in headers,
        answer=answer,
        model=model,
        by_headers=by_headers,
    )


def _answer(responses: Schema) -> tuple[Answer, str | None]:
    """Of several kinds of answer the typed one; what is neither JSON nor nothing is a file."""
    fine = {status: one.get("content", {}) for status, one in responses.items() if status[0] in "23"}
    if all(status[0] == "3" for status in fine):
        return "location", None
    kinds = {kind: one.get("schema", {}) for content in fine.values() for kind, one in content.items()}
    if _EVENTS in kinds:
        return "events", None
    if model := _name_of(kinds.get(_JSON, {})):
        return "model", model
    if set(fine) == {"204"}:
        return "nothing", None
    return ("object", None) if kinds.get(_JSON) else ("file", None)


def _body(content: Schema) -> str | None:
    types: list[str] = []
    for kind, one in content.items():
        schema = one.get("schema", {})
        if kind == _JSON:
            name = _name_of(schema)
            types += [f"models.{name}"] if name else []
            types.append("Mapping[str, Any]")
        elif "Content" not in types:
            types.append("Content")
    return " | ".join(types) or None


def _parameter(document: Schema, one: Schema) -> Parameter:
    name = re.sub(r"\W", "_", one["name"]).lower()
    return Parameter(
        name=name,
        sent_as=one["name"],
        place=one["in"],
        type=type_of(document, one["schema"]),
        required=bool(one.get("required")),
    )


def type_of(document: Schema, schema: Schema) -> str:
    """The annotation of a parameter. Raises ValueError for a shape that no parameter has had."""
    schema = _resolved(document, schema)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        found = dict.fromkeys(part for one in choices for part in type_of(document, one).split(" | "))
        return " | ".join([part for part in found if part != "None"] + (["None"] if "None" in found else []))
    if "const" in schema or "enum" in schema:
        values = schema.get("enum") or [schema["const"]]
        return f"Literal[{', '.join(repr(value) for value in values)}]"
    kind = schema.get("type")
    if kind == "array":
        return f"Sequence[{type_of(document, schema['items'])}]"
    if kind == "null":
        return "None"
    if kind not in _PLAIN:
        raise ValueError(f"a parameter of this shape has no type yet: {dict(schema)}; give it one in type_of")
    return _FORMATS.get(schema.get("format", ""), _PLAIN[kind])


def _resolved(document: Schema, one: Schema) -> Schema:
    while "$ref" in one:
        found: Any = document
        for part in one["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        one = found
    return one


def _name_of(schema: Schema) -> str | None:
    return schema["$ref"].rpartition("/")[2] if "$ref" in schema else None
