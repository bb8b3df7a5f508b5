"""A person lets credits be bought by themselves, or turns it on again after a failure."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.clients.stripe.account import Account
from services.billing.domain.selling.plans import PriceIds
from services.billing.domain.watching.top_ups import AutoTopUp, check_auto_top_up
from services.billing.repositories.watching import top_ups
from services.billing.use_cases.price_packs import price_packs


async def set_auto_top_up(
    wanted: AutoTopUp, *, account: Account, price_ids: PriceIds, user_id: UUID, uow: UnitOfWork, now: datetime
) -> None:
    """Key: the workspace; the last word counts. Raises Conflict `self_hosted`, and Invalid for what cannot be (see the rule)."""
    account.require()
    sold = await price_packs(price_ids=price_ids, uow=uow)
    check_auto_top_up(wanted, price=sold.get(wanted.pack))
    await top_ups.save_rule(uow.conn, wanted, user_id=user_id, now=now)
