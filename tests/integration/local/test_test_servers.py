"""The fixtures that every other suite stands on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aio_pika
import asyncpg

from deploy.local.pair import ensure_pair, in_use, stop_pair
from deploy.local.state import State


async def test_two_tests_get_two_databases_and_the_schemas_are_there(fresh_database: str, empty_database: str) -> None:
    migrated, empty = await asyncpg.connect(fresh_database), await asyncpg.connect(empty_database)
    try:
        names = (
            "SELECT count(*) FROM pg_namespace WHERE nspname IN ('ingest', 'enrich', 'billing', 'sender', 'gateway')"
        )
        assert await migrated.fetchval("SELECT current_database()") != await empty.fetchval("SELECT current_database()")
        assert await migrated.fetchval(names) == 5
        assert await empty.fetchval(names) == 0
    finally:
        await migrated.close()
        await empty.close()


async def test_a_vhost_takes_and_gives_back_a_message(fresh_vhost: str) -> None:
    connection = await aio_pika.connect(fresh_vhost)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("letters", durable=True, arguments={"x-queue-type": "quorum"})
        await channel.default_exchange.publish(aio_pika.Message(b"hello"), routing_key="letters")
        message = await queue.get(timeout=10)
        assert message is not None
        assert message.body == b"hello"


async def test_two_runs_that_begin_at_once_share_one_pair_of_servers(state_dir: Path) -> None:
    """Red when the look for a running pair and the start of one are not done in turn: the slower one gives up."""
    state = State.open(state_dir)
    with in_use(state):
        try:
            pairs = await asyncio.gather(
                *(asyncio.to_thread(ensure_pair, State.open(state_dir), say=lambda _line: None) for _ in range(3))
            )
        finally:
            stop_pair(state)
    assert len(set(pairs)) == 1
