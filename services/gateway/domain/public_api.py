"""What the gateway adds to the services' merged description: who may ask, how the door refuses, and examples."""

import copy
from collections.abc import Mapping
from typing import Any

from services.gateway.domain.door_errors import codes_in, errors_of, shared_responses
from services.gateway.domain.examples import Examples
from services.gateway.domain.operations import all_operations
from services.gateway.domain.permissions import ROLES, SCOPES, Permission, may, permission_for
from services.gateway.domain.routing import OWNERS, PUBLIC

_SCHEMES = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of `POST /auth/v1/token`, or of Supabase Auth.",
    },
    "key": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "cfy_…",
        "description": "An API key of `POST /v1/api-keys`, which has the scopes that the operation names.",
    },
}
_WORKSPACE = {
    "name": "X-Workspace-Id",
    "in": "header",
    "required": False,
    "description": "The workspace to work in; otherwise the one joined first. A key is of one workspace.",
    "schema": {"type": "string", "format": "uuid"},
}
_WORKSPACE_REF = {"$ref": "#/components/parameters/Workspace"}
_JSON = "application/json"
_EXAMPLES = frozenset({"example", "examples"})


def complete(document: Mapping[str, Any]) -> dict[str, Any]:
    """The merged description with security, roles, error codes and examples at every operation below /v1."""
    done = copy.deepcopy(dict(document))
    examples, shown = Examples(done["components"]["schemas"]), dict[str, Any]()
    for path, method, operation in all_operations(done):
        _say_who_may(operation, method=method, path=path)
        if path.startswith("/v1/"):
            _say_errors(operation, path=path)
        _show(operation, examples, shown)
        _as_31(operation)
    done.pop("security", None)
    done["servers"] = [{"url": "/"}]
    done["components"] |= {
        "securitySchemes": _SCHEMES,
        "responses": shared_responses(),
        "parameters": {"Workspace": _WORKSPACE},
        "examples": dict(sorted(shown.items())),
    }
    return done


def permission_of(method: str, path: str) -> Permission | None:
    """What an operation needs, by its template."""
    return permission_for(method.upper(), path.removeprefix("/v1/")) if path.startswith("/v1/") else None


def is_public(operation: Mapping[str, Any]) -> bool:
    """Whether it needs no token."""
    return operation.get("security") == []


def _say_who_may(operation: dict[str, Any], *, method: str, path: str) -> None:
    if is_public(operation):
        return
    permission = permission_of(method, path)
    operation["security"] = [{"session": []}]
    if permission is None:
        return
    if permission in SCOPES:
        operation["security"].append({"key": [permission]})
    elif permission == "presence":
        operation["security"].append({"key": []})
    roles = [role for role in ROLES if may(role, permission)]
    operation["x-permission"] = permission
    operation["x-roles"] = ["operator"] if permission == "operations" else roles
    operation["parameters"] = [*operation.get("parameters", ()), _WORKSPACE_REF]


def _say_errors(operation: dict[str, Any], *, path: str) -> None:
    own = codes_in(operation.get("description", ""))
    if any(one.get("name") == "Idempotency-Key" for one in operation.get("parameters", ())):
        own["409"] = list(dict.fromkeys([*own.get("409", ()), "idempotency_key_reused"]))
    door = _door_of(operation, path=path)
    told = {status: errors_of(status, own.get(status, ()), at_the_door=status in door) for status in {*own, *door}}
    responses = {status: said for status, said in operation["responses"].items() if status not in told}
    operation["responses"] = dict(sorted((responses | told).items()))


def _door_of(operation: Mapping[str, Any], *, path: str) -> set[str]:
    """The statuses that the gateway itself may answer with."""
    segment = path.split("/")[2]
    passed_on = segment in OWNERS or segment in PUBLIC
    door = {"502", "503"} if passed_on else {"503"}
    takes = operation.get("requestBody") or [one for one in operation.get("parameters", ()) if "$ref" not in one]
    if takes:
        door.add("422")
    if is_public(operation):
        return door
    return door | {"401", "403", "404", "429"}


def _show(operation: dict[str, Any], examples: Examples, shown: dict[str, Any]) -> None:
    """An example of what is sent and of what comes back, where the service shows none. `shown` takes those of answers: many
    operations answer alike."""
    sent = operation.get("requestBody", {}).get("content", {}).get(_JSON)
    if sent and "schema" in sent and not _EXAMPLES & set(sent):
        sent["example"] = examples.asked(sent["schema"])
    for status, response in operation["responses"].items():
        got = response.get("content", {}).get(_JSON)
        if not (status.startswith("2") and got and got.get("schema")) or _EXAMPLES & set(got):
            continue
        example = examples.answered(got["schema"])
        name = got["schema"].get("$ref", "").rpartition("/")[2]
        if name:
            shown[name] = {"value": example}
            got["examples"] = {name: {"$ref": f"#/components/examples/{name}"}}
        else:
            got["example"] = example


def _as_31(operation: dict[str, Any]) -> None:
    """What a stream holds is said by `itemSchema` from OpenAPI 3.2 on only."""
    for response in operation["responses"].values():
        for content in response.get("content", {}).values():
            if "itemSchema" in content:
                content["x-item-schema"] = content.pop("itemSchema")
                content["schema"] = {"type": "string"}
