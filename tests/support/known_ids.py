"""Puts ids of what there is into the API's description, so that requests made from it get past 404."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.gateway.domain.operations import all_operations

Json = dict[str, Any]
_WORKSPACE = {"$ref": "#/components/parameters/Workspace"}
_OUTSIDE = {"MailboxIn": {"provider": "sandbox"}, "NewWebhook": {"url": "https://hooks.example/corofy"}}
"""What would have us ask somebody outside: only our own stand-ins are named, and an address that nobody can have."""
_ENDING = {"cancel", "discard", "end", "finish", "lift"}


@dataclass(frozen=True)
class Ids:
    """What there is in one workspace: `<first segment>/{param}` → id."""

    workspace_id: str
    values: Mapping[str, str]

    def anywhere(self) -> dict[str, str]:
        """By the parameter's name alone, for queries and bodies."""
        return {key.rpartition("/")[2].strip("{}"): value for key, value in self.values.items()}


def with_ids(document: Json, *, kept: Ids, spare: Ids) -> Json:
    """The description with those ids as the only valid ones. What deletes or ends something gets `spare`, all else `kept`."""
    known = copy.deepcopy(document)
    for path, method, operation in all_operations(known):
        ids = spare if method == "delete" or path.rpartition("/")[2] in _ENDING else kept
        operation["parameters"] = [_known(one, path=path, ids=ids) for one in operation.get("parameters", ())]
    schemas = known["components"]["schemas"]
    answered = set(_names(known, [one["responses"] for _, _, one in all_operations(known)]))
    asked = set(_names(known, [one.get("requestBody", {}) for _, _, one in all_operations(known)]))
    for name in asked - answered:
        for field, schema in schemas[name].get("properties", {}).items():
            if field in _OUTSIDE.get(name, ()):
                schemas[name]["properties"][field] = {"type": "string", "enum": [_OUTSIDE[name][field]]}
            value = kept.anywhere().get(field.removesuffix("s"))
            if value is not None:
                _narrow(schema, value)
    return known


def _known(parameter: Json, *, path: str, ids: Ids) -> Json:
    if parameter == _WORKSPACE:
        schema = {"type": "string", "enum": [ids.workspace_id]}
        return {"name": "X-Workspace-Id", "in": "header", "required": False, "schema": schema}
    first = "uploads/resumable" if path.startswith("/v1/uploads/resumable") else path.split("/")[2]
    name = parameter["name"]
    value = ids.values.get(f"{first}/{{{name}}}")
    if value is None and parameter["in"] == "query":
        value = ids.anywhere().get(name)
    if value is None:
        return parameter
    kind = parameter["schema"].get("type")
    schema = {"type": "integer", "enum": [int(value)]} if kind == "integer" else {"type": "string", "enum": [value]}
    return {**{key: one for key, one in parameter.items() if key not in {"example", "examples"}}, "schema": schema}


def _narrow(schema: Json, value: str) -> None:
    """Leaves `value` as the only id, in a list of them or beside null too."""
    if schema.get("format") == "uuid":
        schema["enum"] = [value]
    for one in (schema.get("items"), *schema.get("anyOf", ())):
        if isinstance(one, dict):
            _narrow(one, value)


def _names(document: Json, part: object, seen: set[str] | None = None) -> Iterator[str]:
    """The schemas that a part of the document is made of."""
    seen = set() if seen is None else seen
    if isinstance(part, dict):
        name = str(part.get("$ref", "")).removeprefix("#/components/schemas/")
        if name in document["components"]["schemas"] and name not in seen:
            seen.add(name)
            yield name
            yield from _names(document, document["components"]["schemas"][name], seen)
        for one in part.values():
            yield from _names(document, one, seen)
    elif isinstance(part, list):
        for one in part:
            yield from _names(document, one, seen)
