"""The outbox: events written in the transaction that caused them, so that neither exists without the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.envelope import Envelope
from libs.common.errors import TooLarge

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""Half of what RabbitMQ 4 takes by default: a larger message would close the channel of its neighbours."""
_SWEEP_ROWS = 5000


def outbox_channel(schema: str) -> str:
    """The NOTIFY channel that wakes the relays of a schema."""
    return f"{schema}_outbox"


def encode(envelope: Envelope) -> bytes:
    """The bytes of an envelope on the wire (JSON)."""
    return envelope.model_dump_json().encode()


def _encode_within_limit(envelope: Envelope) -> bytes:
    body = encode(envelope)
    if len(body) > MAX_MESSAGE_BYTES:
        msg = f"{envelope.routing_key()} would have {len(body)} bytes, the limit is {MAX_MESSAGE_BYTES}: split it"
        raise TooLarge(msg, code="event_too_large")
    return body


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


async def write(conn: AsyncConnection, outbox: Table, envelopes: Sequence[Envelope]) -> None:
    """Add events in the caller's transaction and wake the relays when it commits. Raises TooLarge."""
    rows = [{"id": e.id, "routing_key": e.routing_key(), "body": _encode_within_limit(e)} for e in envelopes]
    await conn.execute(outbox.insert(), rows)
    await conn.execute(select(func.pg_notify(outbox_channel(outbox.schema or ""), "")))


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
