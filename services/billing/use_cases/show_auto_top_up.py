"""Show a workspace its rule for buying credits by themselves, beside what it has spent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.domain.selling.plans import PriceIds
from services.billing.domain.watching.caps import month_at
from services.billing.domain.watching.top_ups import AutoTopUp, PackPrice
from services.billing.repositories.watching import caps, top_ups
from services.billing.use_cases.price_packs import price_packs


@dataclass(frozen=True)
class ShownAutoTopUp:
    """`spent_minor` is of the workspace's present month. `pay_url` is the last failure's."""

    rule: AutoTopUp | None
    spent_minor: int
    price: PackPrice | None
    pay_url: str | None


async def show_auto_top_up(
    workspace_id: UUID, *, price_ids: PriceIds, uow: UnitOfWork, now: datetime
) -> ShownAutoTopUp:
    """As it is now."""
    rule = await top_ups.find_rule(uow.conn, workspace_id)
    month = month_at(now, time_zone=await caps.time_zone_of(uow.conn, workspace_id))
    spent = await top_ups.spent_in(uow.conn, workspace_id, month=month)
    price = None if rule is None else (await price_packs(price_ids=price_ids, uow=uow)).get(rule.pack)
    failure = None if rule is None or rule.is_on else await top_ups.last_failure(uow.conn, workspace_id)
    return ShownAutoTopUp(rule, spent, price, failure.pay_url if failure else None)
