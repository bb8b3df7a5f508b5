"""The outside world as a process of its own: what a stack has sent is there when the stack is gone."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from deploy.local.services import Servers, environment, process_of, url_of
from deploy.local.state import State
from tests.support.waiting import eventually
from tests.support.world import World

_PASSED_ON = ("SANDBOX_URL", "SANDBOX_SMTP_URL")
_NO_SERVERS = Servers("postgresql://nobody@127.0.0.1/nothing", "amqp://127.0.0.1")


@asynccontextmanager
async def outside_world(folder: Path) -> AsyncGenerator[tuple[World, dict[str, str]]]:
    """The sandbox, and the settings by which services find it."""
    state = State.open(folder)
    ports = state.ports()
    env = environment({}, state=state, ports=ports, servers=_NO_SERVERS, sandbox=True)
    process = process_of("sandbox", env=env, state=state, ports=ports)
    process.start()
    world = World(url_of("sandbox", ports))
    try:
        await eventually(lambda: _answers(url_of("sandbox", ports)), every_s=0.1)
        yield world, {name: env[name] for name in _PASSED_ON}
    finally:
        await world.close()
        await process.stop()


async def _answers(url: str) -> bool:
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(f"{url}/healthz")).is_success
        except httpx.TransportError:
            return False
