"""A switch has an end, also when nobody was there to see it: what it called off is gone for good once it is paid for, and waits
again when it is not."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from libs.common.errors import Permanent, Transient
from libs.common.logs import get_logger
from libs.common.uow import OpenUow
from services.billing.clients.stripe import subscriptions as at_stripe
from services.billing.clients.stripe.account import Stripe
from services.billing.domain.selling.plans import PlanItem, PriceIds
from services.billing.domain.selling.subscriptions import ENDED, FoundSubscription, Pending
from services.billing.domain.selling.switching import Starts
from services.billing.repositories.selling import prices, switches
from services.billing.repositories.selling.switches import AskedSwitch
from services.billing.use_cases.apply_subscription import apply_subscription

log = get_logger()

GIVEN_UP_AFTER = timedelta(minutes=2)
"""A switch of which nobody has heard for so long is looked at, and may be replaced by another."""
_AT_ONCE = 20


async def settle_switches(*, stripe: Stripe, price_ids: PriceIds, open_uow: OpenUow, now: datetime) -> int:
    """End the switches that were left, oldest first; answers how many. One that Stripe refuses to speak of is given up, and
    one that it does not answer about holds up no other: the next run looks at it again."""
    async with open_uow() as uow:
        left = await switches.left_over(uow.conn, before=now - GIVEN_UP_AFTER, limit=_AT_ONCE)
    apply = partial(apply_subscription, stripe=stripe, price_ids=price_ids, open_uow=open_uow, now=now)
    looked_at = len(left)
    for switch in left:
        try:
            found = (await apply(switch.subscription_id)).found
            await settle_switch(switch, found, stripe=stripe, open_uow=open_uow, now=now)
            await apply(switch.subscription_id)
        except Permanent:
            log.exception("switch.given_up", subscription=switch.subscription_id)
            await end(switch, done=False, open_uow=open_uow)
        except Transient as failure:
            _warn_of_another_try(switch.subscription_id, failure)
            looked_at -= 1
    return looked_at


async def settle_earlier(found: FoundSubscription, *, stripe: Stripe, open_uow: OpenUow, now: datetime) -> bool:
    """Whether an earlier switch of a subscription, whose end was not recorded, has got one by this."""
    async with open_uow() as uow:
        earlier = await switches.find_asked(uow.conn, found.id)
    return earlier is not None and await settle_switch(earlier, found, stripe=stripe, open_uow=open_uow, now=now)


async def settle_switch(
    switch: AskedSwitch, found: FoundSubscription, *, stripe: Stripe, open_uow: OpenUow, now: datetime
) -> bool:
    """Record the end of a switch whose subscription has been found like this. False: it may be under way still. Repeated, it
    changes nothing."""
    if found.price_id == switch.to_price_id:
        await finish(switch, stripe=stripe, open_uow=open_uow)
    elif any(
        one is not None and one.price_id == switch.to_price_id for one in (found.unpaid, _scheduled(switch, found))
    ):
        await end(switch, done=True, open_uow=open_uow)
    elif switch.asked_at < now - GIVEN_UP_AFTER:
        await take_back(switch, found, stripe=stripe, open_uow=open_uow)
    else:
        return False
    return True


def _scheduled(switch: AskedSwitch, found: FoundSubscription) -> Pending | None:
    """What waits for the period's end because of this switch."""
    return found.pending if switch.starts is Starts.PERIOD_END else None


async def finish(switch: AskedSwitch, *, stripe: Stripe, open_uow: OpenUow) -> None:
    """It is made: who was to end goes on, once that is paid for."""
    if switch.calls_off_end and switch.starts is Starts.NOW:
        await at_stripe.set_cancellation(switch.subscription_id, cancels=False, stripe=stripe)
    await end(switch, done=True, open_uow=open_uow)


async def take_back(switch: AskedSwitch, found: FoundSubscription, *, stripe: Stripe, open_uow: OpenUow) -> None:
    """It is not paid for, or was not made: what it called off waits again. Where Stripe does not answer, later."""
    try:
        if switch.starts is Starts.NOW:
            await _wait_again(switch, found, stripe=stripe, open_uow=open_uow)
        else:
            await _end_again(switch, found, stripe=stripe)
    except Transient as failure:
        _warn_of_another_try(found.id, failure)
        return
    await end(switch, done=False, open_uow=open_uow)


async def _wait_again(switch: AskedSwitch, found: FoundSubscription, *, stripe: Stripe, open_uow: OpenUow) -> None:
    """The price that waited for the period's end. The plan's own end was never touched."""
    async with open_uow() as uow:
        price = (await prices.kept_prices(uow.conn, [switch.called_off or ""])).get(switch.called_off or "")
    waits = found.pending is not None and found.schedule_id is not None
    if (
        price is not None
        and isinstance(price.item, PlanItem)
        and not (waits or found.cancels_at_period_end or found.status in ENDED)
    ):
        await at_stripe.schedule_switch(
            replace(found, schedule_id=None),
            price.id,
            interval=price.item.interval,
            key=f"switch:{switch.id}:back",
            stripe=stripe,
        )


async def _end_again(switch: AskedSwitch, found: FoundSubscription, *, stripe: Stripe) -> None:
    """The plan was to end, and nothing waits in place of that. Stripe lets nobody end what a schedule has in hand."""
    if not switch.calls_off_end or found.cancels_at_period_end or found.status in ENDED:
        return
    if found.schedule_id is not None:
        await at_stripe.release_schedule(found.schedule_id, stripe=stripe)
    await at_stripe.set_cancellation(found.id, cancels=True, stripe=stripe)


async def end(switch: AskedSwitch, *, done: bool, open_uow: OpenUow) -> None:
    """Record it."""
    async with open_uow() as uow:
        await switches.end_switch(uow.conn, switch.id, done=done)


def _warn_of_another_try(subscription_id: str, failure: Transient) -> None:
    log.warning("switch.not_settled", subscription=subscription_id, code=failure.code, note="tried again by the clock")
