"""Switching prices: what is left is settled to the second, and nothing is changed that is not paid when it must be."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.integration.sandbox.stripe.conftest import (
    ASKS_ALWAYS,
    DAY,
    DECLINED_LATER,
    GOOD,
    GROWTH,
    GROWTH_YEARLY,
    STARTER,
    STARTER_YEARLY,
    Shop,
)


def _price(subscription: stripe.Subscription) -> str:
    return subscription["items"].data[0].price.id


async def test_an_upgrade_credits_what_is_unused_and_charges_what_remains(shop: Shop) -> None:
    """Red when the two prorated lines are not to the second, or the period moves."""
    subscription = await shop.subscribed(STARTER)
    item = subscription["items"].data[0]
    await shop.later(10)
    after = await shop.switch(subscription, GROWTH)
    assert _price(after) == GROWTH
    assert after["items"].data[0].current_period_end == item.current_period_end
    first, bill = await shop.invoices(subscription.id)
    unused, remaining = bill.lines.data
    at = unused.period.start
    share = (item.current_period_end - at) / (item.current_period_end - item.current_period_start)
    assert (unused.amount, remaining.amount) == (-round(4_900 * share), round(14_900 * share))
    assert (bill.status, bill.billing_reason) == ("paid", "subscription_update")
    assert bill.amount_paid == unused.amount + remaining.amount
    assert unused.parent is not None
    details = unused.parent.subscription_item_details
    assert details is not None
    assert details.proration_details is not None
    credited = details.proration_details.credited_items
    assert credited is not None
    assert (credited.invoice, credited.invoice_line_items) == (first.id, [first.lines.data[0].id])
    assert (unused.period.end, remaining.period.end) == (item.current_period_end, item.current_period_end)


async def test_back_and_forth_in_one_second_comes_to_nothing(shop: Shop) -> None:
    """Red when each switch would credit the same line again."""
    subscription = await shop.subscribed(STARTER)
    for price in (GROWTH, STARTER, GROWTH, STARTER):
        subscription = await shop.switch(subscription, price)
    totals = [one.total for one in await shop.invoices(subscription.id)]
    customer = await shop.api.customers.retrieve_async(str(subscription.customer))
    paid = sum(one.amount_paid for one in await shop.invoices(subscription.id))
    assert customer.balance is not None
    # Between two requests a second may pass: a few cents, never a plan's price.
    assert abs(sum(totals) - 4_900) <= 3
    assert abs(paid + customer.balance - 4_900) <= 3


async def test_a_downgrade_leaves_credit_that_pays_the_next_invoices(shop: Shop) -> None:
    """Red when credit from a downgrade is lost, or paid out."""
    subscription = await shop.subscribed(GROWTH)
    await shop.later(1)
    await shop.switch(subscription, STARTER)
    bill = (await shop.invoices(subscription.id))[-1]
    assert (bill.status, bill.amount_due, bill.ending_balance) == ("paid", 0, bill.total)
    assert bill.total < -9_000
    await shop.later(31)
    renewal = (await shop.invoices(subscription.id))[-1]
    assert (renewal.total, renewal.amount_due, renewal.starting_balance) == (4_900, 0, bill.total)
    customer = await shop.api.customers.retrieve_async(str(subscription.customer))
    assert customer.balance == bill.total + 4_900
    moved = await shop.api.customers.balance_transactions.list_async(customer.id)
    assert sum(one.amount for one in moved.data) == customer.balance


async def test_another_interval_begins_a_whole_period_at_once(shop: Shop) -> None:
    """Red when a switch to a year would keep the month's end, or charge only a part."""
    subscription = await shop.subscribed(STARTER)
    await shop.later(10)
    after = await shop.switch(subscription, STARTER_YEARLY, proration_behavior="create_prorations")
    item = after["items"].data[0]
    assert 365 * DAY <= item.current_period_end - item.current_period_start <= 366 * DAY
    bill = (await shop.invoices(subscription.id))[-1]
    unused, whole = bill.lines.data
    assert whole.amount == 49_000
    assert whole.parent is not None
    assert whole.parent.subscription_item_details is not None
    assert not whole.parent.subscription_item_details.proration
    assert -4_900 < unused.amount < -3_000
    await shop.later(40)
    assert len(await shop.invoices(subscription.id)) == 2


async def test_what_is_put_off_is_on_the_renewals_invoice_and_what_is_forgone_is_not(shop: Shop) -> None:
    """Red when create_prorations would charge at once, or `none` at all."""
    put_off = await shop.subscribed(STARTER)
    forgone = await shop.subscribed(STARTER)
    await shop.later(10)
    await shop.switch(put_off, GROWTH, proration_behavior="create_prorations")
    await shop.switch(forgone, GROWTH, proration_behavior="none")
    assert len(await shop.invoices(put_off.id)) == 1
    await shop.later(22)
    renewal = (await shop.invoices(put_off.id))[-1]
    assert len(renewal.lines.data) == 3
    assert renewal.total == sum(line.amount for line in renewal.lines.data) > 14_900
    assert (await shop.invoices(forgone.id))[-1].total == 14_900
    await shop.later(31)
    assert [one.total for one in await shop.invoices(put_off.id)][-1] == 14_900


@pytest.mark.parametrize("card", [DECLINED_LATER, ASKS_ALWAYS])
async def test_a_pending_upgrade_waits_for_its_payment(shop: Shop, card: str) -> None:
    """Red when an upgrade that is not paid would be made, or one that is paid later would not."""
    subscription = await shop.subscribed(STARTER)
    await shop.put_card(str(subscription.customer), card)
    waits = await shop.switch(subscription, GROWTH, payment_behavior="pending_if_incomplete")
    assert _price(waits) == STARTER
    assert waits.status == "active"
    assert waits.pending_update is not None
    bill = (await shop.invoices(subscription.id))[-1]
    assert (bill.status, bill.attempt_count) == ("open", 1)
    assert (await shop.pay(bill.hosted_invoice_url)).status_code == 303
    done = await shop.api.subscriptions.retrieve_async(subscription.id)
    assert (_price(done), done.pending_update, done.status) == (GROWTH, None, "active")
    assert len(shop.told("customer.subscription.pending_update_applied")) == 1


async def test_a_pending_upgrade_that_nobody_pays_is_forgotten(shop: Shop) -> None:
    """Red when an upgrade could be had for an invoice that is void."""
    subscription = await shop.subscribed(STARTER)
    await shop.put_card(str(subscription.customer), DECLINED_LATER)
    await shop.switch(subscription, GROWTH, payment_behavior="pending_if_incomplete")
    await shop.later(1)
    after = await shop.api.subscriptions.retrieve_async(subscription.id)
    assert (_price(after), after.pending_update) == (STARTER, None)
    bill = (await shop.invoices(subscription.id))[-1]
    assert bill.status == "void"
    assert (await shop.pay(bill.hosted_invoice_url)).status_code == 402
    await shop.put_card(str(subscription.customer), GOOD)
    again = await shop.switch(subscription, GROWTH, payment_behavior="pending_if_incomplete")
    assert _price(again) == GROWTH
    lines = (await shop.invoices(subscription.id))[-1].lines.data
    assert [line.amount < 0 for line in lines] == [True, False]
    prices = [line.pricing.price_details.price for line in lines if line.pricing and line.pricing.price_details]
    assert prices == [STARTER, GROWTH]


async def test_an_upgrade_that_must_be_paid_is_refused_whole(shop: Shop) -> None:
    """Red when error_if_incomplete would leave an invoice or a changed item."""
    subscription = await shop.subscribed(STARTER)
    await shop.put_card(str(subscription.customer), DECLINED_LATER)
    with pytest.raises(stripe.CardError):
        await shop.switch(subscription, GROWTH, payment_behavior="error_if_incomplete")
    assert len(await shop.invoices(subscription.id)) == 1
    assert _price(await shop.api.subscriptions.retrieve_async(subscription.id)) == STARTER
    await shop.switch(subscription, GROWTH)
    overdue = await shop.api.subscriptions.retrieve_async(subscription.id)
    assert (_price(overdue), overdue.status) == (GROWTH, "past_due")


async def test_a_switch_in_a_trial_costs_nothing_and_one_may_end_it(shop: Shop) -> None:
    """Red when a free day would be credited, or a trial's end would not be charged."""
    subscription = await shop.subscribed(STARTER, subscription_data={"trial_period_days": 14})
    await shop.later(2)
    still = await shop.switch(subscription, GROWTH)
    assert (still.status, _price(still)) == ("trialing", GROWTH)
    assert len(await shop.invoices(subscription.id)) == 1
    ended = await shop.switch(still, STARTER, trial_end="now")
    assert (ended.status, _price(ended)) == ("active", STARTER)
    bill = (await shop.invoices(subscription.id))[-1]
    assert ([line.amount for line in bill.lines.data], bill.status) == ([4_900], "paid")


async def test_a_preview_says_what_the_switch_will_cost_and_changes_nothing(shop: Shop) -> None:
    """Red when the price that is shown is not the one that is charged."""
    subscription = await shop.subscribed(STARTER)
    await shop.later(10)
    item: Any = {"id": subscription["items"].data[0].id, "price": GROWTH_YEARLY}
    preview = await shop.api.invoices.create_preview_async(
        {
            "subscription": subscription.id,
            "subscription_details": {"items": [item], "proration_behavior": "always_invoice"},
        }
    )
    assert len(await shop.invoices(subscription.id)) == 1
    await shop.switch(subscription, GROWTH_YEARLY)
    bill = (await shop.invoices(subscription.id))[-1]
    assert abs(bill.amount_due - preview.amount_due) <= 1
    upcoming = await shop.api.invoices.create_preview_async({"subscription": subscription.id})
    assert upcoming.total == 149_000


async def test_a_switch_that_waits_for_the_period_is_made_at_its_end(shop: Shop) -> None:
    """Red when a downgrade by schedule would come early, cost a proration, or hold the subscription for ever."""
    subscription = await shop.subscribed(GROWTH)
    item = subscription["items"].data[0]
    schedule = await shop.api.subscription_schedules.create_async({"from_subscription": subscription.id})
    phases: Any = [
        {
            "items": [{"price": GROWTH, "quantity": 1}],
            "start_date": item.current_period_start,
            "end_date": item.current_period_end,
        },
        {"items": [{"price": STARTER, "quantity": 1}], "duration": {"interval": "month", "interval_count": 1}},
    ]
    await shop.api.subscription_schedules.update_async(schedule.id, {"phases": phases, "end_behavior": "release"})
    with pytest.raises(stripe.InvalidRequestError, match="managed by the subscription schedule"):
        await shop.switch(subscription, STARTER)
    await shop.later(5)
    assert _price(await shop.api.subscriptions.retrieve_async(subscription.id)) == GROWTH
    await shop.later(27)
    after = await shop.api.subscriptions.retrieve_async(subscription.id)
    assert (_price(after), after.schedule) == (STARTER, schedule.id)
    assert [one.total for one in await shop.invoices(subscription.id)] == [14_900, 4_900]
    await shop.later(31)
    after = await shop.api.subscriptions.retrieve_async(subscription.id)
    assert (_price(after), after.schedule) == (STARTER, None)
    assert (await shop.api.subscription_schedules.retrieve_async(schedule.id)).status == "released"
    assert [one.total for one in await shop.invoices(subscription.id)] == [14_900, 4_900, 4_900]


async def test_a_schedule_that_is_called_off_changes_nothing(shop: Shop) -> None:
    """Red when a released schedule would still act, or could be released twice."""
    subscription = await shop.subscribed(GROWTH_YEARLY)
    item = subscription["items"].data[0]
    schedule = await shop.api.subscription_schedules.create_async({"from_subscription": subscription.id})
    phases: Any = [
        {
            "items": [{"price": GROWTH_YEARLY}],
            "start_date": item.current_period_start,
            "end_date": item.current_period_end,
        },
        {"items": [{"price": STARTER}], "iterations": 1},
    ]
    await shop.api.subscription_schedules.update_async(schedule.id, {"phases": phases})
    await shop.api.subscription_schedules.release_async(schedule.id)
    with pytest.raises(stripe.InvalidRequestError, match="released"):
        await shop.api.subscription_schedules.release_async(schedule.id)
    await shop.later(366)
    after = await shop.api.subscriptions.retrieve_async(subscription.id)
    assert _price(after) == GROWTH_YEARLY
    assert [one.total for one in await shop.invoices(subscription.id)] == [149_000, 149_000]
