"""An httpx client, as an SDK wants to be given one, that hands each request straight to connections of our own.

httpx's own way there (auth flow, redirects, cookies, stream wrappers) costs as much CPU as the call itself, and nothing of
it is wanted: the SDK adds the key, nobody redirects, and a completion is read whole.
"""

from typing import Any, Self, cast

import httpx
from yarl import URL

from services.enrich.clients.connection import AnswerTooLarge, AnswerUnreadable, Reply
from services.enrich.clients.connections import Connections, Target
from services.enrich.clients.http import too_large

_ALREADY_DONE = frozenset({"content-encoding", "transfer-encoding", "content-length"})
"""These have been undone: httpx must not do so again."""


class DirectRequest(httpx.Request):
    """What the SDK has put together, as it is: httpx would parse and copy all of it once more.

    `sent` are its headers, `target` is where it goes with them.
    """

    def __init__(self, method: str, url: httpx.URL, *, headers: httpx.Headers, content: bytes) -> None:
        self.method, self.url, self.headers, self.extensions = method, url, headers, {}
        self._content = content
        self.sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.raw}
        self.target = Target.of(URL(str(url), encoded=True), self.sent, method=method)

    def with_content(self, content: bytes) -> Self:
        """The same request with another body."""
        other = object.__new__(type(self))
        other.__dict__ = {**self.__dict__, "_content": content}
        return other


class DirectClient(httpx.AsyncClient):
    """Only whole answers; no streams, redirects, cookies or environment proxies."""

    def __init__(self, provider: str, *, concurrency: int, read_s: float) -> None:
        super().__init__(trust_env=False)
        self._provider = provider
        self._connections = Connections(concurrency=concurrency, read_s=read_s)

    def build_request(self, method: str, url: Any, **parts: Any) -> DirectRequest:
        """The request of an SDK: a body of bytes, its own headers, and nothing left to be merged or encoded."""
        content, headers = parts.pop("content", None), parts.pop("headers", None)
        plain = isinstance(content, bytes) and isinstance(headers, httpx.Headers) and isinstance(url, httpx.URL)
        if not plain or any(parts.get(name) for name in ("params", "files", "data", "json", "cookies", "extensions")):
            made = super().build_request(method, url, content=content, headers=headers, **parts)
            return DirectRequest(made.method, made.url, headers=made.headers, content=made.read())
        return DirectRequest(method.upper(), url, headers=cast(httpx.Headers, headers), content=cast(bytes, content))

    async def send(self, request: httpx.Request, **_options: Any) -> httpx.Response:
        """As `exchange`, for the SDK."""
        assert isinstance(request, DirectRequest), "only requests of this client are sent through it"
        return response_of(await self.exchange(request), request)

    async def exchange(self, request: DirectRequest) -> Reply:
        """The answer, read. Raises httpx's timeout and transport errors, and BadAnswer for one that is far too large."""
        try:
            return await self._connections.exchange(request.target, request.content)
        except AnswerTooLarge as error:
            raise too_large(self._provider) from error
        except TimeoutError as error:
            raise httpx.ReadTimeout("no answer in time", request=request) from error
        except (AnswerUnreadable, OSError) as error:
            raise httpx.TransportError(f"no answer: {type(error).__name__}", request=request) from error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connections.close()
        await super().aclose()


def response_of(reply: Reply, request: httpx.Request) -> httpx.Response:
    """A reply as the SDK knows it."""
    headers = [(name, value) for name, value in reply.headers.items() if name.lower() not in _ALREADY_DONE]
    return httpx.Response(reply.status, headers=headers, content=reply.body, request=request)
