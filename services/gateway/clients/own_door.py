"""Our own public API, asked from inside this process through the whole door, as somebody outside would."""

from collections.abc import Mapping

import httpx
from starlette.types import ASGIApp

from services.gateway.domain.tool_requests import ApiReply, ApiRequest

_ANYWHERE = "http://gateway.internal"


class OwnDoor:
    """`headers` say who asks; `client` is the address that the asker has."""

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str], client: tuple[str, int]) -> None:
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=client)
        self._headers = headers

    async def ask(self, request: ApiRequest) -> ApiReply:
        """The API's answer, its body read as JSON. No request leaves the process here."""
        headers = {**self._headers, "Accept-Encoding": "identity"}
        if request.key is not None:
            headers["Idempotency-Key"] = request.key
        asked = httpx.Request(
            request.method,
            _ANYWHERE + request.path,
            params=dict(request.query),
            json=request.body,
            headers=headers,
        )
        answer = await self._transport.handle_async_request(asked)
        await answer.aread()
        try:
            return ApiReply(answer.status_code, answer.json())
        except ValueError:
            return ApiReply(answer.status_code, None)
