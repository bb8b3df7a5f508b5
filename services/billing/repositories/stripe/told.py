"""Events of Stripe's: kept once each, and how far its list of them has been read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.stripe.told import EventState, Outcome, ToldEvent
from services.billing.tables import stripe_cursors, stripe_events

_SHOWN = ("id", "type", "object_kind", "object_id", "source", "state", "code", "reason", "told_at", "received_at")


@dataclass(frozen=True)
class StoredEvent:
    """An event as operators see it."""

    id: str
    type: str
    object_kind: str
    object_id: str
    source: str
    state: str
    code: str | None
    reason: str | None
    told_at: datetime
    received_at: datetime


@dataclass(frozen=True)
class Backlog:
    """What waits: since when the oldest event does (None: none does), and how many are refused."""

    oldest: datetime | None
    refused: int


async def add_event(conn: AsyncConnection, event: ToldEvent, *, source: str, body: bytes | None) -> bool:
    """Keep an event. False when it is known, whoever told of it first."""
    done = await conn.execute(
        insert(stripe_events)
        .values(
            id=event.id,
            type=event.type,
            object_kind=event.object_kind,
            object_id=event.object_id,
            source=source,
            body=body,
            told_at=event.told_at,
        )
        .on_conflict_do_nothing()
    )
    return done.rowcount == 1


async def find_event(conn: AsyncConnection, event_id: str) -> StoredEvent | None:
    """One event."""
    columns = [stripe_events.c[name] for name in _SHOWN]
    row = (await conn.execute(select(*columns).where(stripe_events.c.id == event_id))).one_or_none()
    return None if row is None else StoredEvent(*row)


async def settle_event(conn: AsyncConnection, event_id: str, outcome: Outcome, *, now: datetime) -> bool:
    """Note what became of an event that waits. False when that has been noted meanwhile."""
    done = await conn.execute(
        update(stripe_events)
        .where(stripe_events.c.id == event_id, stripe_events.c.state == EventState.STORED)
        .values(state=outcome.state, code=outcome.code, reason=outcome.reason, applied_at=now)
    )
    return done.rowcount == 1


async def dismiss_event(conn: AsyncConnection, event_id: str, *, reason: str) -> bool:
    """Ignore a refused event for good. False when it is not (or no longer) refused."""
    done = await conn.execute(
        update(stripe_events)
        .where(stripe_events.c.id == event_id, stripe_events.c.state == EventState.REFUSED)
        .values(state=EventState.IGNORED, code=None, reason=reason)
    )
    return done.rowcount == 1


async def events_page(
    conn: AsyncConnection, *, state: EventState | None, before: str | None, limit: int
) -> list[StoredEvent]:
    """Events, the last received first, beginning after the event `before`."""
    order = (stripe_events.c.received_at, stripe_events.c.id)
    query = select(*(stripe_events.c[name] for name in _SHOWN))
    if state is not None:
        query = query.where(stripe_events.c.state == state)
    if before is not None:
        last = select(*order).where(stripe_events.c.id == before).subquery()
        query = query.where(tuple_(*order) < select(last.c.received_at, last.c.id).scalar_subquery())
    rows = await conn.execute(query.order_by(*(column.desc() for column in order)).limit(limit))
    return [StoredEvent(*row) for row in rows]


async def take_up_again(
    conn: AsyncConnection, *, waiting_since: datetime, refused_since: datetime, limit: int
) -> Sequence[str]:
    """Events to look at again: those that have waited too long, then refused ones, whose cause may be mended by now."""
    found = (
        select(stripe_events.c.id)
        .where(
            or_(
                (stripe_events.c.state == EventState.STORED) & (stripe_events.c.received_at < waiting_since),
                (stripe_events.c.state == EventState.REFUSED) & (stripe_events.c.received_at > refused_since),
            )
        )
        .order_by((stripe_events.c.state == EventState.STORED).desc(), stripe_events.c.received_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("found")
    )
    rows = await conn.execute(
        update(stripe_events)
        .where(stripe_events.c.id == found.c.id)
        .values(state=EventState.STORED, code=None, reason=None, applied_at=None)
        .returning(stripe_events.c.id)
    )
    return list(rows.scalars())


async def forget_bodies(conn: AsyncConnection, *, received_before: datetime, limit: int) -> int:
    """Let go of what old events said, word by word. That they came, and what became of them, stays."""
    old = (
        select(stripe_events.c.id)
        .where(stripe_events.c.body.is_not(None), stripe_events.c.received_at < received_before)
        .limit(limit)
    )
    done = await conn.execute(update(stripe_events).where(stripe_events.c.id.in_(old)).values(body=None))
    return done.rowcount


async def backlog(conn: AsyncConnection) -> Backlog:
    """What waits or is refused."""
    row = (
        await conn.execute(
            select(
                func.min(stripe_events.c.received_at).filter(stripe_events.c.state == EventState.STORED),
                func.count().filter(stripe_events.c.state == EventState.REFUSED).cast(Integer),
            ).where(stripe_events.c.state.in_((EventState.STORED, EventState.REFUSED)))
        )
    ).one()
    return Backlog(row[0], row[1])


async def read_cursor(conn: AsyncConnection, name: str) -> datetime | None:
    """How far something has been read; None before the first time."""
    found = await conn.execute(select(stripe_cursors.c.reached_at).where(stripe_cursors.c.name == name))
    return found.scalar_one_or_none()


async def move_cursor(conn: AsyncConnection, name: str, *, reached_at: datetime) -> None:
    """Note how far something has been read. It never goes back."""
    asked = insert(stripe_cursors).values(name=name, reached_at=reached_at)
    latest = func.greatest(stripe_cursors.c.reached_at, asked.excluded.reached_at)
    await conn.execute(asked.on_conflict_do_update(index_elements=["name"], set_={"reached_at": latest}))


async def clock(conn: AsyncConnection) -> datetime:
    """The database's time. Replicas' clocks differ; answers of Stripe's are put in order by this one."""
    return (await conn.execute(select(func.clock_timestamp()))).scalar_one()
