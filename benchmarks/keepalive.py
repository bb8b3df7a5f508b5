"""Connections that cost their own side next to nothing: one that is asked again and again, and one that only listens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx

_PATIENCE_S = 60


def _request(path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: gateway", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


class Keepalive:
    """One connection over which the same request is sent, and whose answers have a Content-Length."""

    def __init__(self, url: str, path: str, headers: Mapping[str, str]) -> None:
        self._address = httpx.URL(url)
        self._request = _request(path, headers)
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._address.host, self._address.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    async def ask(self) -> float:
        """Seconds from the request to the whole answer. Raises RuntimeError for one that is not 200."""
        began = time.perf_counter()
        self._writer.write(self._request)
        async with asyncio.timeout(_PATIENCE_S):
            head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].split(b"\r", 1)[0])
            body = await self._reader.readexactly(length)
        if head[9:12] != b"200":
            raise RuntimeError(f"it was refused: {body.decode()[:500]}")
        return time.perf_counter() - began


class Listener:
    """A stream of live events that has begun."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    @classmethod
    async def open(cls, url: str, headers: Mapping[str, str]) -> Self:
        """Connect, and wait for the first word. Raises RuntimeError when the stream is refused."""
        address = httpx.URL(url)
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(_request("/v1/events", headers))
        async with asyncio.timeout(_PATIENCE_S):
            head = await reader.readuntil(b"\r\n\r\n")
            if head[9:12] != b"200":
                writer.close()
                raise RuntimeError(f"a stream was refused: {head.decode()[:500]}")
            await reader.readuntil(b"listening")
        return cls(writer)

    def close(self) -> None:
        self._writer.close()
