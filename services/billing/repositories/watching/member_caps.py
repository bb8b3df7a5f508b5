"""Caps of single members, in place of the one that holds for every member alike."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import Conflict
from services.billing.domain.watching.caps import MAX_MEMBER_CAPS
from services.billing.repositories.watching.caps import parts_of_holds
from services.billing.tables import member_caps

_COLUMNS = (member_caps.c.user_id, member_caps.c.per_month)
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('member-caps:' || :workspace_id, 0))")


@dataclass(frozen=True)
class MemberCap:
    """A member's own cap: whole credits a month; None is without a cap."""

    user_id: UUID
    per_month: int | None


async def page_of_caps(conn: AsyncConnection, workspace_id: UUID, *, after: UUID | None, limit: int) -> list[MemberCap]:
    """The workspace's, by the ids of their members."""
    query = select(*_COLUMNS).where(member_caps.c.workspace_id == workspace_id)
    if after is not None:
        query = query.where(member_caps.c.user_id > after)
    return [MemberCap(*row) for row in await conn.execute(query.order_by(member_caps.c.user_id).limit(limit))]


async def save_own_cap(
    conn: AsyncConnection, workspace_id: UUID, cap: MemberCap, *, set_by: UUID, now: datetime
) -> None:
    """In place of what was set before. Raises Conflict `too_many_member_caps` when so many members have one already."""
    await conn.execute(_TURN, {"workspace_id": str(workspace_id)})
    others = select(func.count()).where(
        member_caps.c.workspace_id == workspace_id, member_caps.c.user_id != cap.user_id
    )
    if (await conn.execute(others)).scalar_one() >= MAX_MEMBER_CAPS:
        msg = f"{MAX_MEMBER_CAPS} members have a cap of their own already: remove one, or set `per_member` for all"
        raise Conflict(msg, code="too_many_member_caps")
    values = {"per_month": cap.per_month, "set_by": set_by, "set_at": now}
    await conn.execute(
        insert(member_caps)
        .values(workspace_id=workspace_id, user_id=cap.user_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id", "user_id"], set_=values)
    )


async def remove_own_cap(conn: AsyncConnection, workspace_id: UUID, user_id: UUID) -> None:
    """What holds for every member holds for this one again. Repeated, it changes nothing."""
    key = member_caps.c.workspace_id == workspace_id, member_caps.c.user_id == user_id
    await conn.execute(member_caps.delete().where(*key))


async def spent_by(
    conn: AsyncConnection, workspace_id: UUID, user_ids: Collection[UUID], *, since: datetime
) -> Mapping[UUID, int]:
    """Member → what they have set aside since then that is held or was captured; nothing for who has none."""
    parts = parts_of_holds(workspace_id, since=since).subquery("parts")
    query = select(parts.c.user_id, func.sum(parts.c.kept)).where(parts.c.user_id.in_(user_ids))
    return {row[0]: int(row[1]) for row in await conn.execute(query.group_by(parts.c.user_id))}
