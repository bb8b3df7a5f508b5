"""A service's answer on its way to whoever asked: its head at once, its body as it comes, and then the connection given back."""

from collections.abc import Callable, Sequence

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from services.gateway.clients.services import Answer
from services.gateway.domain.routing import RawHeader

_SMALL_BYTES = 64 * 1024
"""So little is there before anybody could have gone away; to watch for that takes two tasks."""


class Passed(Response):
    """The answer of one request. `also` are headers on top of the service's; `done` is called when it is over, however that
    comes."""

    def __init__(self, answer: Answer, *, also: Sequence[RawHeader], done: Callable[[], None] | None = None) -> None:
        self.status_code = answer.status
        self.raw_headers = [*answer.headers, *also]
        self.background = None
        self._answer = answer
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        length = self._answer.length
        try:
            if length is not None and length <= _SMALL_BYTES:
                await self._send_small(length, send)
            else:
                streamed = StreamingResponse(self._answer.parts(), status_code=self.status_code)
                streamed.raw_headers = self.raw_headers
                await streamed(scope, receive, send)
        finally:
            if self._done is not None:
                self._done()
            await self._answer.close()

    async def _send_small(self, length: int, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        left = length
        async for part in self._answer.parts():
            left -= len(part)
            await send({"type": "http.response.body", "body": part, "more_body": left > 0})
        if left > 0 or length == 0:
            # Of HEAD and 304 a length is told, and no body.
            await send({"type": "http.response.body", "body": b"", "more_body": False})
