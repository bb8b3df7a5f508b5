"""What may have left after the moment that the data are of, and the campaigns that would send more."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.restoring import RESTORED
from services.sender.repositories.claims import Leased
from services.sender.tables import campaigns, emails, slots


class Sending(NamedTuple):
    """A campaign that may send."""

    workspace_id: UUID
    campaign_id: UUID


_ITS_SLOT = and_(slots.c.email_id == emails.c.id, slots.c.state == "assigned")


async def doubt_some(conn: AsyncConnection, *, now: datetime, limit: int) -> Sequence[Leased]:
    """`claimed → unknown`, and `planned → unknown` where its slot is due: a mail is begun from then on, and whether this one
    was is not in the data. Its slot stays used, under a token that no claim of before has."""
    found = (
        select(emails.c.id, slots.c.due_at)
        .outerjoin(slots, _ITS_SLOT)
        .where(or_(emails.c.state == "claimed", and_(emails.c.state == "planned", slots.c.due_at <= now)))
        .limit(limit)
        .with_for_update(of=emails)
        .cte("doubtful")
    )
    doubted = update(emails).where(emails.c.id == found.c.id)
    doubted = doubted.values(
        state="unknown",
        reason=RESTORED,
        lease_until=None,
        fencing_token=emails.c.fencing_token + 1,
        sending_at=func.coalesce(found.c.due_at, now),
    )
    names = ("id", "workspace_id", "campaign_id", "lead_id", "step", "recipient")
    rows = (await conn.execute(doubted.returning(*(emails.c[name] for name in names)))).all()
    used = update(slots).where(_ITS_SLOT, emails.c.id.in_([row.id for row in rows]))
    await conn.execute(used.values(state="used", used_token=emails.c.fencing_token, changed_at=func.now()))
    return [Leased(*row) for row in rows]


async def sending(conn: AsyncConnection) -> Sequence[Sending]:
    """Campaigns that are active."""
    query = select(campaigns.c.workspace_id, campaigns.c.id).where(campaigns.c.state == "active")
    return [Sending(*row) for row in await conn.execute(query.order_by(campaigns.c.id))]


async def tell_paused(conn: AsyncConnection, *, reason: str) -> int:
    """Those that wait for a person already may have been resumed since; answers how many there are."""
    query = update(campaigns).where(campaigns.c.state == "paused", campaigns.c.paused_reason.is_(None))
    return (await conn.execute(query.values(paused_reason=reason))).rowcount


async def break_off_starts(conn: AsyncConnection, *, problem: str, now: datetime) -> int:
    """Starts that are under way come to nothing, which the clock sees to; answers how many there are."""
    query = update(campaigns).where(campaigns.c.state == "starting", campaigns.c.start_problem.is_(None))
    return (await conn.execute(query.values(start_problem=problem, start_due_at=now))).rowcount
