"""What reaches the wire when head and body of an answer are written together."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from deploy.sandbox.protocol import OneWrite

_REQUEST = b"%b /healthz HTTP/1.1\r\nhost: sandbox\r\n%b\r\n"


class _Wire(asyncio.Transport):
    """Keeps what is written, piece by piece, and whether it came before the end."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.closed_after: int | None = None

    def write(self, data: Any) -> None:
        self.pieces.append(bytes(data))

    def close(self) -> None:
        self.closed_after = len(self.pieces)

    def is_closing(self) -> bool:
        return self.closed_after is not None


async def _app(_scope: object, _receive: object, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


async def _answered(*requests: bytes) -> _Wire:
    config = Config(_app, log_config=None, log_level=logging.CRITICAL)
    config.load()
    state, wire = ServerState(), _Wire()
    protocol = OneWrite(config=config, server_state=state, app_state={})
    protocol.connection_made(wire)
    for request in requests:
        protocol.data_received(request)
        await asyncio.gather(*state.tasks)
        await asyncio.sleep(0)
    protocol.connection_lost(None)
    return wire


async def test_an_answer_is_one_write() -> None:
    """Red when head and body are sent by themselves, or the second answer carries something of the first."""
    wire = await _answered(*[_REQUEST % (b"GET", b"")] * 2)
    assert len(wire.pieces) == 2
    assert all(piece.startswith(b"HTTP/1.1 200") and piece.endswith(b"\r\n\r\nhello") for piece in wire.pieces)


async def test_an_answer_without_a_body_is_written_too() -> None:
    """Red when a head waits for a body that never comes."""
    (piece,) = (await _answered(_REQUEST % (b"HEAD", b""))).pieces
    assert piece.endswith(b"\r\n\r\n")


async def test_the_last_answer_is_written_before_the_connection_is_closed() -> None:
    """Red when what was gathered is lost with the connection."""
    wire = await _answered(_REQUEST % (b"GET", b"connection: close\r\n"))
    assert (len(wire.pieces), wire.closed_after) == (1, 1)
    assert wire.pieces[0].endswith(b"hello")
