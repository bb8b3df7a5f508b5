"""Switching, ending and resuming a plan, as Stripe then has it; and what answers that are lost do to it."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from libs.common.errors import Conflict
from services.billing.clients.stripe.errors import ActionRequired, CardDeclined, StripeDown
from services.billing.domain.selling.plans import PlanItem
from services.billing.domain.selling.subscriptions import KeptSubscription, Status
from services.billing.use_cases.apply_stripe_object import Desk, apply_stripe_object
from services.billing.use_cases.end_plan import cancel_plan, resume_plan
from services.billing.use_cases.preview_switch import Preview, preview_switch
from services.billing.use_cases.settle_switches import settle_switches
from tests.integration.billing.shop import (
    ASKS_ALWAYS,
    DECLINED_ONCE_KEPT,
    GOOD_CARD,
    PRICE_IDS,
    Shop,
    item,
    open_shop,
)
from tests.integration.billing.steps import Billing


@pytest.fixture(scope="module")
async def shop(billing: Billing) -> AsyncGenerator[Shop]:
    async with open_shop(billing) as opened:
        yield opened


def told(subscription: KeptSubscription) -> str:
    return subscription.item.name if subscription.item else "nothing"


async def preview(shop: Shop, workspace_id: UUID, name: str) -> Preview:
    target = item(name)
    assert isinstance(target, PlanItem)
    return await preview_switch(
        target,
        workspace_id=workspace_id,
        stripe=shop.stripe,
        price_ids=PRICE_IDS,
        open_uow=shop.billing.open_uow,
        now=shop.now,
    )


async def ending(shop: Shop, workspace_id: UUID, *, ends: bool) -> KeptSubscription:
    work = cancel_plan if ends else resume_plan
    return await work(
        workspace_id, stripe=shop.stripe, price_ids=PRICE_IDS, open_uow=shop.billing.open_uow, now=shop.now
    )


async def invoices(shop: Shop, workspace_id: UUID) -> list[dict[str, Any]]:
    customer = (await shop.on_record(workspace_id))[0].customer_id
    return await shop.objects("invoice", customer=customer)


async def test_a_better_plan_starts_at_once_and_is_paid_for_at_once(shop: Shop) -> None:
    workspace_id, _ = await shop.subscribed("starter_month")
    said = await preview(shop, workspace_id, "growth_month")
    after = await shop.switch(workspace_id, "growth_month")
    assert told(after) == "growth_month"
    newest = (await invoices(shop, workspace_id))[0]
    assert (newest["status"], newest["total"]) == ("paid", said.due)
    assert 0 < said.due <= 14_900
    assert (found := await shop.entitled(workspace_id)) is not None
    assert found.plan == "growth"


async def credited(shop: Shop, workspace_id: UUID) -> int:
    """Apply all invoices. Answers the credits that there are."""
    desk = Desk(shop.stripe, PRICE_IDS, shop.billing.open_uow)
    for one in reversed(await invoices(shop, workspace_id)):
        assert (await apply_stripe_object("invoice", one["id"], desk=desk, now=shop.now)).state == "applied"
    return (await shop.billing.balance(workspace_id)).available


@pytest.mark.parametrize("target", ["growth_month", "starter_year", "scale_year"])
async def test_a_preview_says_what_a_switch_then_costs_and_brings(shop: Shop, target: str) -> None:
    """Red when the preview counts credits otherwise than the invoice that follows."""
    workspace_id, _ = await shop.subscribed("starter_month")
    before = await credited(shop, workspace_id)
    said = await preview(shop, workspace_id, target)
    await shop.switch(workspace_id, target)
    assert (await invoices(shop, workspace_id))[0]["total"] == said.due
    assert await credited(shop, workspace_id) - before == said.credits > 0
    again = await preview(shop, workspace_id, target)
    assert (again.switch.keeps, again.due, again.credits) == (True, 0, 0)


async def test_a_lower_plan_waits_for_the_end_of_what_is_paid_for(shop: Shop) -> None:
    """Red when less is had at once, or anything is paid back."""
    workspace_id, subscription_id = await shop.subscribed("growth_month")
    before = len(await invoices(shop, workspace_id))
    said = await preview(shop, workspace_id, "starter_year")
    assert (said.switch.starts, said.due, said.credits) == ("period_end", 0, 0)
    waiting = await shop.switch(workspace_id, "starter_year")
    assert told(waiting) == "growth_month"
    assert waiting.pending is not None
    assert (waiting.pending.name, waiting.pending_at) == ("starter_year", waiting.period_ends_at)
    assert len(await invoices(shop, workspace_id)) == before
    await shop.advance(days=31, hours=3)
    after = (await shop.apply(subscription_id)).subscription
    assert (told(after), after.pending) == ("starter_year", None)


async def test_switching_to_the_plan_one_has_calls_off_what_waits(shop: Shop) -> None:
    workspace_id, subscription_id = await shop.subscribed("growth_month")
    await shop.switch(workspace_id, "starter_month")
    kept = await shop.switch(workspace_id, "growth_month")
    assert (told(kept), kept.pending) == ("growth_month", None)
    await shop.advance(days=31, hours=3)
    assert told((await shop.apply(subscription_id)).subscription) == "growth_month"


async def test_a_better_plan_replaces_a_lower_one_that_waits(shop: Shop) -> None:
    workspace_id, _ = await shop.subscribed("growth_month")
    await shop.switch(workspace_id, "starter_month")
    after = await shop.switch(workspace_id, "scale_month")
    assert (told(after), after.pending) == ("scale_month", None)


async def test_a_lower_plan_that_waits_can_be_another_one(shop: Shop) -> None:
    workspace_id, _ = await shop.subscribed("scale_month")
    await shop.switch(workspace_id, "growth_month")
    waiting = await shop.switch(workspace_id, "starter_month")
    assert waiting.pending is not None
    assert waiting.pending.name == "starter_month"


async def test_a_lower_plan_that_has_begun_can_be_followed_by_a_lower_one(shop: Shop) -> None:
    """Red when the schedule of the first switch is in its second phase, and is changed as if it were in its first."""
    workspace_id, subscription_id = await shop.subscribed("scale_month")
    await shop.switch(workspace_id, "growth_month")
    await shop.advance(days=31, hours=2)
    begun = (await shop.apply(subscription_id)).subscription
    assert (told(begun), begun.pending) == ("growth_month", None)
    waiting = await shop.switch(workspace_id, "starter_month")
    assert (told(waiting), waiting.pending and waiting.pending.name) == ("growth_month", "starter_month")
    assert waiting.pending_at == waiting.period_ends_at
    await shop.advance(days=31, hours=2)
    assert told((await shop.apply(subscription_id)).subscription) == "starter_month"


async def test_ten_clicks_at_once_switch_once(shop: Shop) -> None:
    """Red when the claim of a switch is dropped: each would be charged."""
    workspace_id, _ = await shop.subscribed("starter_month")
    before = len(await invoices(shop, workspace_id))
    done = await asyncio.gather(*(shop.switch(workspace_id, "growth_month") for _ in range(10)), return_exceptions=True)
    assert all(isinstance(one, KeptSubscription) for one in done), done
    assert len(await invoices(shop, workspace_id)) == before + 1


@pytest.mark.parametrize("target", ["growth_month", "starter_month"], ids=["at once", "at the period's end"])
async def test_a_switch_whose_answer_was_lost_is_not_done_twice(shop: Shop, target: str) -> None:
    """Red when a crash between Stripe's answer and the record charges again."""
    present = "starter_month" if target == "growth_month" else "growth_month"
    workspace_id, subscription_id = await shop.subscribed(present)
    before = len(await invoices(shop, workspace_id))
    if target == "growth_month":
        shop.losing("POST", f"/v1/subscriptions/{subscription_id}")
    else:
        shop.losing("POST", "/v1/subscription_schedules")
    with pytest.raises(StripeDown):
        await shop.switch(workspace_id, target)
    shop.hearing()
    after = await shop.switch(workspace_id, target)
    if target == "growth_month":
        assert told(after) == "growth_month"
        assert len(await invoices(shop, workspace_id)) == before + 1
    else:
        assert after.pending is not None
        assert after.pending.name == "starter_month"


async def test_back_and_forth_within_one_period_brings_each_plan_and_no_money_back(shop: Shop) -> None:
    """Red when a switch that waits keeps a better plan from being had, or one that is had pays money back."""
    workspace_id, _ = await shop.subscribed("starter_month")
    assert told(await shop.switch(workspace_id, "starter_year")) == "starter_year"
    waiting = await shop.switch(workspace_id, "starter_month")
    assert waiting.pending is not None
    assert told(await shop.switch(workspace_id, "growth_year")) == "growth_year"
    assert told(await shop.switch(workspace_id, "scale_year")) == "scale_year"
    assert all(one["total"] >= 0 for one in await invoices(shop, workspace_id))


async def test_back_and_forth_during_a_trial_ends_where_it_was_last_put(shop: Shop) -> None:
    """Red when Stripe is asked under a key made of the two plans: the second time it answers, and does nothing."""
    workspace_id, _ = await shop.subscribed("starter_month", trial=True)
    for name in ("growth_month", "starter_month", "growth_month", "starter_year", "growth_month"):
        assert told(await shop.switch(workspace_id, name)) == name


async def test_a_payment_that_is_refused_changes_nothing(shop: Shop) -> None:
    """Red when a better plan is had without being paid for."""
    workspace_id, subscription_id = await shop.subscribed("starter_month")
    customer = (await shop.on_record(workspace_id))[0].customer_id
    await shop.use_card(customer, DECLINED_ONCE_KEPT)
    try:
        after = await shop.switch(workspace_id, "scale_month")
        assert after.pay_url is not None
    except CardDeclined:
        after = (await shop.apply(subscription_id)).subscription
    assert (told(after), after.status) == ("starter_month", Status.ACTIVE)
    assert (found := await shop.entitled(workspace_id)) is not None
    assert found.plan == "starter"


async def test_during_a_trial_everything_starts_at_once_and_nothing_is_charged(shop: Shop) -> None:
    workspace_id, _ = await shop.subscribed("starter_month", trial=True)
    after = await shop.switch(workspace_id, "growth_year")
    assert (told(after), after.status) == ("growth_year", Status.TRIALING)
    assert sum(one["total"] for one in await invoices(shop, workspace_id)) == 0


async def test_a_plan_without_trial_ends_the_trial_and_is_paid_for(shop: Shop) -> None:
    """Red when the largest plan can be had for nothing."""
    workspace_id, _ = await shop.subscribed("starter_month", trial=True)
    after = await shop.switch(workspace_id, "scale_month")
    assert (told(after), after.status) == ("scale_month", Status.ACTIVE)
    assert sum(one["amount_paid"] for one in await invoices(shop, workspace_id)) == 49_900


async def test_a_plan_is_ended_with_its_period_and_resumed_before(shop: Shop) -> None:
    workspace_id, subscription_id = await shop.subscribed("starter_month")
    await shop.switch(workspace_id, "starter_year")
    await shop.switch(workspace_id, "starter_month")
    for _ in range(2):
        ended = await ending(shop, workspace_id, ends=True)
        assert (ended.cancels_at_period_end, ended.pending, ended.status) == (True, None, Status.ACTIVE)
    for _ in range(2):
        assert not (await ending(shop, workspace_id, ends=False)).cancels_at_period_end
    await ending(shop, workspace_id, ends=True)
    await shop.advance(days=366, hours=3)
    gone = (await shop.apply(subscription_id)).subscription
    assert gone.status is Status.CANCELED
    assert (found := await shop.entitled(workspace_id)) is not None
    assert found.plan == "free"
    with pytest.raises(Conflict) as refused:
        await ending(shop, workspace_id, ends=False)
    assert refused.value.code == "no_subscription"


async def test_who_switches_goes_on(shop: Shop) -> None:
    workspace_id, _ = await shop.subscribed("starter_month")
    await ending(shop, workspace_id, ends=True)
    after = await shop.switch(workspace_id, "growth_month")
    assert (told(after), after.cancels_at_period_end) == ("growth_month", False)


DECLINES = [CardDeclined, DECLINED_ONCE_KEPT], [ActionRequired, ASKS_ALWAYS]


@pytest.mark.parametrize(("error", "card"), DECLINES, ids=["declined", "asks"])
async def test_a_lower_plan_goes_on_waiting_when_a_better_one_is_not_paid_for(
    shop: Shop, error: type[Exception], card: str
) -> None:
    """Red when an upgrade calls off what waits before it is paid for: the lower plan would never begin."""
    workspace_id, subscription_id = await shop.subscribed("growth_month")
    waiting = await shop.switch(workspace_id, "starter_month")
    before = len(await invoices(shop, workspace_id))
    await shop.use_card(waiting.customer_id, card)
    with pytest.raises(error):
        await shop.switch(workspace_id, "scale_month")
    after = (await shop.apply(subscription_id)).subscription
    assert (told(after), after.pending, after.pending_at) == ("growth_month", waiting.pending, waiting.pending_at)
    assert (after.unpaid, after.pay_url, len(await invoices(shop, workspace_id))) == (None, None, before)
    await shop.use_card(waiting.customer_id, GOOD_CARD)
    await shop.advance_to_renewal(workspace_id)
    assert told((await shop.apply(subscription_id)).subscription) == "starter_month"


async def test_a_plan_that_ends_goes_on_ending_when_a_better_one_is_not_paid_for(shop: Shop) -> None:
    """Red when whoever ended their plan is charged for another period because a switch failed."""
    workspace_id, subscription_id = await shop.subscribed("starter_month")
    ended = await ending(shop, workspace_id, ends=True)
    await shop.use_card(ended.customer_id, DECLINED_ONCE_KEPT)
    with pytest.raises(CardDeclined):
        await shop.switch(workspace_id, "growth_month")
    after = (await shop.apply(subscription_id)).subscription
    assert (told(after), after.cancels_at_period_end) == ("starter_month", True)


@pytest.mark.parametrize("lost", ["release", "switch"])
async def test_what_was_called_off_waits_again_after_a_crash_in_the_middle(shop: Shop, lost: str) -> None:
    """Red when nobody looks at a switch whose end was not recorded; shown as waiting all the time."""
    workspace_id, subscription_id = await shop.subscribed("growth_month")
    waiting = await shop.switch(workspace_id, "starter_month")
    schedule = (await shop.objects("subscription_schedule", customer=waiting.customer_id))[0]["id"]
    if lost == "switch":
        await shop.use_card(waiting.customer_id, DECLINED_ONCE_KEPT)
    path = (
        f"/v1/subscription_schedules/{schedule}/release"
        if lost == "release"
        else f"/v1/subscriptions/{subscription_id}"
    )
    shop.losing("POST", path)
    with pytest.raises(StripeDown):
        await shop.switch(workspace_id, "scale_month")
    shop.hearing()
    between = (await shop.apply(subscription_id)).subscription
    assert (told(between), between.pending) == ("growth_month", waiting.pending)
    assert await settle(shop) == 0
    await shop.advance(minutes=3)
    assert await settle(shop) == 1
    after = (await shop.apply(subscription_id)).subscription
    assert (after.pending, after.pending_at) == (waiting.pending, waiting.pending_at)
    await shop.use_card(waiting.customer_id, GOOD_CARD)
    await shop.advance_to_renewal(workspace_id)
    assert told((await shop.apply(subscription_id)).subscription) == "starter_month"


async def test_a_switch_that_was_paid_for_calls_off_although_nobody_heard_of_it(shop: Shop) -> None:
    """Red when a plan that was paid for ends, because the answer to the switch was lost."""
    workspace_id, subscription_id = await shop.subscribed("starter_month")
    await ending(shop, workspace_id, ends=True)
    shop.losing("POST", f"/v1/subscriptions/{subscription_id}")
    with pytest.raises(StripeDown):
        await shop.switch(workspace_id, "growth_month")
    shop.hearing()
    await shop.advance(minutes=3)
    assert await settle(shop) == 1
    after = (await shop.apply(subscription_id)).subscription
    assert (told(after), after.cancels_at_period_end) == ("growth_month", False)


async def test_a_plan_that_ends_goes_on_ending_when_a_lower_one_was_not_scheduled(shop: Shop) -> None:
    """Red when whoever ended their plan is charged for another period of it, because a switch to a lower one was half made."""
    workspace_id, subscription_id = await shop.subscribed("growth_month")
    await ending(shop, workspace_id, ends=True)
    shop.losing("POST", "/v1/subscription_schedules")
    with pytest.raises(StripeDown):
        await shop.switch(workspace_id, "starter_month")
    shop.hearing()
    await shop.advance(minutes=3)
    assert await settle(shop) == 1
    after = (await shop.apply(subscription_id)).subscription
    assert (told(after), after.pending, after.cancels_at_period_end) == ("growth_month", None, True)


async def test_a_lower_plan_that_was_scheduled_is_done_although_nobody_heard_of_it(shop: Shop) -> None:
    """Red when a switch that Stripe has is recorded as left, or a plan that goes on lower is ended."""
    workspace_id, subscription_id = await shop.subscribed("growth_month")
    await ending(shop, workspace_id, ends=True)
    shop.line.lose = lambda request: request.method == "POST" and "/v1/subscription_schedules/" in request.url.path
    with pytest.raises(StripeDown):
        await shop.switch(workspace_id, "starter_month")
    shop.hearing()
    await shop.advance(minutes=3)
    assert await settle(shop) == 1
    after = (await shop.apply(subscription_id)).subscription
    assert (after.pending and after.pending.name, after.cancels_at_period_end) == ("starter_month", False)
    query = "SELECT state FROM billing.subscription_switches WHERE workspace_id = :id"
    assert (await shop.billing.one(query, id=workspace_id))["state"] == "done"


async def test_an_unpaid_switch_is_shown_and_can_be_given_up(shop: Shop) -> None:
    """Red when nobody is told that a switch waits for its payment, or it is made although it was given up."""
    workspace_id, subscription_id = await shop.subscribed("starter_month")
    customer = (await shop.on_record(workspace_id))[0].customer_id
    await shop.use_card(customer, DECLINED_ONCE_KEPT)
    unpaid = await shop.switch(workspace_id, "growth_month")
    assert (told(unpaid), unpaid.unpaid and unpaid.unpaid.name) == ("starter_month", "growth_month")
    assert unpaid.unpaid_until is not None
    assert timedelta(hours=22) < unpaid.unpaid_until - shop.now <= timedelta(hours=23)
    assert unpaid.pay_url is not None
    kept = await shop.switch(workspace_id, "starter_month")
    assert (told(kept), kept.unpaid, kept.unpaid_until, kept.pay_url) == ("starter_month", None, None, None)
    assert (await invoices(shop, workspace_id))[0]["status"] == "void"
    await shop.use_card(customer, GOOD_CARD)
    assert told(await shop.switch(workspace_id, "growth_month")) == "growth_month"
    assert (await shop.apply(subscription_id)).subscription.unpaid is None


async def half_switched(shop: Shop) -> tuple[UUID, str]:
    """A workspace whose plan was to end, and whose switch to a lower one was lost in the middle."""
    workspace_id, subscription_id = await shop.subscribed("growth_month")
    await ending(shop, workspace_id, ends=True)
    shop.losing("POST", "/v1/subscription_schedules")
    with pytest.raises(StripeDown):
        await shop.switch(workspace_id, "starter_month")
    shop.hearing()
    return workspace_id, subscription_id


async def test_a_subscription_that_stripe_does_not_answer_about_holds_up_no_other(shop: Shop) -> None:
    """Red when the oldest switch that was left stops the run, as long as Stripe does not answer about it."""
    _, older = await half_switched(shop)
    _, newer = await half_switched(shop)
    await shop.advance(minutes=3)
    shop.losing("GET", f"/v1/subscriptions/{older}")
    assert await settle(shop) == 1
    shop.hearing()
    after = (await shop.apply(newer)).subscription
    assert (after.pending, after.cancels_at_period_end) == (None, True)
    assert await settle(shop) == 1
    assert (await shop.apply(older)).subscription.cancels_at_period_end


async def test_who_cancels_after_a_switch_whose_answer_was_lost_is_not_overruled(shop: Shop) -> None:
    """Red when the switch, settled later, lets a plan go on that somebody has ended since."""
    workspace_id, subscription_id = await shop.subscribed("starter_month")
    await ending(shop, workspace_id, ends=True)
    shop.losing("POST", f"/v1/subscriptions/{subscription_id}")
    with pytest.raises(StripeDown):
        await shop.switch(workspace_id, "growth_month")
    shop.hearing()
    assert (await ending(shop, workspace_id, ends=True)).cancels_at_period_end
    await shop.advance(minutes=3)
    assert await settle(shop) == 0
    after = (await shop.apply(subscription_id)).subscription
    assert (told(after), after.cancels_at_period_end) == ("growth_month", True)


async def test_who_resumes_while_a_switch_may_be_under_way_is_told_to_wait(shop: Shop) -> None:
    """Red when a plan is said to go on, and ends all the same once the switch before it is taken back."""
    workspace_id, subscription_id = await half_switched(shop)
    with pytest.raises(Conflict) as refused:
        await ending(shop, workspace_id, ends=False)
    assert refused.value.code == "switch_in_progress"
    await shop.advance(minutes=3)
    assert not (await ending(shop, workspace_id, ends=False)).cancels_at_period_end
    assert await settle(shop) == 0
    assert not (await shop.apply(subscription_id)).subscription.cancels_at_period_end


async def test_a_refused_switch_is_what_is_answered_when_taking_it_back_is_refused_too(shop: Shop) -> None:
    """Red when whoever's card was declined is told of a schedule that Stripe did not take."""
    workspace_id, subscription_id = await shop.subscribed("growth_month")
    waiting = await shop.switch(workspace_id, "starter_month")
    await shop.use_card(waiting.customer_id, DECLINED_ONCE_KEPT)
    shop.line.refuse = "/v1/subscription_schedules"
    with pytest.raises(CardDeclined):
        await shop.switch(workspace_id, "scale_month")
    shop.line.refuse = None
    await shop.advance(minutes=3)
    assert await settle(shop) == 1
    after = (await shop.apply(subscription_id)).subscription
    assert (after.pending, after.pending_at) == (waiting.pending, waiting.pending_at)


async def settle(shop: Shop) -> int:
    return await settle_switches(stripe=shop.stripe, price_ids=PRICE_IDS, open_uow=shop.billing.open_uow, now=shop.now)
