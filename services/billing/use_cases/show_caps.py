"""Show a workspace its spend caps beside what counts against them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.domain.watching.caps import Caps, Periods, Spent, periods_at
from services.billing.repositories.watching import caps


@dataclass(frozen=True)
class ShownCaps:
    """The caps, and what was spent in the present day and month; `spent.member` is the asker's, and `of_asker` the cap on it."""

    caps: Caps
    of_asker: int | None
    spent: Spent
    periods: Periods
    time_zone: str


async def show_caps(workspace_id: UUID, *, user_id: UUID, uow: UnitOfWork, now: datetime) -> ShownCaps:
    """Counted as a hold would be at this moment."""
    time_zone = await caps.time_zone_of(uow.conn, workspace_id)
    periods = periods_at(now, time_zone=time_zone)
    spent = await caps.count_spent(uow.conn, workspace_id, periods=periods, user_id=user_id)
    set_ = await caps.find_caps(uow.conn, workspace_id) or Caps()
    of_asker = (await caps.caps_for(uow.conn, workspace_id, user_id)).per_member
    return ShownCaps(set_, of_asker, spent, periods, time_zone)
