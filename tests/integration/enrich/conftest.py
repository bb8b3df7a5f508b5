"""One sandbox for the run, put at rest before each test; a bench on a database that is empty."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import asyncpg
import pytest

from libs.common.logs import configure_logs
from services.enrich.tables import METADATA
from tests.integration.enrich.bench import Bench, World, bench_on, running_world
from tests.support.waiting import eventually


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    configure_logs(service="enrich", fmt="console")


@pytest.fixture(scope="session")
async def one_world() -> AsyncGenerator[World]:
    async with running_world() as world:
        yield world


@pytest.fixture
async def world(one_world: World) -> World:
    one_world.reset()
    await eventually(lambda: not any(map(one_world.in_flight, ("serper", "groq", "firecrawl"))))
    one_world.reset()
    return one_world


@pytest.fixture
async def database(module_database: str) -> str:
    """The module's database with enrich's tables empty."""
    names = ", ".join(table.fullname for table in METADATA.sorted_tables)
    connection = await asyncpg.connect(module_database)
    try:
        await connection.execute(f"TRUNCATE {names}")
    finally:
        await connection.close()
    return module_database


@pytest.fixture
async def bench(database: str, world: World) -> AsyncGenerator[Bench]:
    async with bench_on(database, world) as made:
        yield made
