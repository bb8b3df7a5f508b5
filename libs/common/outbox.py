"""The outbox: events written in the transaction that caused them, so that neither exists without the other."""

import functools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Float,
    Integer,
    Table,
    UpdateBase,
    Uuid,
    any_,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import many
from libs.common.contracts.envelope import Envelope
from libs.common.db import driver_of
from libs.common.errors import TooLarge
from libs.common.many import Given
from libs.common.sealing import Sealed

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""Half of what RabbitMQ 4 takes by default: a larger message would close the channel of its neighbours."""
_SWEEP_ROWS = 5000
_WRITE = """
    WITH {also}written AS (
        INSERT INTO {table} (id, routing_key, body, due_at)
        SELECT id, key, body, now() + make_interval(secs => $1)
        FROM unnest($2::uuid[], $3::text[], $4::bytea[]) AS event (id, key, body)
    )
    SELECT pg_notify(channel, '') FROM unnest($5::text[]) AS channel
    """


def outbox_channel(schema: str) -> str:
    """The NOTIFY channel that wakes the relays of a schema."""
    return f"{schema}_outbox"


def encode(envelope: Envelope) -> bytes:
    """The bytes of an envelope on the wire (JSON)."""
    return envelope.model_dump_json().encode()


@dataclass(frozen=True, slots=True)
class OutboxRow(Sealed):
    """One event that waits for its confirm."""

    attempts: int = 0


@dataclass(frozen=True)
class OutboxState:
    """How far behind the relay is. `oldest_seconds` is 0 when nothing waits."""

    pending: int
    oldest_seconds: float
    last_error: str | None


async def write(
    conn: AsyncConnection,
    outbox: Table,
    events: Sequence[Sealed],
    *,
    wake: Collection[str] = (),
    lease_s: float = 0,
    also: Sequence[Given] = (),
    in_order: bool = False,
) -> None:
    """Add events in the caller's transaction and, when it commits, wake their relays and who listens on these channels. What
    is `also` to be written goes with them (`many.write`, `in_order`).

    With `lease_s` they are in the caller's hands for so long, who publishes them itself: no relay is woken. Raises TooLarge.
    """
    for event in events:
        if len(event.body) > MAX_MESSAGE_BYTES:
            size = len(event.body)
            msg = f"{event.routing_key} would have {size} bytes, the limit is {MAX_MESSAGE_BYTES}: split it"
            raise TooLarge(msg, code="event_too_large")
    channels = {*wake, outbox_channel(outbox.schema or "")} if events and not lease_s else set(wake)
    ids, keys = [event.id for event in events], [event.routing_key for event in events]
    own = (lease_s, ids, keys, [event.body for event in events], sorted(channels))
    parts, values = many.joined(also, after=len(own), in_order=in_order)
    await (await driver_of(conn)).fetch(_WRITE.format(table=outbox.fullname, also=parts), *own, *values)


async def lease(conn: AsyncConnection, outbox: Table, *, limit: int, lease_s: float) -> list[OutboxRow]:
    """Take due rows for `lease_s` seconds, oldest first. Any number of relays may do so at once."""
    taken = await conn.execute(_lease_from(outbox), {"limit": limit, "lease_s": lease_s})
    return sorted((OutboxRow(*row) for row in taken), key=lambda row: row.id)


@functools.cache
def _lease_from(outbox: Table) -> UpdateBase:
    due = (
        select(outbox.c.id)
        .where(outbox.c.published_at.is_(None), outbox.c.due_at <= func.now())
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(bindparam("limit", type_=Integer()))
        .with_for_update(skip_locked=True)
        # As a subquery it might be run again for each row, and take more than it should.
        .cte("due")
    )
    lease = func.make_interval(0, 0, 0, 0, 0, 0, bindparam("lease_s", type_=Float()))
    return (
        update(outbox)
        .where(outbox.c.id == due.c.id)
        .values(due_at=func.now() + lease)
        .returning(outbox.c.id, outbox.c.routing_key, outbox.c.body, outbox.c.attempts)
    )


async def mark_published(conn: AsyncConnection, outbox: Table, ids: Sequence[UUID]) -> None:
    """Record the broker's confirm. Only then is a row done."""
    await conn.execute(_published_in(outbox), {"ids": list(ids)})


@functools.cache
def _published_in(outbox: Table) -> UpdateBase:
    mine = outbox.c.id == any_(bindparam("ids", type_=ARRAY(Uuid())))
    return update(outbox).where(mine, outbox.c.published_at.is_(None)).values(published_at=func.now())


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


async def publish_again(conn: AsyncConnection, outbox: Table) -> int:
    """Everything that is kept waits anew, oldest first, as if no broker had confirmed it; answers how many rows. Who has
    handled one knows it by its id."""
    anew = {"published_at": None, "due_at": func.now(), "attempts": 0, "last_error": None}
    return (await conn.execute(update(outbox).values(anew))).rowcount


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
