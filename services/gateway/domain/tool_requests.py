"""The request of the public API that a call of a tool comes to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libs.common.errors import Invalid
from services.gateway.domain.tool import Tool
from services.gateway.domain.tool_schemas import FEW_ITEMS, MAX_ITEMS, REQUEST_KEY, places_of

_PLACE = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True)
class ApiRequest:
    """`key` is its Idempotency-Key."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Mapping[str, Any] | None
    key: str | None = None


@dataclass(frozen=True)
class ApiReply:
    """`body` is None where it was no JSON."""

    status: int
    body: Any


def request_of(tool: Tool, arguments: Mapping[str, Any], *, query: frozenset[str], key: str | None) -> ApiRequest:
    """`query` are the names that stand in the operation's query. Raises Invalid `unknown_argument`, `argument_missing`,
    `argument_malformed`; everything else is for the API to say."""
    given = {name: value for name, value in arguments.items() if value is not None}
    if unknown := sorted(set(given) - {*tool.takes, *([REQUEST_KEY] if tool.makes else [])}):
        msg = f"{tool.name} takes no {', '.join(unknown)}: it takes {', '.join(tool.takes) or 'nothing'}"
        raise Invalid(msg, code="unknown_argument")
    if missing := sorted(({*places_of(tool.path), *tool.must}) - set(given)):
        msg = f"{tool.name} needs {', '.join(missing)}"
        raise Invalid(msg, code="argument_missing")
    path = tool.path
    for name in places_of(tool.path):
        path = path.replace(f"{{{name}}}", _place(name, given[name]))
    asked = {name: _said(given[name]) for name in query if name in given}
    if "limit" in tool.takes:
        asked["limit"] = str(limit_of(given))
    rest = {name: given[name] for name in tool.takes if name in given and name not in {*places_of(tool.path), *query}}
    body = None if tool.method == "GET" else {**rest, **tool.always}
    return ApiRequest(tool.method, path, asked, body, key)


def limit_of(arguments: Mapping[str, Any]) -> int:
    """How many items a page shall have. Raises Invalid `argument_malformed`."""
    limit = arguments.get("limit")
    if limit is None:
        return FEW_ITEMS
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MAX_ITEMS:
        msg = f"limit is a whole number from 1 to {MAX_ITEMS}"
        raise Invalid(msg, code="argument_malformed")
    return limit


def _place(name: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or not _PLACE.fullmatch(str(value)):
        msg = f"{name} is an id or a number as another tool answered it"
        raise Invalid(msg, code="argument_malformed")
    return str(value)


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
