"""Ingest's job side, driven by the events it hears: on a fresh database with a storage folder, or as it runs."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from libs.common.db import make_engine
from libs.common.settings import normalise_database_url
from libs.common.storage import Storage
from libs.common.uow import UnitOfWorkFactory
from services.ingest.tables import COMMON
from tests.integration.ingest.jobs.steps import Ingest
from tests.support.ingest import RunningIngest, running_ingest


@pytest.fixture
async def ingest(own_database: str, tmp_path: Path) -> AsyncGenerator[Ingest]:
    """Ingest's handlers on a database of the test's own."""
    engine = make_engine(normalise_database_url(own_database), pool_size=8, service="ingest")
    yield Ingest(UnitOfWorkFactory(engine, COMMON), Storage.from_url(f"file://{tmp_path}/storage"))
    await engine.dispose()


@pytest.fixture(scope="module")
async def service(
    module_database: str, module_vhost: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[RunningIngest]:
    """The running service, started once for the tests of a module."""
    folder = tmp_path_factory.mktemp("storage")
    async with running_ingest(module_database, module_vhost, f"file://{folder}") as running:
        yield running


@pytest.fixture
async def us(service: RunningIngest) -> Ingest:
    """A workspace of the test's own, by ingest's bus edge. Enrich has announced itself before, as jobs want it."""
    open_uow = service.platform.open_uow
    assert isinstance(open_uow, UnitOfWorkFactory)
    ingest = Ingest(open_uow, service.storage)
    await ingest.have_known_enrich()
    return ingest
