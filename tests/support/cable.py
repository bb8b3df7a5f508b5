"""A network cable that a test can cut: a proxy between a client and a server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit, urlunsplit


class Cable:
    """`url` leads through the cable to where the given URL leads."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._ends: set[asyncio.StreamWriter] = set()
        self._pipes: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        login = self._target.netloc.rpartition("@")[0]
        return urlunsplit(self._target._replace(netloc=f"{login}@127.0.0.1:{self.port}"))

    async def plug_in(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def unplug(self) -> None:
        """Cut, and refuse whoever comes until it is plugged in again."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    def cut(self) -> int:
        """Every connection breaks, without a word. Answers how many ends there were; new ones are let through."""
        count = len(self._ends)
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()
        return count

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._ends |= {writer, back}
        for source, sink in ((reader, back), (there, writer)):
            pipe = asyncio.create_task(_carry(source, sink))
            self._pipes.add(pipe)
            pipe.add_done_callback(self._pipes.discard)


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()


@contextlib.asynccontextmanager
async def cable_to(url: str) -> AsyncGenerator[Cable]:
    """Plugged in; unplugged at the end."""
    cable = Cable(url)
    await cable.plug_in()
    try:
        yield cable
    finally:
        await cable.unplug()
