"""Show which members have a cap of their own, beside what counts against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.domain.watching.caps import periods_at
from services.billing.repositories.watching import caps, member_caps
from services.billing.repositories.watching.member_caps import MemberCap


@dataclass(frozen=True)
class ShownMemberCap:
    """A member's own cap (None is without one), and what the member has spent in the present month."""

    user_id: UUID
    per_month: int | None
    spent_this_month: int


async def list_member_caps(
    workspace_id: UUID, *, after: UUID | None, limit: int, uow: UnitOfWork, now: datetime
) -> Sequence[ShownMemberCap]:
    """By the ids of the members. Counted as a hold would be at this moment."""
    found = await member_caps.page_of_caps(uow.conn, workspace_id, after=after, limit=limit)
    return await _shown(workspace_id, found, uow=uow, now=now)


async def show_member_cap(workspace_id: UUID, cap: MemberCap, *, uow: UnitOfWork, now: datetime) -> ShownMemberCap:
    """One of them."""
    return (await _shown(workspace_id, [cap], uow=uow, now=now))[0]


async def _shown(
    workspace_id: UUID, found: Sequence[MemberCap], *, uow: UnitOfWork, now: datetime
) -> list[ShownMemberCap]:
    month = periods_at(now, time_zone=await caps.time_zone_of(uow.conn, workspace_id)).month
    spent = await member_caps.spent_by(uow.conn, workspace_id, [one.user_id for one in found], since=month)
    return [ShownMemberCap(one.user_id, one.per_month, spent.get(one.user_id, 0)) for one in found]
