"""An ASGI application as a process of its own, for as long as a benchmark needs it."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx

from benchmarks.processes import cpu_seconds


class Server(NamedTuple):
    """A server under test."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        """The time it has had on the processors so far."""
        return cpu_seconds(self.pid)


@asynccontextmanager
async def serving(app: str, *, port: int = 0) -> AsyncGenerator[Server]:
    """Run `module:app` under uvicorn until the block ends; on a free port unless one is asked for."""
    port = port or free_port()
    quiet = ("--no-access-log", "--log-level", "warning", "--no-proxy-headers")
    quick = ("--loop", "uvloop", "--http", "deploy.sandbox.protocol:OneWrite")
    command = (sys.executable, "-m", "uvicorn", app, "--host", "127.0.0.1", "--port", str(port), *quiet, *quick)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
    # A connection that is closed at the moment it is used again is an error of the client's, which no side is to meet.
    patient = ("--timeout-keep-alive", "120", "--timeout-graceful-shutdown", "2")
    process = await asyncio.create_subprocess_exec(*command, *patient, env=environment, start_new_session=True)
    try:
        await _until_open(port, process)
        yield Server(port, process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _until_open(port: int, process: asyncio.subprocess.Process) -> None:
    for _ in range(400):
        if process.returncode is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        await writer.wait_closed()
        return
    raise TimeoutError(f"nothing listens on port {port}")


def free_port() -> int:
    """A port that nobody has at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def ask(url: str, method: str, path: str, **parts: Any) -> httpx.Response:
    """One request to a server. Raises httpx.HTTPStatusError for a refusal."""
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        return (await client.request(method, path, **parts)).raise_for_status()


async def dial(sandbox_url: str) -> None:
    """Have the sandbox answer as slowly as the real providers do on a good day."""
    latencies = {"serper": 300, "firecrawl": 300, "groq": 500}
    await ask(sandbox_url, "PUT", "/dials", json={name: {"latency_ms": ms} for name, ms in latencies.items()})
