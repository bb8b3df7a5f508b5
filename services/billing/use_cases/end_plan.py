"""A workspace lets its plan end with what is paid for, or takes that back."""

from datetime import datetime
from functools import partial
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.uow import OpenUow
from services.billing.clients.stripe import subscriptions as at_stripe
from services.billing.clients.stripe.account import Stripe
from services.billing.domain.selling.plans import PriceIds
from services.billing.domain.selling.subscriptions import Action, KeptSubscription, Status, actions_of
from services.billing.repositories.selling import switches
from services.billing.use_cases.apply_subscription import Applied, apply_subscription
from services.billing.use_cases.find_plan import find_plan
from services.billing.use_cases.settle_switches import settle_earlier

_NOTHING_PAID_FOR = frozenset({Status.INCOMPLETE, Status.PAUSED, Status.UNPAID})


async def cancel_plan(
    workspace_id: UUID, *, stripe: Stripe, price_ids: PriceIds, open_uow: OpenUow, now: datetime
) -> KeptSubscription:
    """End the subscription with its period; at once where nothing is paid for. Repeated, it changes nothing.

    What waits for the period's end is called off. Raises Conflict `no_subscription` and `switch_in_progress`, and what every
    question to Stripe raises.
    """
    present = await _present(workspace_id, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
    found = present.found
    if not found.cancels_at_period_end:
        if found.schedule_id is not None:
            await at_stripe.release_schedule(found.schedule_id, stripe=stripe)
        if found.status in _NOTHING_PAID_FOR:
            await at_stripe.cancel_now(found.id, stripe=stripe)
        else:
            await at_stripe.set_cancellation(found.id, cancels=True, stripe=stripe)
    return (
        await apply_subscription(found.id, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
    ).subscription


async def resume_plan(
    workspace_id: UUID, *, stripe: Stripe, price_ids: PriceIds, open_uow: OpenUow, now: datetime
) -> KeptSubscription:
    """Let a subscription that ends with its period go on. Repeated, it changes nothing.

    Raises Conflict `no_subscription` (also for one that has ended: buy it again) and `switch_in_progress`, and what every
    question to Stripe raises.
    """
    present = await _present(workspace_id, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
    if Action.RESUME in actions_of(present.subscription):
        await at_stripe.set_cancellation(present.found.id, cancels=False, stripe=stripe)
    return (
        await apply_subscription(present.found.id, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
    ).subscription


async def _present(
    workspace_id: UUID, *, stripe: Stripe, price_ids: PriceIds, open_uow: OpenUow, now: datetime
) -> Applied:
    """The plan, when no switch of it is under way: the end of one would overrule what is decided before it is recorded."""
    find = partial(find_plan, workspace_id, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
    present = await find()
    if present is not None and await settle_earlier(present.found, stripe=stripe, open_uow=open_uow, now=now):
        present = await find()
    if present is None or not present.subscription.is_live:
        msg = "there is no subscription: buy a plan (POST /v1/billing/checkout)"
        raise Conflict(msg, code="no_subscription")
    async with open_uow() as uow:
        if await switches.find_asked(uow.conn, present.found.id) is not None:
            msg = f"{present.found.id} is just being switched to another plan: try again in a moment"
            raise Conflict(msg, code="switch_in_progress")
    return present
