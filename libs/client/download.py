"""A file that the API answers with, read while it comes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from pathlib import Path

import httpx

from libs.client.errors import Damaged, Unreachable
from libs.client.request import CHUNK_BYTES

Opening = Callable[[], AbstractAsyncContextManager[httpx.Response]]


class Download:
    """Nothing is asked before it is read, and every reading asks anew. Both raise ApiError, Unreachable and Damaged."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening

    async def chunks(self) -> AsyncGenerator[bytes]:
        """The bytes as they come, held in memory one piece at a time."""
        try:
            async with self._opening() as answer:
                async for chunk in answer.aiter_bytes(CHUNK_BYTES):
                    yield chunk
        except httpx.TransportError as error:
            raise Unreachable(f"The download broke off ({error}): start it again.") from error
        except httpx.DecodingError as error:
            raise Damaged(f"The download came damaged ({error}): start it again.") from error

    async def save(self, target: Path) -> None:
        """Writes beside the target first, so that a broken download never looks like a finished one."""
        part = target.with_name(target.name + ".part")
        try:
            async with aclosing(self.chunks()) as chunks:
                with part.open("wb") as file:
                    async for chunk in chunks:
                        file.write(chunk)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    async def read(self) -> bytes:
        """All of it at once, for what is known to be small."""
        async with aclosing(self.chunks()) as chunks:
            return b"".join([chunk async for chunk in chunks])
