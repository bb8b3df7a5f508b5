"""`corofy mcp`: hands what an assistant on this machine says over stdin to the gateway's `/mcp`, and its answers back.

An assistant that can only start programs works so with a workspace as one does that speaks HTTP: the tools, and what may be
done with them, are the gateway's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from libs.cli.errors import CliError
from libs.cli.target import running_target
from libs.client.client import Client
from libs.client.errors import ApiError, ClientError

if TYPE_CHECKING:
    import mcp
    from mcp.server.lowlevel import Server

KEY = "COROFY_API_KEY"
URL = "COROFY_URL"
_ANSWER_S = 120.0
"""A tool may start what takes seconds; nothing takes minutes."""


async def assist(env: Mapping[str, str] = os.environ) -> None:
    """Until stdin ends. Raises CliError for a setting that is missing, ApiError for a key that does not open, and Unreachable."""
    key, url = env.get(KEY, ""), _url_of(env)
    if not key:
        raise CliError(f"{KEY} is not set: make an API key in the web app, and give it to the assistant's settings.")
    async with Client(url, token=key) as api:
        # Asked before anything is promised to the assistant.
        await api.get_me()
        await _bridge(f"{url}/mcp", key, api=api)


def _url_of(env: Mapping[str, str]) -> str:
    if given := env.get(URL, "").rstrip("/"):
        if not given.startswith(("http://", "https://")):
            raise CliError(f"{URL} has to begin with https:// (or http:// on this machine).")
        return given
    target = running_target()
    if target is None:
        raise CliError(f"{URL} is not set, and no Corofy runs here: set it to https://corofy.your-domain.com.")
    return target.api


async def _bridge(address: str, key: str, *, api: Client) -> None:
    # Imported here: it takes most of a second, which no other command needs.
    import httpx2
    import mcp
    from mcp.client.streamable_http import streamable_http_client
    from mcp.server.stdio import stdio_server

    class Answering(httpx2.AsyncHTTPTransport):
        """Answers in place of whoever does not: the protocol's client ends with the first connection that fails."""

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            try:
                answer = await super().handle_async_request(request)
                await answer.aread()
            except httpx2.TransportError:
                return httpx2.Response(503)
            return answer

    named = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=named, timeout=_ANSWER_S, transport=Answering()) as http,
        mcp.Client(streamable_http_client(address, http_client=http)) as there,
        stdio_server() as (reading, writing),
    ):
        here = _server(there, api=api)
        await here.run(reading, writing, here.create_initialization_options())


def _server(there: mcp.Client, *, api: Client) -> Server[dict[str, Any]]:
    """What answers over stdin and stdout, by asking `there`."""
    import mcp_types as types
    from mcp.server.lowlevel import Server
    from mcp.shared.exceptions import MCPError

    async def list_tools(_context: object, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        try:
            return await there.list_tools(cursor=params.cursor if params else None)
        except MCPError as error:
            raise MCPError(error.code, await _why(api, error.message)) from error

    async def call_tool(_context: object, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            return await there.call_tool(params.name, params.arguments or {})
        except MCPError as error:
            words = types.TextContent(type="text", text=await _why(api, error.message))
            return types.CallToolResult(content=[words], is_error=True)

    told = there.server_info
    return Server(
        told.name if told else "corofy",
        version=told.version if told else "",
        instructions=there.instructions,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def _why(api: Client, said: str) -> str:
    """The API's own words for what went wrong: the protocol knows none for a key that is revoked or a gateway that is away."""
    try:
        await api.get_me()
    except ClientError as refusal:
        return f"{refusal} (code: {refusal.code})" if isinstance(refusal, ApiError) else str(refusal)
    return f"{said}: try again"
