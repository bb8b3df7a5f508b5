"""The inbox: which consumer has recorded which message. It saves work; natural keys, not it, protect money and sends."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Table, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

_SWEEP_ROWS = 5000


async def record(conn: AsyncConnection, inbox: Table, *, consumer: str, message_id: UUID) -> bool:
    """Write that this consumer has handled the message. False when it already had."""
    done = await conn.execute(insert(inbox).values(consumer=consumer, message_id=message_id).on_conflict_do_nothing())
    return done.rowcount == 1


async def has(conn: AsyncConnection, inbox: Table, *, consumer: str, message_id: UUID) -> bool:
    """Whether this consumer has recorded the message."""
    row = await conn.execute(
        select(inbox.c.message_id).where(inbox.c.consumer == consumer, inbox.c.message_id == message_id)
    )
    return row.first() is not None


async def sweep(conn: AsyncConnection, inbox: Table, *, older_than: datetime) -> int:
    """Delete a batch of rows received before an instant; answers how many. 0: nothing is left."""
    key = tuple_(inbox.c.consumer, inbox.c.message_id)
    old = select(inbox.c.consumer, inbox.c.message_id).where(inbox.c.received_at < older_than).limit(_SWEEP_ROWS)
    done = await conn.execute(inbox.delete().where(key.in_(old)))
    return done.rowcount
