"""The MCP server: an assistant works with a workspace by the public API, as the person or key that it was given.

Every tool goes through our own door again, which counts, permits and writes down the request as anybody's
([ADR 50](../../../docs/adr/0050-assistants-come-in-by-the-same-door.md)).
"""

import asyncio
import importlib
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from libs.common.errors import Forbidden, UnsupportedMedia
from services.gateway.api.access import WORKSPACE_HEADER, CurrentResources, counted_caller, request_id_of
from services.gateway.api.bodies import read_body
from services.gateway.api.bounds import method_not_allowed
from services.gateway.clients.own_door import OwnDoor
from services.gateway.domain.assistant_tools import BY_NAME, tools_for
from services.gateway.domain.callers import Caller
from services.gateway.domain.tool_answers import ToolAnswer, refusal
from services.gateway.settings import GatewaySettings
from services.gateway.use_cases.call_tool import call_tool

router = APIRouter(include_in_schema=False)

MAX_BODY_BYTES = 1024 * 1024
_PASSED_ON = ("authorization", WORKSPACE_HEADER.lower(), "x-forwarded-for")


@router.api_route("/mcp", methods=["GET", "HEAD", "PUT", "PATCH", "DELETE"])
async def refuse_mcp_method(request: Request) -> None:
    """There are no sessions to listen to or to end. 405 `method_not_allowed`."""
    raise method_not_allowed(request, ["POST"])


@router.post("/mcp")
async def post_mcp(
    request: Request,
    caller: Annotated[Caller, Depends(counted_caller)],
    resources: CurrentResources,
) -> Response:
    """One message of an assistant (Streamable HTTP, stateless), answered as JSON.

    401 without a bearer that is believed; 403 `origin_not_allowed`; 413 `too_large`; 415 `unsupported_media_type`; 429
    `too_many_requests`.
    """
    check_origin(request.headers.get("origin"), resources.settings)
    check_is_json(request.headers.get("content-type", ""))
    return _McpAnswer(request, caller, await read_body(request, limit=MAX_BODY_BYTES))


def check_origin(origin: str | None, settings: GatewaySettings) -> None:
    """A page of another origin does not speak with us from somebody's browser. Raises Forbidden `origin_not_allowed`."""
    app = urlsplit(settings.app_base_url)
    if origin is not None and origin not in {*settings.origins, f"{app.scheme}://{app.netloc}"}:
        msg = f"pages of {origin[:200]} may not use this: add it to FRONTEND_BASE_URLS if they should"
        raise Forbidden(msg, code="origin_not_allowed")


def check_is_json(media_type: str) -> None:
    """Raises UnsupportedMedia: the SDK would say so in plain text."""
    if media_type.partition(";")[0].strip().lower() != "application/json":
        msg = f"a message is application/json, not {media_type[:100] or 'nothing'}: say so in Content-Type"
        raise UnsupportedMedia(msg)


class _McpAnswer(Response):
    """What the SDK writes, once the request has been let in."""

    def __init__(self, request: Request, caller: Caller, body: bytes) -> None:
        super().__init__()
        self._request = request
        self._caller = caller
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The import reads files for most of a second: elsewhere, so that nobody else waits.
        server = await asyncio.to_thread(importlib.import_module, "services.gateway.clients.mcp_server")
        unread = [{"type": "http.request", "body": self._body, "more_body": False}]

        async def read_again() -> Message:
            return unread.pop() if unread else await receive()

        await server.serve(
            scope, read_again, send, tools=tools_for(self._caller), call=self._call, max_bytes=MAX_BODY_BYTES
        )

    async def _call(self, name: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        tool = BY_NAME.get(name)
        if tool is None:
            return refusal({"detail": f"there is no tool {name[:100]}: list them", "code": "unknown_tool"}, status=404)
        return await call_tool(tool, arguments, ask=self._door().ask)

    def _door(self) -> OwnDoor:
        said = self._request.headers
        headers = {name: said[name] for name in _PASSED_ON if name in said}
        client = self._request.client
        address = ("127.0.0.1", 0) if client is None else (client.host, client.port)
        return OwnDoor(
            self._request.app, headers={**headers, "X-Request-Id": request_id_of(self._request)}, client=address
        )
