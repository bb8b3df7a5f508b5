"""The sandbox's Apollo, and ingest's sourcing on a database of the test's own."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from libs.common.db import make_engine
from libs.common.settings import normalise_database_url
from libs.common.storage import Storage
from libs.common.uow import UnitOfWorkFactory
from services.ingest.tables import COMMON
from tests.integration.enrich.bench import World, running_world
from tests.integration.ingest.jobs.conftest import us
from tests.integration.ingest.sourcing.steps import Leads
from tests.support.ingest import RunningIngest, running_ingest

__all__ = ["leads", "one_world", "service", "us", "world"]


@pytest.fixture(scope="session")
async def one_world() -> AsyncGenerator[World]:
    async with running_world() as world:
        yield world


@pytest.fixture
def world(one_world: World) -> World:
    """The sandbox, its dials at rest and its calls uncounted."""
    one_world.reset()
    return one_world


@pytest.fixture
async def leads(own_database: str, tmp_path: Path, world: World) -> AsyncGenerator[Leads]:
    """A workspace that can source leads; a lead costs two credits."""
    engine = make_engine(normalise_database_url(own_database), pool_size=8, service="ingest")
    made = Leads(UnitOfWorkFactory(engine, COMMON), Storage.from_url(f"file://{tmp_path}/storage"), world)
    await made.have_prices()
    yield made
    await made.close()
    await engine.dispose()


@pytest.fixture(scope="module")
async def service(
    module_database: str, module_vhost: str, tmp_path_factory: pytest.TempPathFactory, one_world: World
) -> AsyncGenerator[RunningIngest]:
    """The running service in front of the sandbox, started once for the tests of a module."""
    storage = f"file://{tmp_path_factory.mktemp('storage')}"
    async with running_ingest(module_database, module_vhost, storage, sandbox_url=one_world.url) as running:
        yield running
