"""The inbox: which consumer has recorded which message. It saves work; natural keys, not it, protect money and sends."""

import functools
from collections.abc import Collection
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from sqlalchemy import Table, TextClause, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import many
from libs.common.many import Given, Statement

_SWEEP_ROWS = 5000


async def record(conn: AsyncConnection, inbox: Table, *, consumer: str, message_id: UUID) -> bool:
    """Write that this consumer has handled the message. False when it already had."""
    done = await conn.execute(insert(inbox).values(consumer=consumer, message_id=message_id).on_conflict_do_nothing())
    return done.rowcount == 1


async def record_many(
    conn: AsyncConnection, inbox: Table, *, consumer: str, message_ids: Collection[UUID]
) -> set[UUID]:
    """Write that this consumer has handled some messages; answers those that it had not. In the order of their ids, so
    that two who record the same messages never wait for each other in a circle."""
    ordered = sorted(set(message_ids), key=attrgetter("int"))
    rows = await conn.execute(_record_many(inbox.fullname), {"consumer": consumer, "ids": ordered})
    return set(rows.scalars())


@functools.cache
def _record_many(table: str) -> TextClause:
    """The ids go to the driver as they are: as an ARRAY of Uuid, each would be looked at on its way."""
    return text(
        f"INSERT INTO {table} (consumer, message_id) SELECT CAST(:consumer AS text), unnest(CAST(:ids AS uuid[]))"
        " ON CONFLICT DO NOTHING RETURNING message_id"
    )


def recording(inbox: Table, *, consumer: str, message_ids: Collection[UUID]) -> Given:
    """The same to be written with other rows by one statement, which fails where one of them was recorded before."""
    rows = [(consumer, id_) for id_ in sorted(message_ids, key=attrgetter("int"))]
    return _adding(inbox), rows


@functools.cache
def _adding(inbox: Table) -> Statement:
    return many.insert(inbox, ("consumer", "message_id"))


async def forget(conn: AsyncConnection, inbox: Table, *, consumer: str, message_ids: Collection[UUID]) -> None:
    """Take back what this transaction recorded."""
    await conn.execute(inbox.delete().where(inbox.c.consumer == consumer, inbox.c.message_id.in_(message_ids)))


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
