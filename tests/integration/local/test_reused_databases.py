"""A database that tests use one after the other is as new for each of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator

import asyncpg
import pytest

from tests.support.reuse import Reused

pytestmark = pytest.mark.parametrize("once", [1, 2])
"""Twice, in any order: the second finds what the first has left, if anything."""


@pytest.fixture(scope="module")
def forgotten() -> Generator[list[asyncpg.Connection]]:
    left: list[asyncpg.Connection] = []
    yield left
    for connection in left:
        connection.terminate()


@pytest.fixture
async def connection(own_database: str, forgotten: list[asyncpg.Connection]) -> AsyncGenerator[asyncpg.Connection]:
    """Left in the middle of a transaction, as by a test that forgets it."""
    connection = await asyncpg.connect(own_database)
    forgotten.append(connection)
    yield connection
    await connection.execute("BEGIN; LOCK TABLE ingest.price_lists, ingest.jobs, billing.accounts")


async def test_what_a_test_writes_is_gone_and_what_the_migrations_wrote_is_there(
    connection: asyncpg.Connection, once: int
) -> None:
    """Red when a row stays, when one of the migrations' is missing or changed, when a sequence goes on counting, or when a
    connection that was left open is waited for."""
    found = await connection.fetch("SELECT * FROM ingest.price_lists")
    assert [(row["version"], row["credits_per_row"]) for row in found] == [(1, 1)]
    sequences = await connection.fetch(
        "SELECT schemaname || '.' || sequencename AS name, last_value FROM pg_sequences WHERE schemaname <> 'public'"
    )
    assert [row["name"] for row in sequences if row["last_value"] is not None] == []
    await connection.execute("UPDATE ingest.price_lists SET credits_per_row = 7")
    await connection.execute("INSERT INTO ingest.price_lists (version, credits_per_row) VALUES (2, 5)")
    for row in sequences:
        await connection.fetchval("SELECT nextval($1::regclass)", row["name"])


async def test_the_keys_of_the_migrations_are_put_back_byte_for_byte(reused_database: Reused, once: int) -> None:
    """Red when bytes come back as another text."""
    connection = await asyncpg.connect(reused_database.url)
    try:
        before = await connection.fetchval("SELECT key FROM sender.unsubscribe_keys")
        await reused_database.put_back()
    finally:
        await connection.close()
    connection = await asyncpg.connect(reused_database.url)
    try:
        assert await connection.fetchval("SELECT key FROM sender.unsubscribe_keys") == before
    finally:
        await connection.close()
