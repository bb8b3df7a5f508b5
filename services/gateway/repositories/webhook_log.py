"""The log of deliveries, as people look at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.domain.webhooks import State
from services.gateway.tables import webhook_deliveries as deliveries


@dataclass(frozen=True)
class Logged:
    """A delivery in the log. `due_at` is when it is tried next, as long as it waits."""

    id: UUID
    event_id: UUID
    event_type: str
    state: State
    attempts: int
    status: int | None
    answer: str | None
    error: str | None
    created_at: datetime
    tried_at: datetime | None
    due_at: datetime
    ended_at: datetime | None


_LOGGED = [deliveries.c[name] for name in Logged.__dataclass_fields__]


async def page(
    conn: AsyncConnection,
    endpoint_id: UUID,
    *,
    state: State | None,
    event_type: str | None,
    before: UUID | None,
    limit: int,
) -> Sequence[Logged]:
    """Newest first; those that fit what is given."""
    query = select(*_LOGGED).where(deliveries.c.endpoint_id == endpoint_id).order_by(deliveries.c.id.desc())
    if state is not None:
        query = query.where(deliveries.c.state == state)
    if event_type is not None:
        query = query.where(deliveries.c.event_type == event_type)
    if before is not None:
        query = query.where(deliveries.c.id < before)
    return [Logged(*row) for row in await conn.execute(query.limit(limit))]


async def load(conn: AsyncConnection, endpoint_id: UUID, *, delivery_id: UUID) -> Logged | None:
    """None for one of another endpoint as well."""
    mine = (deliveries.c.endpoint_id == endpoint_id, deliveries.c.id == delivery_id)
    row = (await conn.execute(select(*_LOGGED).where(*mine))).one_or_none()
    return None if row is None else Logged(*row)


async def load_of_event(conn: AsyncConnection, endpoint_id: UUID, *, event_id: UUID) -> Logged:
    """One that is there."""
    mine = (deliveries.c.endpoint_id == endpoint_id, deliveries.c.event_id == event_id)
    return Logged(*(await conn.execute(select(*_LOGGED).where(*mine))).one())


async def send_again(conn: AsyncConnection, delivery_id: UUID, *, now: datetime) -> bool:
    """One that has ended begins anew, and one that waits is due now. False for one that is just being sent."""
    done = await conn.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery_id, deliveries.c.state != "sending")
        .values(state="waiting", attempts=0, due_at=now, ended_at=None)
    )
    return done.rowcount == 1
