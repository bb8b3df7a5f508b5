"""The messages of another moment, which a restored database must not hear."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractQueue

from libs.common.messaging import topology


async def count_messages(url: str) -> int:
    """How many wait in Corofy's queues, which are made where they are missing."""
    total = 0
    async with _queues(url) as queues:
        for queue in queues:
            total += queue.declaration_result.message_count or 0
    return total


async def empty(url: str) -> None:
    """Drop all of them. What of them still matters is in the outboxes of the backup."""
    async with _queues(url) as queues:
        for queue in queues:
            await queue.purge()


@asynccontextmanager
async def _queues(url: str) -> AsyncGenerator[list[AbstractQueue]]:
    async with await aio_pika.connect(url, timeout=10) as connection:
        channel = await connection.channel()
        await topology.declare(channel)
        yield [await channel.declare_queue(spec.name, passive=True) for spec in topology.queues()]
