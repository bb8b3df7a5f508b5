"""What the door does with heads that are too large, too slow, or none at all, on real sockets."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from libs.common.http import protocol
from libs.common.http.protocol import MAX_HEAD_BYTES, Bounded
from tests.support.upstream import serving
from tests.support.waiting import PATIENCE_S, eventually

HTTP = "libs.common.http.protocol:Bounded"
BIG = b"a" * (MAX_HEAD_BYTES + 1)
NOTHING = (0, "")
RESET = (0, "reset")
"""Hung up on while more is being sent: TCP then loses what was answered."""
STUFFING = [b"b" * 16384] * 64


async def echo(request: Request) -> Response:
    """How long the body was."""
    return Response(str(len(await request.body())))


@pytest.fixture
async def port() -> AsyncGenerator[int]:
    async with door(echo) as found:
        yield found


@contextlib.asynccontextmanager
async def door(endpoint: Callable[[Request], Awaitable[Response]]) -> AsyncGenerator[int]:
    app = Starlette(routes=[Route("/", endpoint, methods=["GET", "POST"])])
    async with serving(app, http=HTTP) as url:
        yield int(url.rpartition(":")[2])


async def said(port: int, *parts: bytes) -> tuple[int, str]:
    """Status and code (or body) of what is answered until the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
    try:
        async with asyncio.timeout(PATIENCE_S):
            answer = await reader.read()
    except ConnectionResetError:
        return RESET
    finally:
        writer.close()
    if not answer:
        return NOTHING
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    if b"application/problem+json" in head:
        assert b"connection: close" in head.lower()
        assert b"content-length: %d" % len(body) in head
        return status, orjson.loads(body)["code"]
    return status, body.decode()


@pytest.mark.parametrize(
    "parts",
    [
        [b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ", *STUFFING],
        [b"GET / HTTP/1.1\r\nHost: x\r\n", *[b"X-A: " + b"c" * 1000 + b"\r\n"] * 80],
        [b"GET /", *STUFFING],
        [b"GET / HTTP/1.1\r\nHost: x\r\n", *STUFFING],
    ],
    ids=["a value", "many headers", "a path", "a name"],
)
async def test_a_head_that_is_too_large_is_refused_before_its_end(port: int, parts: list[bytes]) -> None:
    """Red when anybody can fill the gateway's memory by a head without an end."""
    assert await said(port, *parts) in {(431, "head_too_large"), RESET}


async def test_a_head_that_comes_at_once_is_refused_by_name(port: int) -> None:
    """Red when whoever sent too much is not told what was wrong."""
    assert await said(port, b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + BIG + b"\r\n\r\n") == (431, "head_too_large")
    assert await said(port, b"GET /" + BIG + b" HTTP/1.1\r\nHost: x\r\n\r\n") == (431, "head_too_large")


async def test_trailers_count_as_well(port: int) -> None:
    """Red when what comes behind a body in pieces is kept without a bound."""
    begun = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nz\r\n0\r\nX-A: "
    assert await said(port, begun, *STUFFING) in {NOTHING, RESET}


async def test_what_is_no_http_is_a_problem_as_any_other(port: int) -> None:
    """Red when a refusal is plain text, which no client of ours reads."""
    assert await said(port, b"BREW / HTTP/1.1\r\n\r\n") == (400, "not_http")
    twice = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert await said(port, twice) == (400, "not_http")


async def test_a_large_body_and_a_long_head_within_bounds_pass(port: int) -> None:
    """Red when bodies are counted as heads, or one head is added to the next."""
    long = b"X-A: " + b"a" * (MAX_HEAD_BYTES // 2) + b"\r\n"
    one = b"POST / HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n"
    size = sum(map(len, STUFFING))
    last = b"POST / HTTP/1.1\r\nHost: x\r\n" + long + b"Connection: close\r\nContent-Length: 3\r\n\r\nend"
    status, body = await said(port, one % (long, size), *STUFFING, one % (long, 1), b"z", last)
    assert (status, body.endswith("3")) == (200, True)


async def test_a_head_that_does_not_end_is_hung_up_on(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when connections that say nothing, or stop half-way, are kept for ever."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.1)
    for begun in (b"", b"GET / HTTP/1.1\r\nX-A: ", b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        async with asyncio.timeout(PATIENCE_S):
            await reader.read()
        writer.close()


async def test_a_slow_next_head_does_not_break_off_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when an answer that is under way is cut by the clock of the next request."""
    done, rings = asyncio.Event(), 0
    hang_up = Bounded._hang_up  # pyright: ignore[reportPrivateUsage] - there is no other way to know that time is up

    def ring(of: Bounded) -> None:
        nonlocal rings
        rings += 1
        hang_up(of)

    async def parts() -> AsyncGenerator[str]:
        yield "ab"
        await done.wait()
        yield "cd"

    async def slow(_: Request) -> Response:
        return StreamingResponse(parts(), headers={"Content-Length": "4"})

    async def rang_twice() -> bool:
        return rings > 1

    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.05)
    monkeypatch.setattr(Bounded, "_hang_up", ring)
    async with door(slow) as port, asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTT")
        await reader.readuntil(b"ab")
        await eventually(rang_twice)
        done.set()
        assert await reader.readexactly(2) == b"cd"
        writer.close()
