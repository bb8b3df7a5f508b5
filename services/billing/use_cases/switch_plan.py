"""A workspace changes its plan: at once and paid for at once, or when what is paid for ends."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from libs.common.errors import Permanent, Transient
from libs.common.ids import new_id
from libs.common.logs import get_logger
from libs.common.uow import OpenUow
from services.billing.clients.stripe import subscriptions as at_stripe
from services.billing.clients.stripe.account import Stripe
from services.billing.domain.selling.ordering import offered
from services.billing.domain.selling.plans import PlanItem, PriceIds
from services.billing.domain.selling.subscriptions import FoundSubscription, KeptSubscription
from services.billing.domain.selling.switching import Starts, Switch, decide_switch
from services.billing.repositories.selling import prices, subscriptions, switches
from services.billing.repositories.selling.switches import AskedSwitch
from services.billing.use_cases.apply_subscription import Applied, apply_subscription
from services.billing.use_cases.find_plan import find_plan
from services.billing.use_cases.settle_switches import GIVEN_UP_AFTER, end, finish, settle_earlier, take_back

log = get_logger()


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
    """Key: the row of the switch; asking for the plan that one has already calls off what waits (for the period's end, or for
    its payment), and does nothing else.

    A switch that has to be paid for at once calls off what waits for the period's end, and the end of the plan: together with
    its payment, or not at all. With nothing to call off, a payment that is refused leaves the switch unpaid for a day.
    Credits come with the paid invoice, and only those that no earlier switch of this subscription has brought. Raises what
    `decide_switch` raises, Conflict `not_offered` and `switch_in_progress`, PaymentRequired `card_declined` and
    `payment_needs_action` where something would be called off, and what every
    question to Stripe raises.
    """
    find = partial(find_plan, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
    present = await find(workspace_id)
    if present is not None and await settle_earlier(present.found, stripe=stripe, open_uow=open_uow, now=now):
        present = await find(workspace_id)
    switch = decide_switch(present.subscription if present else None, target)
    assert present is not None
    if switch.keeps:
        await _keep(present.found, stripe=stripe)
    else:
        asked = await _claim(switch, present, asked_by=asked_by, price_ids=price_ids, open_uow=open_uow, now=now)
        await _do(switch, asked, present.found, stripe=stripe, open_uow=open_uow)
    after = await apply_subscription(present.found.id, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
    return switch, after.subscription


async def _keep(found: FoundSubscription, *, stripe: Stripe) -> None:
    """Call off all that waits."""
    if found.schedule_id is not None:
        await at_stripe.release_schedule(found.schedule_id, stripe=stripe)
    if found.unpaid is not None:
        await at_stripe.forget_unpaid(found.unpaid, stripe=stripe)
    if found.cancels_at_period_end:
        await at_stripe.set_cancellation(found.id, cancels=False, stripe=stripe)


async def _claim(
    switch: Switch, present: Applied, *, asked_by: UUID, price_ids: PriceIds, open_uow: OpenUow, now: datetime
) -> AskedSwitch:
    """Write down what is about to be asked for, and what it calls off, before anything of it is done."""
    found, workspace_id = present.found, present.subscription.workspace_id
    at_once = switch.starts is Starts.NOW
    async with open_uow() as uow:
        await subscriptions.lock_workspace(uow.conn, workspace_id)
        price = offered(switch.target, price_ids=price_ids, kept=await prices.kept_prices(uow.conn))
        return await switches.claim_switch(
            uow.conn,
            switch,
            id_=new_id(),
            workspace_id=workspace_id,
            subscription_id=found.id,
            from_price_id=found.price_id,
            to_price_id=price.id,
            asked_by=asked_by,
            called_off=found.pending.price_id if at_once and found.pending else None,
            calls_off_end=found.cancels_at_period_end,
            now=now,
            given_up_after=GIVEN_UP_AFTER,
        )


async def _do(
    switch: Switch, asked: AskedSwitch, found: FoundSubscription, *, stripe: Stripe, open_uow: OpenUow
) -> None:
    """Ask Stripe, record."""
    key = f"switch:{asked.id}"
    try:
        if switch.starts is Starts.NOW:
            if found.schedule_id is not None:
                await at_stripe.release_schedule(found.schedule_id, stripe=stripe)
            await at_stripe.switch_now(
                found, asked.to_price_id, ends_trial=switch.ends_trial, at_once=asked.is_whole, key=key, stripe=stripe
            )
        else:
            if found.cancels_at_period_end:
                await at_stripe.set_cancellation(found.id, cancels=False, stripe=stripe)
            interval = switch.target.interval
            await at_stripe.schedule_switch(found, asked.to_price_id, interval=interval, key=key, stripe=stripe)
    except Permanent:
        await _undo(switch, asked, found, stripe=stripe, open_uow=open_uow)
        raise
    await finish(asked, stripe=stripe, open_uow=open_uow)


async def _undo(
    switch: Switch, asked: AskedSwitch, found: FoundSubscription, *, stripe: Stripe, open_uow: OpenUow
) -> None:
    """Stripe has refused the switch: what it called off waits again. What cannot be done of that is left to the clock, so that
    the refusal is what is answered."""
    if not asked.is_whole:
        return await end(asked, done=False, open_uow=open_uow)
    try:
        half_done = (
            replace(found, pending=None, schedule_id=None)
            if switch.starts is Starts.NOW
            else await at_stripe.fetch_subscription(found.id, stripe=stripe)
        )
        await take_back(asked, half_done, stripe=stripe, open_uow=open_uow)
    except (Permanent, Transient) as failure:
        log.warning("switch.not_taken_back", subscription=found.id, code=failure.code, note="settled by the clock")
