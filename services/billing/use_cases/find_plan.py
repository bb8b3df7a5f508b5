"""The subscription that a workspace means when it speaks of its plan, as Stripe has it right now."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import OpenUow
from services.billing.clients.stripe.account import Stripe
from services.billing.domain.selling.plans import PriceIds
from services.billing.domain.selling.subscriptions import which_counts
from services.billing.repositories.selling import subscriptions
from services.billing.use_cases.apply_subscription import Applied, apply_subscription


async def find_plan(
    workspace_id: UUID, *, stripe: Stripe, price_ids: PriceIds, open_uow: OpenUow, now: datetime
) -> Applied | None:
    """The one that counts, with its record brought up to date; None when the workspace has none that is live.

    Raises Conflict `self_hosted`, and what every question to Stripe raises.
    """
    stripe.account.require()
    async with open_uow() as uow:
        owned = await subscriptions.subscriptions_of(uow.conn, workspace_id, realm=stripe.account.realm)
    counts = which_counts(owned, now=now)
    if counts is None or not counts.is_live:
        return None
    return await apply_subscription(counts.id, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
