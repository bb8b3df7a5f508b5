"""An httpx client, as an SDK wants to be given one, that hands each request straight to an aiohttp session.

httpx's own way there (auth flow, redirects, cookies, stream wrappers) costs as much CPU as the call itself, and nothing of
it is wanted: the SDK adds the key, nobody redirects, and a completion is read whole.
"""

from typing import Any, cast

import aiohttp
import httpx

from services.enrich.clients.http import make_session, read_whole

_ALREADY_DONE = frozenset({b"content-encoding", b"transfer-encoding", b"content-length"})
"""aiohttp has undone these: httpx must not do so again."""


class _Request(httpx.Request):
    """What the SDK has put together, as it is: httpx would parse and copy all of it once more."""

    def __init__(self, method: str, url: httpx.URL, *, headers: httpx.Headers, content: bytes) -> None:
        self.method, self.url, self.headers, self.extensions = method, url, headers, {}
        self._content = content


class DirectClient(httpx.AsyncClient):
    """Only whole answers; no streams, redirects, cookies or environment proxies."""

    def __init__(self, provider: str, *, concurrency: int, read_s: float) -> None:
        super().__init__(trust_env=False)
        self._provider = provider
        self._session: aiohttp.ClientSession = make_session(concurrency=concurrency, read_s=read_s)

    def build_request(self, method: str, url: Any, **parts: Any) -> httpx.Request:
        """The request of an SDK: a body of bytes, its own headers, and nothing left to be merged or encoded."""
        content, headers = parts.pop("content", None), parts.pop("headers", None)
        plain = isinstance(content, bytes) and isinstance(headers, httpx.Headers) and isinstance(url, httpx.URL)
        if not plain or any(parts.get(name) for name in ("params", "files", "data", "json", "cookies", "extensions")):
            return super().build_request(method, url, content=content, headers=headers, **parts)
        return _Request(method.upper(), url, headers=cast(httpx.Headers, headers), content=cast(bytes, content))

    async def send(self, request: httpx.Request, **_options: Any) -> httpx.Response:
        """The answer, read. Raises httpx's timeout and transport errors, and BadAnswer for one that is far too large."""
        try:
            async with self._session.request(
                request.method,
                str(request.url),
                headers={name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.raw},
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
