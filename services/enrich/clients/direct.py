"""An httpx client, as an SDK wants to be given one, that hands each request straight to an aiohttp session.

httpx's own way there (auth flow, redirects, cookies, stream wrappers) costs as much CPU as the call itself, and nothing of
it is wanted: the SDK adds the key, nobody redirects, and a completion is read whole.
"""

from typing import Any

import aiohttp
import httpx

from services.enrich.clients.http import make_session, read_whole

_ALREADY_DONE = frozenset({b"content-encoding", b"transfer-encoding", b"content-length"})
"""aiohttp has undone these: httpx must not do so again."""


class DirectClient(httpx.AsyncClient):
    """Only whole answers; no streams, redirects, cookies or environment proxies."""

    def __init__(self, provider: str, *, concurrency: int, read_s: float) -> None:
        super().__init__(trust_env=False)
        self._provider = provider
        self._session: aiohttp.ClientSession = make_session("", concurrency=concurrency, headers={}, read_s=read_s)

    async def send(self, request: httpx.Request, **_options: Any) -> httpx.Response:
        """The answer, read. Raises httpx's timeout and transport errors, and BadAnswer for one that is far too large."""
        try:
            async with self._session.request(
                request.method,
                str(request.url),
                headers=request.headers.items(),
                data=request.content,
                allow_redirects=False,
            ) as reply:
                content = await read_whole(reply, self._provider)
        except TimeoutError as error:
            raise httpx.ReadTimeout("no answer in time", request=request) from error
        except (aiohttp.ClientError, OSError) as error:
            raise httpx.TransportError(f"no answer: {type(error).__name__}", request=request) from error
        headers = [pair for pair in reply.raw_headers if pair[0].lower() not in _ALREADY_DONE]
        return httpx.Response(reply.status, headers=headers, content=content, request=request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()
        await super().aclose()
