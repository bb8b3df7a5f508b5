"""A sandbox on real sockets: HTTP by uvicorn, mail by SMTP, both on free ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import httpx
import pytest
import uvicorn

from deploy.sandbox.app import SandboxApp
from deploy.sandbox.state import Sandbox, SandboxSettings
from tests.support.waiting import PATIENCE_S


@dataclass(frozen=True, slots=True)
class Running:
    """A running sandbox and a client for its controls."""

    url: str
    smtp_port: int
    box: Sandbox
    http: httpx.AsyncClient

    async def turn(self, **dials: object) -> None:
        """Turn dials over the wire."""
        answer = await self.http.put("/dials", json=dials)
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="session")
async def _served() -> AsyncGenerator[Running]:
    app = SandboxApp(SandboxSettings(smtp_port=0))
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())  # pyright: ignore[reportPrivateUsage] - leaves the signals to pytest
    async with asyncio.timeout(PATIENCE_S):
        while not server.started:
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url) as http:
        assert app.box.smtp_port is not None
        yield Running(url=url, smtp_port=app.box.smtp_port, box=app.box, http=http)
    server.should_exit = True
    await serving


@pytest.fixture
async def sandbox(_served: Running) -> AsyncGenerator[Running]:
    """The sandbox as if just started: dials at rest, no calls, no mail, the world unedited."""
    for path in ("/dials", "/calls", "/world", "/inbox/api/messages"):
        assert (await _served.http.delete(path)).status_code == 200
    yield _served
    await _served.http.delete("/dials")
