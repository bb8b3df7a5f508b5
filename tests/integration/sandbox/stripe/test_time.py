"""What time does by itself: renewals, failed payments and what becomes of them, ends."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import stripe

from tests.integration.sandbox.conftest import Running
from tests.integration.sandbox.stripe.conftest import DAY, DECLINED_LATER, GOOD, STARTER, Shop


async def test_a_year_of_renewals_is_paid_month_by_month(shop: Shop) -> None:
    """Red when a jump over several periods would skip one, or date it at the end of the jump."""
    subscription = await shop.subscribed(STARTER)
    await shop.later(366)
    found = await shop.invoices(subscription.id)
    assert len(found) == 13
    assert {one.status for one in found} == {"paid"}
    periods = [(one.lines.data[0].period.start, one.lines.data[0].period.end) for one in found]
    assert all(before[1] == after[0] for before, after in pairwise(periods))
    assert all(one.status_transitions.paid_at == one.created + 3_600 for one in found[1:])


async def test_the_invoice_of_a_renewal_is_a_draft_for_an_hour(shop: Shop) -> None:
    subscription = await shop.subscribed(STARTER)
    end = subscription["items"].data[0].current_period_end
    assert (await shop.http.put("/stripe-clock", json={"to": end})).status_code == 200
    assert [one.status for one in await shop.invoices(subscription.id)] == ["paid", "draft"]
    await shop.later(seconds=3_600)
    assert [one.status for one in await shop.invoices(subscription.id)] == ["paid", "paid"]


@pytest.mark.parametrize(
    ("in_the_end", "status"), [("cancel", "canceled"), ("unpaid", "unpaid"), ("past_due", "past_due")]
)
async def test_a_payment_that_fails_is_tried_on_days_3_5_and_7(
    sandbox: Running, shop: Shop, in_the_end: str, status: str
) -> None:
    """Red when dunning would stop early, never end, or end otherwise than the account is set to."""
    await sandbox.turn(stripe={"unpaid_in_the_end": in_the_end})
    subscription = await shop.subscribed(STARTER)
    await shop.put_card(str(subscription.customer), DECLINED_LATER)
    end = subscription["items"].data[0].current_period_end
    await shop.http.put("/stripe-clock", json={"to": end + 3_600})
    tries: list[Any] = []
    for days in (0, 3, 2, 2):
        await shop.later(days)
        now = await shop.api.subscriptions.retrieve_async(subscription.id)
        bill = (await shop.invoices(subscription.id))[-1]
        wait = bill.next_payment_attempt and (bill.next_payment_attempt - end - 3_600) // DAY
        tries.append((now.status, bill.status, bill.attempt_count, wait))
    assert tries == [
        ("past_due", "open", 1, 3),
        ("past_due", "open", 2, 5),
        ("past_due", "open", 3, 7),
        (status, "open", 4, None),
    ]
    assert len(shop.told("invoice.payment_failed")) == 4


async def test_another_card_heals_what_is_past_due(shop: Shop) -> None:
    """Red when a paid debt would leave the subscription in arrears."""
    subscription = await shop.subscribed(STARTER)
    await shop.put_card(str(subscription.customer), DECLINED_LATER)
    await shop.later(32)
    assert (await shop.api.subscriptions.retrieve_async(subscription.id)).status == "past_due"
    await shop.put_card(str(subscription.customer), GOOD)
    await shop.later(3)
    assert (await shop.api.subscriptions.retrieve_async(subscription.id)).status == "active"
    assert [one.status for one in await shop.invoices(subscription.id)] == ["paid", "paid"]


async def test_an_open_invoice_can_be_paid_on_its_page(shop: Shop) -> None:
    subscription = await shop.subscribed(STARTER)
    await shop.put_card(str(subscription.customer), DECLINED_LATER)
    await shop.later(32)
    bill = (await shop.invoices(subscription.id))[-1]
    assert bill.hosted_invoice_url
    assert (await shop.http.get(bill.hosted_invoice_url)).status_code == 200
    assert (await shop.pay(bill.hosted_invoice_url)).status_code == 303
    assert (await shop.api.subscriptions.retrieve_async(subscription.id)).status == "active"
    assert bill.invoice_pdf
    assert (await shop.http.get(bill.invoice_pdf)).content.startswith(b"%PDF-")


async def test_a_cancelled_subscription_lasts_to_its_end_unless_it_is_resumed(shop: Shop) -> None:
    """Red when cancelling would end at once, or a resumed one would end all the same."""
    leaves, stays = await shop.subscribed(STARTER), await shop.subscribed(STARTER)
    for one in (leaves, stays):
        marked = await shop.api.subscriptions.update_async(one.id, {"cancel_at_period_end": True})
        assert (marked.status, marked.cancel_at) == ("active", one["items"].data[0].current_period_end)
    resumed = await shop.api.subscriptions.update_async(stays.id, {"cancel_at_period_end": False})
    assert (resumed.cancel_at, resumed.canceled_at) == (None, None)
    await shop.later(32)
    gone = await shop.api.subscriptions.retrieve_async(leaves.id)
    assert (gone.status, gone.ended_at) == ("canceled", leaves["items"].data[0].current_period_end)
    assert len(await shop.invoices(leaves.id)) == 1
    assert (await shop.api.subscriptions.retrieve_async(stays.id)).status == "active"
    assert len(await shop.invoices(stays.id)) == 2
    listed = await shop.api.subscriptions.list_async({})
    assert [one.id for one in listed.data] == [stays.id]
    assert len((await shop.api.subscriptions.list_async({"status": "all"})).data) == 2


async def test_a_subscription_that_is_ended_now_is_over_and_may_give_credit(shop: Shop) -> None:
    subscription = await shop.subscribed(STARTER)
    await shop.later(10)
    ended = await shop.api.subscriptions.cancel_async(subscription.id, {"prorate": True, "invoice_now": True})
    assert ended.status == "canceled"
    customer = await shop.api.customers.retrieve_async(str(subscription.customer))
    assert customer.balance is not None
    assert -4_900 < customer.balance < -3_000
    with pytest.raises(stripe.InvalidRequestError):
        await shop.api.subscriptions.update_async(subscription.id, {"cancel_at_period_end": True})


async def test_an_unpaid_first_invoice_expires_the_subscription_within_a_day(shop: Shop) -> None:
    """Red when a subscription could be had by never paying its first invoice."""
    customer = await shop.customer()
    made = await shop.api.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": STARTER}], "payment_behavior": "default_incomplete"}
    )
    assert made.status == "incomplete"
    await shop.later(1)
    assert (await shop.api.subscriptions.retrieve_async(made.id)).status == "incomplete_expired"
    assert [one.status for one in await shop.invoices(made.id)] == ["void"]


async def test_without_a_card_a_trial_ends_as_it_was_told_to(shop: Shop) -> None:
    """Red when a trial would go on for nothing, or a paused one could not be resumed."""
    states = {}
    made: dict[str, stripe.Subscription] = {}
    for wanted in ("cancel", "pause", "create_invoice"):
        customer = await shop.customer()
        params: Any = {
            "customer": customer.id,
            "items": [{"price": STARTER}],
            "trial_period_days": 7,
            "trial_settings": {"end_behavior": {"missing_payment_method": wanted}},
        }
        made[wanted] = await shop.api.subscriptions.create_async(params)
    await shop.later(8)
    for wanted, one in made.items():
        states[wanted] = (await shop.api.subscriptions.retrieve_async(one.id)).status
    assert states == {"cancel": "canceled", "pause": "paused", "create_invoice": "past_due"}
    await shop.put_card(str(made["pause"].customer), GOOD)
    resumed = await shop.api.subscriptions.resume_async(made["pause"].id)
    assert resumed.status == "active"
    assert (await shop.invoices(resumed.id))[-1].amount_paid == 4_900


async def test_a_test_clock_moves_its_own_customers_only(shop: Shop) -> None:
    """Red when two tests that advance time would move each other's subscriptions."""
    clock = await shop.api.test_helpers.test_clocks.create_async({"frozen_time": 1_800_000_000, "name": "mine"})
    mine = await shop.customer(test_clock=clock.id, payment_method="pm_card_visa")
    assert mine.created == 1_800_000_000
    card = (await shop.api.customers.payment_methods.list_async(mine.id)).data[0]
    made = await shop.api.subscriptions.create_async(
        {"customer": mine.id, "items": [{"price": STARTER}], "default_payment_method": card.id}
    )
    other = await shop.subscribed(STARTER)
    moved = await shop.api.test_helpers.test_clocks.advance_async(clock.id, {"frozen_time": 1_800_000_000 + 32 * DAY})
    assert moved.status == "ready"
    assert [one.status for one in await shop.invoices(made.id)] == ["paid", "paid"]
    assert len(await shop.invoices(other.id)) == 1
    with pytest.raises(stripe.InvalidRequestError):
        await shop.api.test_helpers.test_clocks.advance_async(clock.id, {"frozen_time": 1_800_000_000})
    await shop.api.test_helpers.test_clocks.delete_async(clock.id)


async def test_the_clock_does_not_go_back(shop: Shop) -> None:
    now = (await shop.http.get("/stripe-clock")).json()["now"]
    for wrong in ({"to": now - 10}, {"advance_s": -10}, {}, {"advance_s": "soon"}):
        assert (await shop.http.put("/stripe-clock", json=wrong)).status_code == 400
