"""List what needs a workspace's attention now."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.domain.selling.subscriptions import which_counts
from services.billing.domain.watching.caps import month_at
from services.billing.domain.watching.notices import Notice, of_balance, of_subscription, of_top_ups
from services.billing.repositories.credits import balances
from services.billing.repositories.selling import subscriptions
from services.billing.repositories.watching import alerts, caps, top_ups


async def list_notices(workspace_id: UUID, *, realm: str | None, uow: UnitOfWork, now: datetime) -> list[Notice]:
    """Present facts only: what has been mended is not listed. `realm` is None where nothing is sold."""
    balance = await balances.balance(uow.conn, workspace_id)
    low = await alerts.low_now(uow.conn, workspace_id)
    notices = of_balance(low, available=balance.available, owed=balance.owed)
    if realm is None:
        return notices
    owned = await subscriptions.subscriptions_of(uow.conn, workspace_id, realm=realm)
    notices += of_subscription(which_counts(owned, now=now), now=now)
    rule = await top_ups.find_rule(uow.conn, workspace_id)
    if rule is None:
        return notices
    failure = await top_ups.last_failure(uow.conn, workspace_id)
    month = month_at(now, time_zone=await caps.time_zone_of(uow.conn, workspace_id))
    return notices + of_top_ups(
        off_reason=rule.off_reason,
        failed_at=failure.failed_at if failure else None,
        pay_url=failure.pay_url if failure else None,
        at_maximum=rule.maximum_told_for == month,
    )
