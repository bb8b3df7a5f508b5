"""The short history of what browsers may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import many
from libs.common.many import Statement
from services.gateway.tables import live_events

BEGINNING = UUID(int=0)
"""Stands before every live event."""


@dataclass(frozen=True)
class LiveEvent:
    """One event a browser may see; `body` is the envelope's JSON."""

    event_id: UUID
    tenant_id: UUID | None
    correlation_id: UUID | None
    type: str
    body: bytes


_COLUMNS = tuple(LiveEvent.__dataclass_fields__)
_ADD = Statement(
    live_events,
    _COLUMNS,
    "INSERT INTO {table} ({names}) SELECT {names} FROM {rows} ON CONFLICT (event_id) DO NOTHING",
    names=", ".join(_COLUMNS),
)


async def add_live_events(conn: AsyncConnection, events: Sequence[LiveEvent]) -> None:
    """Each once per event id, in this order."""
    await many.write(conn, [(_ADD, [tuple(getattr(event, name) for name in _COLUMNS) for event in events])])


async def newest_live_event(conn: AsyncConnection, *, tenant_id: UUID) -> UUID:
    """The id to name as the last one seen by who has seen nothing: of what a workspace may see, the newest. BEGINNING when
    there is none."""
    newest = func.max(live_events.c.seq)
    # Two looks at the end of an index; in one condition they would be a walk past the rows of everybody else.
    own, everybodys = live_events.c.tenant_id == tenant_id, live_events.c.tenant_id.is_(None)
    ends = [select(newest).where(whose).scalar_subquery() for whose in (own, everybodys)]
    query = select(live_events.c.event_id).where(live_events.c.seq == func.greatest(*ends))
    return (await conn.execute(query)).scalar_one_or_none() or BEGINNING


async def live_events_after(
    conn: AsyncConnection, *, tenant_id: UUID, last_event_id: UUID, subject: UUID | None, limit: int
) -> Sequence[LiveEvent]:
    """What was recorded after an event, oldest first; an event without a tenant or a subject concerns everybody, as it does
    on the live stream. Nothing when the event is no longer (or not yet) known; everything after BEGINNING."""
    last_seq = select(live_events.c.seq).where(live_events.c.event_id == last_event_id).scalar_subquery()
    query = (
        select(
            live_events.c.event_id,
            live_events.c.tenant_id,
            live_events.c.correlation_id,
            live_events.c.type,
            live_events.c.body,
        )
        .where(_seen_by(tenant_id))
        .order_by(live_events.c.seq)
        .limit(limit)
    )
    if last_event_id != BEGINNING:
        query = query.where(live_events.c.seq > last_seq)
    if subject is not None:
        query = query.where(or_(live_events.c.correlation_id == subject, live_events.c.correlation_id.is_(None)))
    return [LiveEvent(*row) for row in await conn.execute(query)]


def _seen_by(tenant_id: UUID) -> ColumnElement[bool]:
    return or_(live_events.c.tenant_id == tenant_id, live_events.c.tenant_id.is_(None))


async def forget_live_events(conn: AsyncConnection, *, older_than: datetime) -> int:
    """Answers how many were deleted."""
    done = await conn.execute(live_events.delete().where(live_events.c.recorded_at < older_than))
    return done.rowcount
