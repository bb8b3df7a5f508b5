"""Checkout: a person pays on its page, and what they bought is there; who does not pay gets nothing."""

from __future__ import annotations

import pytest
import stripe

from tests.integration.sandbox.stripe.conftest import (
    ASKS_ONCE,
    DAY,
    DECLINED,
    DECLINED_LATER,
    PACK,
    STARTER,
    Shop,
)


async def test_a_subscription_is_bought_by_card(shop: Shop) -> None:
    """Red when paying would not lead to a paid invoice, an active subscription and the way back."""
    customer = await shop.customer()
    about = {"workspace_id": "w"}
    session = await shop.checkout(customer.id, STARTER, metadata=about, subscription_data={"metadata": about})
    assert session.url
    shown = await shop.http.get(session.url)
    assert "Starter" in shown.text
    assert "49.00" in shown.text
    answer = await shop.pay(session.url)
    assert (answer.status_code, answer.headers["location"]) == (303, f"http://app.example/done?s={session.id}")

    done = await shop.api.checkout.sessions.retrieve_async(
        session.id, {"expand": ["subscription.latest_invoice.payments", "line_items"]}
    )
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    subscription = done.subscription
    assert isinstance(subscription, stripe.Subscription)
    assert (subscription.status, subscription.metadata.to_dict()) == ("active", about)
    invoice = subscription.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert (invoice.status, invoice.billing_reason, invoice.amount_paid) == ("paid", "subscription_create", 4_900)
    (line,) = invoice.lines.data
    assert line.pricing is not None
    assert line.pricing.price_details is not None
    assert line.pricing.price_details.price == STARTER
    item = subscription["items"].data[0]
    assert (line.period.start, line.period.end) == (item.current_period_start, item.current_period_end)
    assert 28 * DAY <= line.period.end - line.period.start <= 31 * DAY
    names = [one["type"] for one in shop.account.all("event")]
    assert {"checkout.session.completed", "invoice.paid", "invoice.payment_succeeded"} <= set(names)
    assert (await shop.pay(f"{session.url}")).status_code == 402
    assert len(await shop.invoices(subscription.id)) == 1


async def test_a_pack_is_bought_with_an_invoice(shop: Shop) -> None:
    """Red when credits that are bought once would leave no paid invoice line to grant them by."""
    customer = await shop.customer()
    session = await shop.checkout(
        customer.id,
        PACK,
        invoice_creation={"enabled": True, "invoice_data": {"metadata": {"checkout_id": "c"}}},
        payment_intent_data={"setup_future_usage": "off_session", "metadata": {"checkout_id": "c"}},
    )
    assert (await shop.pay(session.url)).status_code == 303
    done = await shop.api.checkout.sessions.retrieve_async(session.id, {"expand": ["invoice", "payment_intent"]})
    assert isinstance(done.invoice, stripe.Invoice)
    assert isinstance(done.payment_intent, stripe.PaymentIntent)
    assert (done.invoice.status, done.invoice.amount_paid, done.invoice.parent) == ("paid", 1_500, None)
    assert done.invoice.metadata is not None
    assert done.invoice.metadata.to_dict() == {"checkout_id": "c"}
    paid = await shop.api.invoice_payments.list_async(
        {"payment": {"type": "payment_intent", "payment_intent": done.payment_intent.id}}
    )
    assert [one.invoice for one in paid.data] == [done.invoice.id]
    kept = await shop.api.customers.payment_methods.list_async(customer.id)
    assert len(kept.data) == 1


@pytest.mark.parametrize("price", [STARTER, PACK])
async def test_a_declined_card_buys_nothing_and_another_one_may(shop: Shop, price: str) -> None:
    """Red when a refused card would leave anything behind but a try."""
    session = await shop.checkout((await shop.customer()).id, price)
    answer = await shop.pay(session.url, DECLINED)
    assert answer.status_code == 402
    assert "declined" in answer.text
    assert not shop.account.all("subscription")
    assert not shop.account.all("invoice")
    assert (await shop.api.checkout.sessions.retrieve_async(session.id)).status == "open"
    assert (await shop.pay(session.url, "1234")).status_code == 402
    assert (await shop.pay(session.url)).status_code == 303


async def test_a_card_that_can_be_kept_may_still_be_declined(shop: Shop) -> None:
    session = await shop.checkout((await shop.customer()).id, STARTER)
    assert (await shop.pay(session.url, DECLINED_LATER)).status_code == 402
    assert not shop.account.all("subscription")


async def test_the_bank_asks_and_the_answer_counts(shop: Shop) -> None:
    """Red when a card would pay though its owner said that it was not them."""
    session = await shop.checkout((await shop.customer()).id, STARTER)
    asked = await shop.pay(session.url, ASKS_ONCE)
    assert "Your bank" in asked.text
    assert (await shop.pay(session.url, ASKS_ONCE, bank="refuse")).status_code == 402
    assert not shop.account.all("subscription")
    assert (await shop.pay(session.url, ASKS_ONCE, bank="approve")).status_code == 303
    await shop.later(32)
    subscription = shop.account.all("subscription")[0]
    assert [one.status for one in await shop.invoices(subscription["id"])] == ["paid", "paid"]


async def test_who_turns_back_or_waits_too_long_has_bought_nothing(shop: Shop) -> None:
    """Red when an abandoned checkout could still be paid."""
    customer = await shop.customer()
    left = await shop.checkout(customer.id, STARTER)
    assert left.url
    answer = await shop.http.post(left.url, data={"action": "cancel"})
    assert answer.headers["location"] == "http://app.example/left"
    closed = await shop.api.checkout.sessions.expire_async(left.id)
    assert (closed.status, closed.url) == ("expired", None)
    with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
        await shop.api.checkout.sessions.expire_async(left.id)
    late = await shop.checkout(customer.id, STARTER)
    await shop.later(1, seconds=1)
    assert (await shop.pay(late.url)).status_code == 402
    assert len(shop.told("checkout.session.expired")) == 2
    assert not shop.account.all("invoice")


async def test_a_trial_costs_nothing_until_it_ends(shop: Shop) -> None:
    """Red when a trial would be charged, not warn of its end, or never end."""
    subscription = await shop.subscribed(STARTER, subscription_data={"trial_period_days": 14})
    assert (subscription.status, subscription.trial_end) == ("trialing", subscription.created + 14 * DAY)
    (free,) = await shop.invoices(subscription.id)
    assert (free.status, free.total, free.lines.data[0].amount) == ("paid", 0, 0)
    await shop.later(12)
    assert len(shop.told("customer.subscription.trial_will_end")) == 1
    await shop.later(2, seconds=7_200)
    after = await shop.api.subscriptions.retrieve_async(subscription.id)
    assert after.status == "active"
    assert [one.amount_paid for one in await shop.invoices(subscription.id)] == [0, 4_900]
    assert (await shop.invoices(subscription.id))[1].billing_reason == "subscription_cycle"


async def test_a_trial_needs_no_card_where_none_is_required(shop: Shop) -> None:
    """Red when a card would be asked for although nothing is due, or none though something is."""
    customer = (await shop.customer()).id
    trial = {"subscription_data": {"trial_period_days": 7}, "payment_method_collection": "if_required"}
    free = await shop.checkout(customer, STARTER, **trial)
    assert free.url
    assert "Start without a card" in (await shop.http.get(free.url)).text
    assert (await shop.http.post(free.url, data={"action": "pay"})).status_code == 303
    done = await shop.api.checkout.sessions.retrieve_async(free.id, {"expand": ["subscription"]})
    assert isinstance(done.subscription, stripe.Subscription)
    assert (done.subscription.status, done.subscription.default_payment_method) == ("trialing", None)
    due = await shop.checkout(customer, STARTER, payment_method_collection="if_required")
    assert (await shop.pay(due.url, "")).status_code == 402


async def test_a_coupon_takes_its_share_off_and_only_as_long_as_it_lasts(shop: Shop) -> None:
    """Red when a coupon for once would be taken off twice."""
    coupon = await shop.api.coupons.create_async({"percent_off": 50, "duration": "once"})
    subscription = await shop.subscribed(STARTER, discounts=[{"coupon": coupon.id}])
    await shop.later(32)
    first, second = await shop.invoices(subscription.id)
    assert (first.subtotal, first.total, first.amount_paid, second.amount_paid) == (4_900, 2_450, 2_450, 4_900)
    assert first.lines.data[0].discount_amounts
    assert first.lines.data[0].discount_amounts[0].amount == 2_450
