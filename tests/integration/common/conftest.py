"""A database with the common tables of one service, and its unit of work."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from libs.common.db import make_engine
from libs.common.settings import normalise_database_url
from libs.common.tables import CommonTables, common_tables, service_metadata
from libs.common.uow import UnitOfWorkFactory

METADATA = service_metadata("ingest")
COMMON: CommonTables = common_tables(METADATA, repeated=True)


@pytest.fixture
async def open_uow(empty_database: str) -> AsyncGenerator[UnitOfWorkFactory]:
    engine = make_engine(normalise_database_url(empty_database), pool_size=5, service="ingest")
    async with engine.begin() as conn:
        await conn.exec_driver_sql("CREATE SCHEMA ingest")
        await conn.run_sync(METADATA.create_all)
    yield UnitOfWorkFactory(engine, COMMON)
    await engine.dispose()
