"""Connections to providers on real sockets: what they keep, what they close, and what they never take for an answer."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from yarl import URL

from services.enrich.clients.connection import MOST_BYTES, AnswerCut, AnswerTooLarge, AnswerUnreadable, Reply
from services.enrich.clients.connections import Connections, Target, system_authorities
from tests.support.sites import answer, running_site
from tests.support.waiting import eventually

Says = Callable[[asyncio.StreamWriter], Awaitable[None]]
OK = answer(b'{"n":1}')
PLENTY = b"x" * 100_000


@dataclass
class Server:
    """Says the same to every request; knows its connections, those that were closed on it, and the last request."""

    port: int = 0
    says: bytes | Says = OK
    connections: int = 0
    closed: int = 0
    asked: bytes = b""
    writers: list[asyncio.StreamWriter] = field(default_factory=list[asyncio.StreamWriter])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                self.asked = head + await reader.readexactly(length)
                if isinstance(self.says, bytes):
                    writer.write(self.says)
                    await writer.drain()
                else:
                    await self.says(writer)
        self.closed += 1
        writer.close()

    @property
    def target(self) -> Target:
        return Target.of(URL(f"http://127.0.0.1:{self.port}/search?a=b"), {"X-API-KEY": "key"})


@pytest.fixture
async def server() -> AsyncGenerator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    listening.close()
    for writer in made.writers:
        writer.transport.abort()


@pytest.fixture
async def connections() -> AsyncGenerator[Connections]:
    made = Connections(concurrency=4, read_s=5)
    yield made
    await made.close()


async def nothing(_writer: asyncio.StreamWriter) -> None:
    """Hears, and never answers."""


def then_closes(said: bytes) -> Says:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        writer.close()

    return say


async def test_a_request_is_sent_whole_and_its_answer_read(server: Server, connections: Connections) -> None:
    """Red when a header, the body or a part of the answer is lost."""
    server.says = answer(b'{"n":1}', status=429, headers={"Retry-After": "7"})
    reply = await connections.exchange(server.target, b'{"q":"x"}')
    assert (reply.status, reply.headers["retry-after"], reply.json_or_none()) == (429, "7", {"n": 1})
    assert (
        server.asked
        == (
            f"POST /search?a=b HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAccept-Encoding: gzip, deflate\r\n"
            'X-API-KEY: key\r\nContent-Length: 9\r\n\r\n{"q":"x"}'
        ).encode()
    )


async def test_calls_one_after_the_other_share_a_connection(server: Server, connections: Connections) -> None:
    """Red when every call opens a connection of its own: most of what a call costs."""
    for _ in range(5):
        await connections.exchange(server.target, b"{}")
    assert server.connections == 1


async def test_no_more_connections_than_calls_may_be_in_flight(server: Server, connections: Connections) -> None:
    """Red when a burst opens a connection for each call."""
    await asyncio.gather(*(connections.exchange(server.target, b"{}") for _ in range(40)))
    assert server.connections <= 4


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc"])
async def test_a_call_that_is_called_off_closes_its_connection(
    server: Server, connections: Connections, said: bytes
) -> None:
    """Red when a cancelled call goes on at the provider, or leaves a connection whose next answer is not its own."""
    server.says = said
    call = asyncio.create_task(connections.exchange(server.target, b"{}"))
    await eventually(lambda: bool(server.asked))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await eventually(lambda: server.closed == 1)
    server.says = OK
    assert (await connections.exchange(server.target, b"{}")).status == 200
    assert server.connections == 2


async def test_a_call_takes_no_longer_than_it_may(server: Server) -> None:
    """Red when a provider that never answers, or drips, holds a row."""
    connections = Connections(concurrency=1, read_s=0.1)
    server.says = nothing
    with pytest.raises(TimeoutError):
        await connections.exchange(server.target, b"{}")
    await eventually(lambda: server.closed == 1)
    await connections.close()


async def test_who_finds_no_room_waits_no_longer_than_a_call_may_take(server: Server) -> None:
    """Red when the wait for room is not counted: then each call behind a silent provider waits for all before it."""
    connections = Connections(concurrency=1, read_s=0.2)
    server.says = nothing
    began = asyncio.get_running_loop().time()
    ends = await asyncio.gather(*(connections.exchange(server.target, b"{}") for _ in range(8)), return_exceptions=True)
    assert [type(end) for end in ends] == [TimeoutError] * 8
    assert asyncio.get_running_loop().time() - began < 8 * 0.2
    server.says = OK
    assert (await connections.exchange(server.target, b"{}")).status == 200
    await connections.close()


async def test_nobody_there_is_told_as_what_it_is(connections: Connections) -> None:
    """Red when a refused connection or an unknown host is anything but an error of the network."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for address, error in (
        (f"http://127.0.0.1:{port}/", ConnectionRefusedError),
        ("http://a.invalid/", socket.gaierror),
    ):
        with pytest.raises(error):
            await connections.exchange(Target.of(URL(address), {}), b"{}")


async def test_proxies_of_the_environment_are_not_asked(
    server: Server, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when a variable in the environment leads keys to somebody else."""
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await connections.exchange(server.target, b"{}")).status == 200


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (answer(PLENTY * 100), AnswerTooLarge),
        (answer(b"x" * (MOST_BYTES + 1)), AnswerTooLarge),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"186a0\r\n" + (PLENTY + b"\r\n186a0\r\n") * 30,
            AnswerTooLarge,
        ),
        (b"HTTP/1.1 200 OK\r\nx: " + PLENTY * 30, AnswerTooLarge),
        (answer(gzip.compress(PLENTY * 100), headers={"Content-Encoding": "gzip"}), AnswerTooLarge),
        (answer(b"no gzip", headers={"Content-Encoding": "gzip"}), AnswerUnreadable),
        (answer(gzip.compress(b"{}")[:-4], headers={"Content-Encoding": "gzip"}), AnswerUnreadable),
        (answer(b"{}", headers={"Content-Encoding": "br"}), AnswerUnreadable),
        (b"nonsense\r\n\r\n", AnswerUnreadable),
        (b"HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", AnswerUnreadable),
        (then_closes(b""), AnswerCut),
        (then_closes(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"), AnswerCut),
        (then_closes(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"), AnswerCut),
        (then_closes(b"HTTP/1.1 200 OK\r\nx: "), AnswerCut),
    ],
)
async def test_what_is_no_whole_answer_is_none_and_closes_the_connection(
    server: Server, connections: Connections, said: bytes | Says, error: type[Exception]
) -> None:
    """Red when a part is taken for the whole, a bomb is unpacked, or the connection is used again."""
    server.says = said
    with pytest.raises(error):
        await connections.exchange(server.target, b"{}")
    await eventually(lambda: server.closed == 1)


@pytest.mark.parametrize(
    "said",
    [
        answer(gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"}),
        answer(zlib.compress(b"{}"), headers={"Content-Encoding": "Deflate"}),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
        b"HTTP/1.1 103 X\r\nlink: y\r\n\r\n" + answer(b"{}"),
        then_closes(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}"),
        then_closes(b"HTTP/1.0 200 OK\r\n\r\n{}"),
    ],
)
async def test_every_form_of_an_answer_is_read(server: Server, connections: Connections, said: bytes | Says) -> None:
    """Red when an answer that is packed, in pieces, announced, or ended by closing is not understood."""
    server.says = said
    for _ in range(2):
        assert (await connections.exchange(server.target, b"{}")).body == b"{}"


async def test_an_answer_that_nobody_asked_for_is_never_the_next_calls(
    server: Server, connections: Connections
) -> None:
    """Red when a provider's second answer to one request is given to another row."""
    server.says = answer(b"first") + answer(b"second")
    assert [(await connections.exchange(server.target, b"{}")).body for _ in range(3)] == [b"first"] * 3
    assert server.connections == 3


async def test_a_connection_that_the_provider_has_closed_is_not_used_again(
    server: Server, connections: Connections
) -> None:
    """Red when a call is lost on a connection of which is known that it is gone."""
    await connections.exchange(server.target, b"{}")
    server.writers[0].close()
    await server.writers[0].wait_closed()
    await asyncio.sleep(0)
    await eventually(lambda: server.closed == 1)
    assert (await connections.exchange(server.target, b"{}")).status == 200
    assert server.connections == 2


async def test_closing_ends_every_connection(server: Server) -> None:
    """Red when a process that stops leaves its connections to the providers' patience."""
    connections = Connections(concurrency=4, read_s=5)
    await asyncio.gather(*(connections.exchange(server.target, b"{}") for _ in range(3)))
    await connections.close()
    await eventually(lambda: server.closed == server.connections)


async def test_who_is_asked_has_to_prove_who_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when a key is sent to a server whose certificate nobody vouches for, or is another's."""
    async with running_site(tmp_path) as site:
        site.pages[f"localhost:{site.ports[443]}/"] = site.pages[f"127.0.0.1:{site.ports[443]}/"] = OK

        async def ask(host: str) -> Reply:
            connections = Connections(concurrency=1, read_s=5)
            try:
                return await connections.exchange(
                    Target.of(URL(f"https://{host}:{site.ports[443]}/"), {}, method="GET"), b""
                )
            finally:
                await connections.close()

        system_authorities.cache_clear()
        with pytest.raises(ssl.SSLCertVerificationError):
            await ask("localhost")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "site.pem"))
        system_authorities.cache_clear()
        assert (await ask("localhost")).status == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            await ask("127.0.0.1")
    system_authorities.cache_clear()


def test_a_header_is_one_line() -> None:
    """Red when a key with a line break can write headers of its own."""
    for value in ("a\r\nX: y", "a\ny", "a\0"):
        with pytest.raises(ValueError, match="line break"):
            Target.of(URL("http://provider.example/"), {"X-API-KEY": value})
    assert "secret" not in repr(Target.of(URL("http://provider.example/"), {"X-API-KEY": "secret"}))
