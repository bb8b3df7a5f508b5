"""A workspace changes its plan: at once and paid for at once, or when what is paid for ends."""

from datetime import datetime, timedelta
from uuid import UUID

from libs.common.errors import Permanent
from libs.common.ids import new_id
from libs.common.uow import OpenUow
from services.billing.clients.stripe import subscriptions as at_stripe
from services.billing.clients.stripe.account import Stripe
from services.billing.domain.selling.ordering import offered
from services.billing.domain.selling.plans import PlanItem, PriceIds
from services.billing.domain.selling.subscriptions import KeptSubscription
from services.billing.domain.selling.switching import Starts, Switch, decide_switch
from services.billing.repositories.selling import prices, subscriptions, switches
from services.billing.use_cases.apply_subscription import Applied, apply_subscription
from services.billing.use_cases.find_plan import find_plan

_GIVEN_UP_AFTER = timedelta(minutes=2)
"""A switch of which nobody has heard for so long may be replaced by another."""


async def switch_plan(
    target: PlanItem,
    *,
    workspace_id: UUID,
    asked_by: UUID,
    stripe: Stripe,
    price_ids: PriceIds,
    open_uow: OpenUow,
    now: datetime,
) -> tuple[Switch, KeptSubscription]:
    """Key: the row of the switch; asking for the plan that one has already calls off what waits, and does nothing else.

    Credits come with the paid invoice, and only those that no earlier switch of this subscription has brought. Raises what
    `decide_switch` raises, Conflict `not_offered` and `switch_in_progress`, PaymentRequired `card_declined`, and what every
    question to Stripe raises.
    """
    present = await find_plan(workspace_id, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
    switch = decide_switch(present.subscription if present else None, target)
    assert present is not None
    found = present.found
    if found.schedule_id is not None and (switch.keeps or switch.starts is Starts.NOW):
        await at_stripe.release_schedule(found.schedule_id, stripe=stripe)
    if found.cancels_at_period_end:
        await at_stripe.set_cancellation(found.id, cancels=False, stripe=stripe)
    if not switch.keeps:
        await _do(switch, present, asked_by=asked_by, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
    after = await apply_subscription(found.id, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
    return switch, after.subscription


async def _do(
    switch: Switch,
    present: Applied,
    *,
    asked_by: UUID,
    stripe: Stripe,
    price_ids: PriceIds,
    open_uow: OpenUow,
    now: datetime,
) -> None:
    """Claim, ask Stripe, record."""
    found, workspace_id = present.found, present.subscription.workspace_id
    async with open_uow() as uow:
        await subscriptions.lock_workspace(uow.conn, workspace_id)
        price = offered(switch.target, price_ids=price_ids, kept=await prices.kept_prices(uow.conn))
        switch_id = await switches.claim_switch(
            uow.conn,
            switch,
            id_=new_id(),
            workspace_id=workspace_id,
            subscription_id=found.id,
            from_price_id=found.price_id,
            to_price_id=price.id,
            asked_by=asked_by,
            now=now,
            given_up_after=_GIVEN_UP_AFTER,
        )
    key = f"switch:{switch_id}"
    try:
        if switch.starts is Starts.NOW:
            await at_stripe.switch_now(found, price.id, ends_trial=switch.ends_trial, key=key, stripe=stripe)
        else:
            interval = switch.target.interval
            await at_stripe.schedule_switch(found, price.id, interval=interval, key=key, stripe=stripe)
    except Permanent:
        async with open_uow() as uow:
            await switches.end_switch(uow.conn, switch_id, done=False)
        raise
    async with open_uow() as uow:
        await switches.end_switch(uow.conn, switch_id, done=True)
