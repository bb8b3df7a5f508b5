"""What goes over the wire between the gateway and a service, byte by byte, and what becomes of the connection."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from starlette.types import Message

from services.gateway.api.passing import Passed
from services.gateway.clients.services import Answer, Services
from services.gateway.domain.routing import RawHeader
from tests.support.waiting import PATIENCE_S


@dataclass
class Wire:
    """A service that is nothing but a socket: says what it is told to say, endlessly where there is `more`, and no more
    where it `breaks`."""

    says: bytes
    more: bytes = b""
    breaks: bool = False
    heard: list[bytes] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not (self.breaks and self.heard):
                self.heard.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(self.says)
                while self.more:
                    writer.write(self.more)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.left.set()
        finally:
            writer.close()


@asynccontextmanager
async def asked(
    wire: Wire,
    method: str = "GET",
    *,
    path: bytes = b"/v1/jobs",
    query: bytes = b"",
    headers: list[RawHeader] | None = None,
) -> AsyncGenerator[tuple[Services, Answer]]:
    """The answer of such a service to one request."""
    async with await asyncio.start_server(wire.serve, "127.0.0.1") as server:
        host, port = server.sockets[0].getsockname()[:2]
        services = Services({"ingest": f"http://{host}:{port}"})
        try:
            yield (
                services,
                await services.forward(
                    "ingest", method=method, raw_path=path, query=query, headers=headers or [], body=None
                ),
            )
        finally:
            await services.close()


async def sent(answer: Answer, *, over: list[str]) -> list[Message]:
    """What an answer is to whoever asked, who stays until it is over."""
    messages: list[Message] = []

    async def receive() -> Message:
        return await asyncio.get_running_loop().create_future()

    async def send(message: Message) -> None:
        messages.append(message)

    passed = Passed(answer, also=[(b"x-request-id", b"r")], done=lambda: over.append("over"))
    async with asyncio.timeout(PATIENCE_S):
        await passed({"type": "http"}, receive, send)
    return messages


def answer_of(length: int, body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nSet-Cookie: a=b\r\n\r\n%s" % (length, body)


async def test_a_request_is_written_as_it_came_with_nothing_of_our_own_but_the_host() -> None:
    """Red when a path is decoded and written anew (`%2F` is no `/`), when a header is lost, or when one is made up."""
    wire, path, query = Wire(answer_of(2, b"ok")), b"/v1/jobs/a%2Fb;c/%7E'/%C3%A9//d%2e", b"q=%7e+%20&r='\"&q=[]"
    headers = [(b"x-one", b"1"), (b"x-one", b"2"), (b"x-name", "Ren\u00e9".encode())]
    async with asked(wire, path=path, query=query, headers=headers):
        target, *lines = wire.heard[0].split(b"\r\n")
    assert target == b"GET " + path + b"?" + query + b" HTTP/1.1"
    told = [line for line in lines if line and not line.startswith(b"Host: ")]
    assert sorted(told) == sorted(name + b": " + value for name, value in headers)


async def test_a_cookie_of_a_service_is_nobody_elses() -> None:
    """Red when what one asker is given is sent along with the request of the next."""
    wire = Wire(answer_of(2, b"ok"))
    async with asked(wire) as (services, answer):
        assert (b"set-cookie", b"a=b") in answer.headers
        await sent(answer, over=[])
        again = await services.forward("ingest", method="GET", raw_path=b"/v1/jobs", query=b"", headers=[], body=None)
        await sent(again, over=[])
    assert b"a=b" not in wire.heard[1]


@pytest.mark.parametrize(("method", "length", "body"), [("GET", 5, b"hello"), ("GET", 0, b""), ("HEAD", 5, b"")])
async def test_a_small_answer_ends_with_its_last_byte(method: str, length: int, body: bytes) -> None:
    """Red when its end is not told (the asker waits), or is told twice, or a place is not given back."""
    over: list[str] = []
    async with asked(Wire(answer_of(length, body)), method) as (_, answer):
        head, *bodies = await sent(answer, over=over)
    assert (head["status"], over) == (200, ["over"])
    assert head["headers"][-1] == (b"x-request-id", b"r")
    assert b"".join(one["body"] for one in bodies) == body
    assert [one["more_body"] for one in bodies][-1:] == [False]
    assert sum(not one["more_body"] for one in bodies) == 1


async def test_whoever_goes_away_in_the_middle_is_read_for_no_longer() -> None:
    """Red when a service goes on sending to nobody, or when the place stays taken."""
    wire = Wire(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", more=b"5\r\nhello\r\n")
    begun, over = asyncio.Event(), list[str]()

    async def receive() -> Message:
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            begun.set()

    async with asked(wire) as (_, answer), asyncio.timeout(PATIENCE_S):
        await Passed(answer, also=[], done=lambda: over.append("over"))({"type": "http"}, receive, send)
        await wire.left.wait()
    assert over == ["over"]


async def test_a_small_answer_that_breaks_off_is_not_taken_for_whole() -> None:
    """Red when whoever asked is told that the half of it was everything."""
    over: list[str] = []
    wire = Wire(answer_of(50, b"half of it"), breaks=True)
    async with asked(wire) as (_, answer):
        with pytest.raises(aiohttp.ClientPayloadError):
            await sent(answer, over=over)
    assert over == ["over"]
