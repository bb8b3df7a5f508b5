"""Ingest's job side on a fresh database and a storage folder, driven by the events it hears."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from libs.common.db import make_engine
from libs.common.settings import normalise_database_url
from libs.common.storage import Storage
from libs.common.uow import UnitOfWorkFactory
from services.ingest.tables import COMMON
from tests.integration.ingest.jobs.steps import Ingest


@pytest.fixture
async def ingest(fresh_database: str, tmp_path: Path) -> AsyncGenerator[Ingest]:
    """Ingest's handlers on a database of the test's own."""
    engine = make_engine(normalise_database_url(fresh_database), pool_size=8, service="ingest")
    yield Ingest(UnitOfWorkFactory(engine, COMMON), Storage.from_url(f"file://{tmp_path}/storage"))
    await engine.dispose()
