"""One sandbox for the run, put at rest before each test; a bench on a database of the test's own."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from libs.common.logs import configure_logs
from tests.integration.enrich.bench import Bench, World, bench_on, running_world


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    configure_logs(service="enrich", fmt="console")


@pytest.fixture(scope="session")
async def one_world() -> AsyncGenerator[World]:
    async with running_world() as world:
        yield world


@pytest.fixture
def world(one_world: World) -> World:
    one_world.reset()
    return one_world


@pytest.fixture
async def bench(fresh_database: str, world: World) -> AsyncGenerator[Bench]:
    async with bench_on(fresh_database, world) as made:
        yield made
