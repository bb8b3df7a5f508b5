"""The world outside of the photographed system: the sandbox's dials, inbox and pay pages, and a receiver of webhooks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from libs.cli.waiting import until

_TOKEN = re.compile(r"#token=([\w-]+)")
_CARD = "4242424242424242"
_TAKEN = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Outside:
    """Talks to a running sandbox."""

    def __init__(self, sandbox: str) -> None:
        self._client = httpx.AsyncClient(base_url=sandbox, timeout=30, trust_env=False)

    async def close(self) -> None:
        await self._client.aclose()

    async def dial(self, **dials: dict[str, Any]) -> None:
        """`await outside.dial(smtp={"recipients": {…}})`."""
        (await self._client.put("/dials", json=dials)).raise_for_status()

    async def token_mailed_to(self, address: str) -> str:
        """What stands in the invitation that an address got, once it has come."""

        async def mailed() -> str | None:
            answer = await self._client.get("/inbox/api/messages", params={"to": address})
            found = _TOKEN.findall(answer.raise_for_status().text)
            return found[0] if found else None

        return await until(mailed, what=f"The mail to {address}", seconds=60)

    async def pay(self, page: str) -> None:
        """Pays with a card that is good, as a person would on the pay page."""
        answer = await self._client.post(page, data={"action": "pay", "card": _CARD}, follow_redirects=False)
        if answer.is_error:
            answer.raise_for_status()


@asynccontextmanager
async def receiver() -> AsyncGenerator[str]:
    """The address of a server on this machine that takes whatever is sent to it."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_TAKEN)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}/corofy"
