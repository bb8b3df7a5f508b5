"""Use a tool for an assistant: ask our own public API, as whoever the assistant works for."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import orjson

from libs.common.errors import AppError, Invalid
from services.gateway.domain.tool import Tool
from services.gateway.domain.tool_answers import MAX_ANSWER_BYTES, ToolAnswer, answer, fitting_limit, refusal
from services.gateway.domain.tool_requests import ApiReply, ApiRequest, request_of
from services.gateway.public_api import public_document

Ask = Callable[[ApiRequest], Awaitable[ApiReply]]


async def call_tool(tool: Tool, arguments: Mapping[str, Any], *, ask: Ask) -> ToolAnswer:
    """The tool's answer, or the refusal in the words of whoever refused. The same call twice makes one thing."""
    try:
        request = request_of(tool, arguments, query=_query_of(tool), key=_key_of(tool, arguments))
    except AppError as error:
        return refusal({"detail": error.message, "code": error.code}, status=422)
    reply = await _ask_fitting(request, ask=ask)
    if reply.status >= 400 or not isinstance(reply.body, dict):
        return refusal(reply.body, status=reply.status)
    return answer(reply.body, sized=_size)


async def _ask_fitting(request: ApiRequest, *, ask: Ask) -> ApiReply:
    """A page that is larger than an answer may be is asked for again with fewer items: its `next_cursor` goes on after them."""
    reply = await ask(request)
    while (items := _items_of(request, reply)) > 1 and (size := _size(reply.body)) > MAX_ANSWER_BYTES * 9 // 10:
        fewer = str(fitting_limit(size, items=items))
        request = replace(request, query={**request.query, "limit": fewer})
        reply = await ask(request)
    return reply


def _items_of(request: ApiRequest, reply: ApiReply) -> int:
    if reply.status >= 400 or "limit" not in request.query or not isinstance(reply.body, dict):
        return 0
    items = reply.body.get("items")
    return len(items) if isinstance(items, list) else 0


def _key_of(tool: Tool, arguments: Mapping[str, Any]) -> str | None:
    """One for each tool and arguments: an assistant that repeats itself makes nothing twice. Raises Invalid
    `argument_malformed` for what JSON has no words for."""
    try:
        said = json.dumps([tool.name, dict(arguments)], sort_keys=True, allow_nan=False).encode()
    except ValueError as error:
        msg = "an argument holds a number that is none, such as NaN or Infinity: leave it out or give a number"
        raise Invalid(msg, code="argument_malformed") from error
    return f"mcp-{sha256(said).hexdigest()[:40]}" if tool.makes else None


def _query_of(tool: Tool) -> frozenset[str]:
    operation = public_document()["paths"][tool.path][tool.method.lower()]
    return frozenset(one["name"] for one in operation.get("parameters", []) if one.get("in") == "query")


def _size(value: object) -> int:
    return len(orjson.dumps(value))
