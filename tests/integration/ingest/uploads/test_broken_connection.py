"""A connection that ends in the middle of a file, over a real socket."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from tests.integration.ingest.uploads.conftest import Service
from tests.support.upstream import serving
from tests.support.waiting import PATIENCE_S, eventually


async def test_half_a_file_is_no_upload(service: Service) -> None:
    """Red when a disconnect passes for the end of the body: half a list would be enriched and paid for."""
    arrived = asyncio.Event()

    async def running(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":  # the application runs already
            return
        arrived.set()
        await service.app(scope, receive, send)

    before = service.stored_uploads()
    async with serving(running) as url:
        where = urlsplit(url)
        _, writer = await asyncio.open_connection(where.hostname, where.port)
        headers = {"Host": "ingest", "Content-Length": "2900000", **service.headers()}
        lines = [
            "POST /v1/uploads?filename=leads.csv HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode() + b"Name\n" * 300_000)
        await writer.drain()
        await asyncio.wait_for(arrived.wait(), PATIENCE_S)
        writer.close()
        await writer.wait_closed()
    await eventually(lambda: service.stored_uploads() <= before)
    assert (await service.get("/v1/uploads")).json()["items"] == []
