"""Spend caps, and what counts against them."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, CompoundSelect, and_, cast, false, func, select, true, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.watching.caps import Caps, Limit, OwnCap, Periods, Spent, limit_of, periods_at
from services.billing.tables import hold_raises, holds, member_caps, spend_caps, workspaces


async def note_time_zone(conn: AsyncConnection, workspace_id: UUID, *, time_zone: str, version: int = 1) -> None:
    """Whose midnight ends the workspace's day. The newest word wins, in whatever order they are heard."""
    values = {"time_zone": time_zone, "version": version}
    await conn.execute(
        insert(workspaces)
        .values(workspace_id=workspace_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=values, where=workspaces.c.version < version)
    )


async def time_zone_of(conn: AsyncConnection, workspace_id: UUID) -> str:
    """UTC where none is known."""
    query = select(workspaces.c.time_zone).where(workspaces.c.workspace_id == workspace_id)
    return (await conn.execute(query)).scalar_one_or_none() or "UTC"


async def find_caps(conn: AsyncConnection, workspace_id: UUID) -> Caps | None:
    """What the workspace has set; None when it never has."""
    columns = (spend_caps.c.per_day, spend_caps.c.per_month, spend_caps.c.per_member)
    row = (await conn.execute(select(*columns).where(spend_caps.c.workspace_id == workspace_id))).one_or_none()
    return None if row is None else Caps(*row)


async def caps_for(conn: AsyncConnection, workspace_id: UUID, user_id: UUID | None) -> Caps:
    """What holds for a member: the workspace's caps, with the member's own where there is one."""
    caps = await find_caps(conn, workspace_id) or Caps()
    own = await find_own_cap(conn, workspace_id, user_id)
    return own.replacing(caps) if own is not None else caps


async def find_own_cap(conn: AsyncConnection, workspace_id: UUID, user_id: UUID | None) -> OwnCap | None:
    """What was set for this member alone; None where nothing was, or nobody in particular asks."""
    if user_id is None:
        return None
    key = member_caps.c.workspace_id == workspace_id, member_caps.c.user_id == user_id
    row = (await conn.execute(select(member_caps.c.per_month).where(*key))).one_or_none()
    return None if row is None else OwnCap(row.per_month)


async def save_caps(conn: AsyncConnection, workspace_id: UUID, caps: Caps, *, user_id: UUID, now: datetime) -> None:
    """In place of what was set before."""
    values = {**asdict(caps), "set_by": user_id, "set_at": now}
    await conn.execute(
        insert(spend_caps)
        .values(workspace_id=workspace_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=values)
    )


async def find_limit(conn: AsyncConnection, workspace_id: UUID, *, user_id: UUID | None, now: datetime) -> Limit | None:
    """What the caps leave for a hold that `user_id` orders; None, after a look by key, where there are none.

    Under the account's lock nothing can be set aside between this and the decision.
    """
    caps = await caps_for(conn, workspace_id, user_id)
    if caps == Caps():
        return None
    periods = periods_at(now, time_zone=await time_zone_of(conn, workspace_id))
    spent = await count_spent(conn, workspace_id, periods=periods, user_id=user_id)
    return limit_of(caps, spent, has_member=user_id is not None)


async def count_spent(
    conn: AsyncConnection, workspace_id: UUID, *, periods: Periods, user_id: UUID | None = None
) -> Spent:
    """What was set aside since the day and the month began and is still held or has been captured.

    Each part counts at its own time: the first placing when it was placed, a raise when it was raised. What a hold has kept
    is taken to be of its earliest part first.
    """
    parts = parts_of_holds(workspace_id, since=periods.month).subquery("parts")
    today = parts.c.placed_at >= periods.day
    own = false() if user_id is None else parts.c.user_id == user_id
    query = select(*(_sum(parts.c.kept, which) for which in (today, true(), own)))
    return Spent(*(await conn.execute(query)).one())


def parts_of_holds(workspace_id: UUID, *, since: datetime) -> CompoundSelect[datetime, UUID | None, int]:
    """What was set aside since then: when, by whom, and how much of it is held or was captured."""
    kept = holds.c.held + holds.c.captured
    placed = select(
        holds.c.created_at.label("placed_at"), holds.c.user_id, func.least(kept, holds.c.placed).label("kept")
    ).where(holds.c.workspace_id == workspace_id, holds.c.created_at >= since)
    from_here = func.sum(hold_raises.c.needed).over(
        partition_by=(hold_raises.c.subject_kind, hold_raises.c.subject_id),
        order_by=(hold_raises.c.created_at.desc(), hold_raises.c.round.desc()),
    )
    before = holds.c.placed + holds.c.raised - from_here
    of_the_same = and_(
        holds.c.subject_kind == hold_raises.c.subject_kind, holds.c.subject_id == hold_raises.c.subject_id
    )
    raised = (
        select(
            hold_raises.c.created_at,
            holds.c.user_id,
            func.least(func.greatest(kept - before, 0), hold_raises.c.needed),
        )
        .join(holds, of_the_same)
        .where(
            hold_raises.c.workspace_id == workspace_id,
            hold_raises.c.created_at >= since,
            hold_raises.c.credits.is_not(None),
        )
    )
    return union_all(placed, raised)


def _sum(column: ColumnElement[int], which: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(column).filter(which), 0), BigInteger)
