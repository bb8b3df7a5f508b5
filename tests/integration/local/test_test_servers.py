"""The fixtures that every other suite stands on."""

from __future__ import annotations

import aio_pika
import asyncpg


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
