"""The gateway's own routes take small JSON; what it passes on to a service may be as large as the service says."""

from collections.abc import Awaitable, Callable

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.types import Message

from libs.common.errors import TooLarge

MAX_BODY_BYTES = 64 * 1024


class SmallBodyRoute(APIRoute):
    """A route that reads no more than MAX_BODY_BYTES before it answers 413 `too_large`."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # pyright: ignore[reportIncompatibleMethodOverride] - a coroutine is awaitable
        handle = super().get_route_handler()

        async def handle_small(request: Request) -> Response:
            body = await read_body(request, limit=MAX_BODY_BYTES)
            message: Message = {"type": "http.request", "body": body, "more_body": False}

            async def receive() -> Message:
                return message

            return await handle(Request(request.scope, receive))

        return handle_small


async def read_body(request: Request, *, limit: int) -> bytes:
    """The whole body, of which no more than `limit` bytes are read. Raises TooLarge."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            msg = f"the body is larger than {limit} bytes"
            raise TooLarge(msg)
    return bytes(body)
