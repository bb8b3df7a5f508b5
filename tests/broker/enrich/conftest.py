"""The whole service on a vhost and a database of the test's own, with the sandbox as the outside world."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from libs.common.logs import configure_logs
from tests.broker.enrich.house import House
from tests.integration.enrich.bench import World, running_world


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    configure_logs(service="enrich", fmt="console")


@pytest.fixture(scope="module")
async def one_world() -> AsyncGenerator[World]:
    async with running_world() as world:
        yield world


@pytest.fixture
async def house(own_database: str, fresh_vhost: str, one_world: World) -> AsyncGenerator[House]:
    one_world.reset()
    made = House(database=own_database, vhost=fresh_vhost, world=one_world)
    await made.open()
    try:
        yield made
    finally:
        await made.close()
