"""The outbox: events written in the transaction that caused them, so that neither exists without the other."""

import functools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, LargeBinary, Table, Text, TextClause, Uuid, bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.envelope import Envelope, Event, Written
from libs.common.errors import TooLarge

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""Half of what RabbitMQ 4 takes by default: a larger message would close the channel of its neighbours."""
_SWEEP_ROWS = 5000
_WRITE = """
    WITH written AS (
        INSERT INTO {table} (id, routing_key, body) SELECT * FROM unnest(:ids, :keys, :bodies)
    )
    SELECT pg_notify(channel, '') FROM unnest(:channels) AS channel
    """
_WRITTEN = (
    bindparam("ids", type_=ARRAY(Uuid())),
    bindparam("keys", type_=ARRAY(Text())),
    bindparam("bodies", type_=ARRAY(LargeBinary())),
    bindparam("channels", type_=ARRAY(Text())),
)


def outbox_channel(schema: str) -> str:
    """The NOTIFY channel that wakes the relays of a schema."""
    return f"{schema}_outbox"


def encode(envelope: Envelope) -> bytes:
    """The bytes of an envelope on the wire (JSON)."""
    return envelope.model_dump_json().encode()


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event on its way out: the bytes of its envelope, and what they are carried by."""

    id: UUID
    routing_key: str
    body: bytes


def seal(
    event: Event | Written,
    *,
    id_: UUID,
    occurred_at: datetime,
    tenant_id: UUID | None,
    correlation_id: UUID | None = None,
    causation_id: UUID | None = None,
    traceparent: str | None = None,
) -> Sealed:
    """Put an event into its envelope, as `encode` would write it. The payload becomes bytes once, or is bytes already."""
    kind = event.event if isinstance(event, Written) else type(event)
    data = event.data if isinstance(event, Written) else event.model_dump_json().encode()
    envelope = {
        "id": id_,
        "type": kind.type,
        "version": kind.version,
        "source": kind.source(),
        "occurred_at": occurred_at,
        "tenant_id": tenant_id,
        "correlation_id": correlation_id,
        "causation_id": causation_id,
        "traceparent": traceparent,
        "data": orjson.Fragment(data),
    }
    # The database's driver has UUIDs of its own make, a subclass, which orjson does not take for one.
    return Sealed(id_, kind.routing_key(), orjson.dumps(envelope, option=orjson.OPT_UTC_Z, default=str))


@dataclass(frozen=True)
class OutboxRow:
    """One event that waits for its confirm."""

    id: UUID
    routing_key: str
    body: bytes
    attempts: int


@dataclass(frozen=True)
class OutboxState:
    """How far behind the relay is. `oldest_seconds` is 0 when nothing waits."""

    pending: int
    oldest_seconds: float
    last_error: str | None


async def write(conn: AsyncConnection, outbox: Table, events: Sequence[Sealed], *, wake: Collection[str] = ()) -> None:
    """Add events in the caller's transaction and, when it commits, wake their relays and who listens on these channels.

    Raises TooLarge.
    """
    for event in events:
        if len(event.body) > MAX_MESSAGE_BYTES:
            size = len(event.body)
            msg = f"{event.routing_key} would have {size} bytes, the limit is {MAX_MESSAGE_BYTES}: split it"
            raise TooLarge(msg, code="event_too_large")
    channels = {*wake, outbox_channel(outbox.schema or "")} if events else set(wake)
    values = {
        "ids": [event.id for event in events],
        "keys": [event.routing_key for event in events],
        "bodies": [event.body for event in events],
        "channels": sorted(channels),
    }
    await conn.execute(_write_into(outbox.fullname), values)


@functools.cache
def _write_into(table: str) -> TextClause:
    return text(_WRITE.format(table=table)).bindparams(*_WRITTEN)


async def lease(conn: AsyncConnection, outbox: Table, *, limit: int, lease_s: float) -> list[OutboxRow]:
    """Take due rows for `lease_s` seconds, oldest first. Any number of relays may do so at once."""
    due = (
        select(outbox.c.id)
        .where(outbox.c.published_at.is_(None), outbox.c.due_at <= func.now())
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        # As a subquery it might be run again for each row, and take more than it should.
        .cte("due")
    )
    taken = await conn.execute(
        update(outbox)
        .where(outbox.c.id == due.c.id)
        .values(due_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, lease_s))
        .returning(outbox.c.id, outbox.c.routing_key, outbox.c.body, outbox.c.attempts)
    )
    return sorted((OutboxRow(*row) for row in taken), key=lambda row: row.id)


async def mark_published(conn: AsyncConnection, outbox: Table, ids: Sequence[UUID]) -> None:
    """Record the broker's confirm. Only then is a row done."""
    await conn.execute(
        update(outbox).where(outbox.c.id.in_(ids), outbox.c.published_at.is_(None)).values(published_at=func.now())
    )


async def mark_failed(conn: AsyncConnection, outbox: Table, row: OutboxRow, *, error: str, delay_s: float) -> None:
    """Keep the row for later, with what the broker said."""
    await conn.execute(
        update(outbox)
        .where(outbox.c.id == row.id, outbox.c.published_at.is_(None))
        .values(
            attempts=outbox.c.attempts + 1,
            last_error=error[:1000],
            due_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, delay_s),
        )
    )


async def state(conn: AsyncConnection, outbox: Table) -> OutboxState:
    """What waits, and for how long."""
    row = (
        await conn.execute(
            select(
                func.count(),
                func.coalesce(func.extract("epoch", func.now() - func.min(outbox.c.created_at)), 0),
                func.max(outbox.c.last_error),
            ).where(outbox.c.published_at.is_(None))
        )
    ).one()
    return OutboxState(pending=row[0], oldest_seconds=float(row[1]), last_error=row[2])


async def sweep(conn: AsyncConnection, outbox: Table, *, older_than: datetime) -> int:
    """Delete a batch of rows confirmed before an instant; answers how many. 0: nothing is left."""
    old = select(outbox.c.id).where(outbox.c.published_at < older_than).limit(_SWEEP_ROWS)
    done = await conn.execute(outbox.delete().where(outbox.c.id.in_(old)))
    return done.rowcount
