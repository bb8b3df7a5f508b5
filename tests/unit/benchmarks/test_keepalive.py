"""What the benchmark of the gateway measures with: whole answers, streams that have begun, and memory as it is."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from benchmarks.keepalive import Keepalive, Listener
from benchmarks.processes import forget_peak, peak_mib, resident_mib

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
STREAM = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n: listening\n\r\n"


@asynccontextmanager
async def answering(words: bytes) -> AsyncGenerator[tuple[str, list[bytes]]]:
    """A server that says the same to every request, and what it was asked."""
    asked: list[bytes] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            request = await reader.read(10_000)
            if request:
                asked.append(request)
                writer.write(words)
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


async def test_one_connection_is_asked_again_and_again() -> None:
    """Red when an answer is counted before all of it has come: the next would begin in the middle of it."""
    async with answering(OK) as (url, asked), Keepalive(url, "/v1/x", {"Authorization": "Bearer t"}) as connection:
        assert all([await connection.ask() > 0 for _ in range(3)])
    assert asked == [b"GET /v1/x HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer t\r\n\r\n"] * 3


async def test_a_refusal_is_no_figure() -> None:
    """Red when refusals, which are quick, count as answers."""
    async with answering(OK.replace(b"200 OK", b"429 No")) as (url, _), Keepalive(url, "/", {}) as connection:
        with pytest.raises(RuntimeError, match="hello"):
            await connection.ask()
    async with answering(STREAM.replace(b"200 OK", b"401 No")) as (url, _):
        with pytest.raises(RuntimeError, match="401"):
            await Listener.open(url, {})


async def test_a_listener_has_heard_the_first_word() -> None:
    """Red when a stream counts that has not begun."""
    async with answering(STREAM) as (url, asked):
        (await Listener.open(url, {})).close()
    assert asked[0].startswith(b"GET /v1/events ")


def test_a_peak_that_is_forgotten_is_what_there_is() -> None:
    """Red when the peak of what was before counts for what comes."""
    block = bytearray(os.urandom(1024)) * (64 * 1024)
    before = peak_mib(os.getpid())
    del block
    forget_peak(os.getpid())
    assert peak_mib(os.getpid()) < before
    assert 0 < resident_mib(os.getpid()) <= peak_mib(os.getpid()) + 1
