"""Answers that hold something as long as they are read."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

LONGEST_S = 3600
"""Whoever reads more slowly holds up others."""


class HeldStream(StreamingResponse):
    """A stream that is read for an hour at most. Whatever ends it, its reader, its source or the time, `held` is closed."""

    def __init__(
        self,
        content: AsyncIterator[bytes],
        *,
        held: AsyncExitStack,
        media_type: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(content, media_type=media_type, headers=headers)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._held, asyncio.timeout(LONGEST_S):
            await super().__call__(scope, receive, send)
