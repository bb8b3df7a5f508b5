"""Migrations: each service's schema is the one in its code, goes up and down, and two runners at once wait for each other."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from libs.common.db import SERVICES
from libs.common.migrations import check, downgrade, upgrade, urls_from_environment
from libs.common.revisions import newest_revision


@pytest.mark.parametrize("service", SERVICES)
async def test_the_migrated_schema_is_the_one_in_the_code(fresh_database: str, service: str) -> None:
    """`alembic check`. Red when tables.py has changed without a migration, or when readiness expects another revision."""
    await check(service, fresh_database)
    database = await asyncpg.connect(fresh_database)
    await database.execute(f"SET search_path TO {service}")
    assert await database.fetchval("SELECT version_num FROM alembic_version") == newest_revision(service)
    await database.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_schema_goes_down_to_nothing_and_up_again(empty_database: str, service: str) -> None:
    """Red when a downgrade leaves a table, a type or a function behind that the next upgrade meets."""
    await upgrade(service, empty_database)
    await downgrade(service, empty_database)
    assert await _relations(empty_database, service) == {"alembic_version"}
    await upgrade(service, empty_database)
    await check(service, empty_database)


async def _relations(url: str, schema: str) -> set[str]:
    database = await asyncpg.connect(url)
    rows = await database.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", schema)
    await database.close()
    return {row["tablename"] for row in rows}


async def test_two_runners_at_once_wait_for_each_other(empty_database: str) -> None:
    """Every replica of a deployment may migrate at its start. Red without the lock: the second meets half of the first."""
    await asyncio.gather(*(upgrade("billing", empty_database) for _ in range(3)))
    database = await asyncpg.connect(empty_database)
    assert await database.fetchval("SELECT count(*) FROM billing.alembic_version") == 1
    await database.close()


def test_a_service_may_have_a_server_of_its_own() -> None:
    """Red also when a line that was left empty in .env counts as a server."""
    urls = urls_from_environment({"DATABASE_URL": "shared", "SENDER_DATABASE_URL": "own", "BILLING_DATABASE_URL": ""})
    assert urls == {name: "own" if name == "sender" else "shared" for name in SERVICES}
