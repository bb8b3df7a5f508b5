"""Invoices by hand, and money that goes back: top-ups off session, refunds, disputes."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.integration.sandbox.conftest import Running
from tests.integration.sandbox.stripe.conftest import (
    ASKS_ALWAYS,
    DAY,
    DECLINED_LATER,
    DISPUTES,
    GOOD,
    NO_REFUND,
    PACK,
    STARTER,
    Shop,
)


async def _top_up(shop: Shop, customer: str, **line: Any) -> stripe.Invoice:
    """A finalised invoice of a pack, as a top-up makes it."""
    made = await shop.api.invoices.create_async(
        {
            "customer": customer,
            "auto_advance": False,
            "pending_invoice_items_behavior": "exclude",
            "metadata": {"a": "b"},
        }
    )
    wanted: Any = {"customer": customer, "invoice": made.id, "pricing": {"price": PACK}, "quantity": 2, **line}
    await shop.api.invoice_items.create_async(wanted)
    return await shop.api.invoices.finalize_invoice_async(made.id, {"auto_advance": False})


async def _bought(shop: Shop, card: str = GOOD) -> tuple[str, str]:
    """A pack that was paid by card: the invoice and the payment intent."""
    session = await shop.checkout((await shop.customer()).id, PACK)
    assert (await shop.pay(session.url, card)).status_code == 303
    done = await shop.api.checkout.sessions.retrieve_async(session.id)
    return str(done.invoice), str(done.payment_intent)


async def test_an_invoice_by_hand_is_paid_off_session(shop: Shop) -> None:
    """Red when a top-up could not be charged, charged twice, or without its line."""
    customer = await shop.customer(payment_method="pm_card_visa")
    card = (await shop.api.customers.payment_methods.list_async(customer.id)).data[0]
    made = await _top_up(shop, customer.id)
    assert (made.status, made.amount_due, made.attempt_count) == ("open", 3_000, 0)
    paid = await shop.api.invoices.pay_async(made.id, {"off_session": True, "payment_method": card.id})
    assert (paid.status, paid.amount_paid, paid.billing_reason) == ("paid", 3_000, "manual")
    (line,) = paid.lines.data
    assert line.quantity == 2
    assert line.pricing is not None
    assert line.pricing.price_details is not None
    assert line.pricing.price_details.price == PACK
    with pytest.raises(stripe.InvalidRequestError) as raised:
        await shop.api.invoices.pay_async(made.id)
    assert raised.value.code == "invoice_already_paid"
    assert len(shop.account.all("charge")) == 1


@pytest.mark.parametrize(
    ("card", "code"), [(DECLINED_LATER, "card_declined"), (ASKS_ALWAYS, "authentication_required")]
)
async def test_an_invoice_that_cannot_be_charged_stays_open_and_says_why(shop: Shop, card: str, code: str) -> None:
    """Red when a refused top-up would count as paid, or could not be voided."""
    customer = await shop.customer()
    await shop.put_card(customer.id, card)
    made = await _top_up(shop, customer.id)
    with pytest.raises(stripe.CardError) as raised:
        await shop.api.invoices.pay_async(made.id, {"off_session": True})
    assert raised.value.code == code
    after = await shop.api.invoices.retrieve_async(made.id, {"expand": ["payments.data.payment.payment_intent"]})
    assert (after.status, after.attempt_count) == ("open", 1)
    assert after.payments is not None
    intent = after.payments.data[0].payment.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert intent.last_payment_error is not None
    assert (await shop.api.invoices.void_invoice_async(made.id)).status == "void"
    with pytest.raises(stripe.InvalidRequestError):
        await shop.api.invoices.pay_async(made.id)


async def test_a_draft_can_be_changed_and_deleted_and_a_finalised_one_cannot(shop: Shop) -> None:
    customer = await shop.customer()
    draft = await shop.api.invoices.create_async({"customer": customer.id, "currency": "usd"})
    await shop.api.invoices.update_async(draft.id, {"description": "for you", "metadata": {"a": "b"}})
    free: Any = {
        "customer": customer.id,
        "invoice": draft.id,
        "amount": 900,
        "currency": "usd",
        "description": "Advice",
    }
    await shop.api.invoice_items.create_async(free)
    assert (await shop.api.invoices.retrieve_async(draft.id)).total == 900
    await shop.api.invoices.delete_async(draft.id)
    with pytest.raises(stripe.InvalidRequestError):
        await shop.api.invoices.retrieve_async(draft.id)
    made = await _top_up(shop, customer.id)
    with pytest.raises(stripe.InvalidRequestError):
        await shop.api.invoices.delete_async(made.id)
    outside = await shop.api.invoices.pay_async(made.id, {"paid_out_of_band": True})
    assert (outside.status, outside.amount_paid, outside.amount_paid_off_stripe) == ("paid", 0, 3_000)
    other = await _top_up(shop, customer.id)
    assert (await shop.api.invoices.mark_uncollectible_async(other.id)).status == "uncollectible"


async def test_money_is_refunded_in_parts_and_never_more_than_was_paid(shop: Shop) -> None:
    """Red when refunds could exceed the charge."""
    _, intent = await _bought(shop)
    refund = await shop.api.refunds.create_async({"payment_intent": intent, "amount": 500})
    assert (refund.status, refund.amount, refund.payment_intent) == ("succeeded", 500, intent)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        await shop.api.refunds.create_async({"payment_intent": intent, "amount": 1_001})
    rest = await shop.api.refunds.create_async({"charge": str(refund.charge)})
    assert rest.amount == 1_000
    with pytest.raises(stripe.InvalidRequestError) as raised:
        await shop.api.refunds.create_async({"payment_intent": intent})
    assert raised.value.code == "charge_already_refunded"
    charge = await shop.api.charges.retrieve_async(str(refund.charge), {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded) == (1_500, True)
    assert len(shop.told("charge.refunded")) == 2


@pytest.mark.parametrize("by_dial", [True, False])
async def test_a_refund_may_fail_later(sandbox: Running, shop: Shop, by_dial: bool) -> None:
    """Red when a failed refund would still count as money that went back."""
    await sandbox.turn(stripe={"refunds_fail": by_dial})
    _, intent = await _bought(shop, GOOD if by_dial else NO_REFUND)
    refund = await shop.api.refunds.create_async({"payment_intent": intent})
    await shop.later(seconds=61)
    after = await shop.api.refunds.retrieve_async(refund.id)
    assert (after.status, after.failure_reason) == ("failed", "lost_or_stolen_card")
    assert (await shop.api.charges.retrieve_async(str(refund.charge))).amount_refunded == 0
    assert len(shop.told("refund.failed")) == 1


async def test_a_credit_note_takes_back_by_refund_credit_or_outside(shop: Shop) -> None:
    """Red when a credit note would give more than was paid, or not by the ways it says."""
    invoice, intent = await _bought(shop)
    by: Any = {"refund_amount": 300, "credit_amount": 200, "out_of_band_amount": 100, "reason": "duplicate"}
    by |= {"invoice": invoice, "amount": 600}
    note = await shop.api.credit_notes.create_async(by)
    assert (note.status, note.post_payment_amount, note.out_of_band_amount) == ("issued", 600, 100)
    assert [one.amount_refunded for one in note.refunds] == [300]
    (refund,) = (await shop.api.refunds.list_async({"payment_intent": intent})).data
    assert refund.amount == 300
    assert (await shop.api.customers.retrieve_async(str(note.customer))).balance == -200
    wrong: list[Any] = [{"amount": 901, "out_of_band_amount": 901}, {"amount": 100}, {"amount": 9, "credit_amount": 8}]
    for one in wrong:
        one["invoice"] = invoice
        with pytest.raises(stripe.InvalidRequestError):
            await shop.api.credit_notes.create_async(one)
    with pytest.raises(stripe.InvalidRequestError):
        await shop.api.credit_notes.void_credit_note_async(note.id)


async def test_a_credit_note_before_payment_lessens_what_is_due(shop: Shop) -> None:
    """Red when more would be charged than is left after a credit note."""
    customer = await shop.customer()
    await shop.put_card(customer.id, GOOD)
    made = await _top_up(shop, customer.id)
    first = await shop.api.credit_notes.create_async({"invoice": made.id, "amount": 1_000})
    assert first.pre_payment_amount == 1_000
    second = await shop.api.credit_notes.create_async({"invoice": made.id, "amount": 500})
    await shop.api.credit_notes.void_credit_note_async(second.id)
    paid = await shop.api.invoices.pay_async(made.id)
    assert (paid.total, paid.amount_due, paid.amount_paid) == (3_000, 2_000, 2_000)
    assert [one.amount for one in (await shop.api.charges.list_async({"customer": customer.id})).data] == [2_000]
    whole = await _top_up(shop, customer.id)
    await shop.api.credit_notes.create_async({"invoice": whole.id, "amount": 3_000})
    assert (await shop.api.invoices.retrieve_async(whole.id)).status == "paid"


async def test_the_dashboard_refunds_without_a_program(shop: Shop) -> None:
    invoice, intent = await _bought(shop)
    answer = await shop.http.post("/stripe-refunds", json={"invoice": invoice, "amount": 100})
    assert answer.json()["payment_intent"] == intent
    for wrong in ({"invoice": "in_none"}, {"invoice": invoice, "amount": 0}, {"invoice": invoice, "amount": 9_999}, {}):
        assert (await shop.http.post("/stripe-refunds", json=wrong)).status_code == 400, wrong


async def test_the_dashboard_has_a_page_to_do_it_all_on(shop: Shop) -> None:
    """Red when a person without a terminal could not let time pass, refund, or dispute."""
    subscription = await shop.subscribed(STARTER)
    customer = str(subscription.customer)
    invoice, _ = await _bought(shop)
    shown = await shop.http.get("/stripe/dashboard")
    assert shown.status_code == 200
    assert customer in shown.text
    forms: list[dict[str, str]] = [
        {"action": "card", "customer": customer, "card": DECLINED_LATER},
        {"action": "advance", "seconds": str(32 * DAY)},
        {"action": "refund", "invoice": str(subscription.latest_invoice)},
        {"action": "dispute", "invoice": invoice},
    ]
    for form in forms:
        assert (await shop.http.post("/stripe/dashboard", data=form)).status_code == 303, form
    (dispute,) = (await shop.api.disputes.list_async()).data
    form = {"action": "won", "dispute": dispute.id}
    assert (await shop.http.post("/stripe/dashboard", data=form)).status_code == 303
    assert (await shop.api.disputes.retrieve_async(dispute.id)).status == "won"
    assert (await shop.api.subscriptions.retrieve_async(subscription.id)).status == "past_due"
    assert len((await shop.api.refunds.list_async()).data) == 1
    assert "past_due" in (await shop.http.get("/stripe/dashboard")).text
    assert (await shop.http.post("/stripe/dashboard", data={"action": "hope"})).status_code == 400


@pytest.mark.parametrize("end", ["won", "lost"])
async def test_a_dispute_is_opened_by_the_bank_and_ends_once(shop: Shop, end: str) -> None:
    """Red when a dispute would not hold its charge, or could end twice."""
    invoice, intent = await _bought(shop)
    made = (await shop.http.post("/stripe-disputes", json={"invoice": invoice})).json()
    dispute = await shop.api.disputes.retrieve_async(made["id"])
    assert (dispute.status, dispute.amount, dispute.payment_intent) == ("needs_response", 1_500, intent)
    assert (await shop.http.post("/stripe-disputes", json={"invoice": invoice})).status_code == 400
    with pytest.raises(stripe.InvalidRequestError, match="charged back"):
        await shop.api.refunds.create_async({"payment_intent": intent})
    answered = await shop.api.disputes.update_async(dispute.id, {"evidence": {"uncategorized_text": "It was them."}})
    assert answered.status == "under_review"
    assert (await shop.http.put(f"/stripe-disputes/{dispute.id}", json={"status": end})).json()["status"] == end
    assert (await shop.http.put(f"/stripe-disputes/{dispute.id}", json={"status": end})).status_code == 400
    assert len(shop.told("charge.dispute.funds_reinstated")) == (end == "won")
    assert [one.status for one in (await shop.api.disputes.list_async({"payment_intent": intent})).data] == [end]


async def test_a_card_may_dispute_whatever_it_pays(shop: Shop) -> None:
    _, intent = await _bought(shop, DISPUTES)
    await shop.later(seconds=2)
    (dispute,) = (await shop.api.disputes.list_async({"payment_intent": intent})).data
    assert (await shop.api.disputes.close_async(dispute.id)).status == "lost"


async def test_the_portal_changes_the_card_and_cancels_as_it_is_configured(shop: Shop) -> None:
    """Red when the portal would do what it is not configured for, or not what it is."""
    subscription = await shop.subscribed(STARTER)
    customer = str(subscription.customer)
    features: Any = {"payment_method_update": {"enabled": True}, "invoice_history": {"enabled": True}}
    closed = await shop.api.billing_portal.configurations.create_async({"features": features})
    portal = await shop.api.billing_portal.sessions.create_async(
        {"customer": customer, "configuration": closed.id, "return_url": "http://app.example/billing"}
    )
    shown = await shop.http.get(portal.url)
    assert shown.status_code == 200
    assert "http://app.example/billing" in shown.text
    refused = await shop.http.post(portal.url, data={"action": "cancel", "subscription": subscription.id})
    assert refused.status_code == 402
    assert (await shop.http.post(portal.url, data={"action": "pay", "card": "4000000000000002"})).status_code == 402
    assert (await shop.http.post(portal.url, data={"action": "pay", "card": "5555555555554444"})).status_code == 303
    after = await shop.api.subscriptions.retrieve_async(subscription.id, {"expand": ["default_payment_method"]})
    assert isinstance(after.default_payment_method, stripe.PaymentMethod)
    assert after.default_payment_method.card is not None
    assert after.default_payment_method.card.brand == "mastercard"

    opened = await shop.api.billing_portal.sessions.create_async({"customer": customer})
    assert (
        await shop.http.post(opened.url, data={"action": "cancel", "subscription": subscription.id})
    ).status_code == 303
    assert (await shop.api.subscriptions.retrieve_async(subscription.id)).cancel_at_period_end
    assert (
        await shop.http.post(opened.url, data={"action": "keep", "subscription": subscription.id})
    ).status_code == 303
    assert not (await shop.api.subscriptions.retrieve_async(subscription.id)).cancel_at_period_end


@pytest.mark.parametrize("later", [True, False])
async def test_the_portal_may_downgrade_at_once_or_at_the_periods_end(shop: Shop, later: bool) -> None:
    """Red when a downgrade in the portal would not be what the configuration says."""
    subscription = await shop.subscribed("price_sandbox_growth_monthly")
    conditions = [{"type": "decreasing_item_amount"}] if later else []
    update: Any = {
        "enabled": True,
        "default_allowed_updates": ["price"],
        "proration_behavior": "always_invoice",
        "products": [{"product": "prod_sandbox_starter", "prices": [STARTER]}],
        "schedule_at_period_end": {"conditions": conditions},
    }
    made = await shop.api.billing_portal.configurations.create_async({"features": {"subscription_update": update}})
    portal = await shop.api.billing_portal.sessions.create_async(
        {"customer": str(subscription.customer), "configuration": made.id}
    )
    form = {"action": "switch", "subscription": subscription.id, "price": STARTER}
    assert (await shop.http.post(portal.url, data=form)).status_code == 303
    now = await shop.api.subscriptions.retrieve_async(subscription.id)
    assert (now["items"].data[0].price.id == STARTER) is not later
    assert (now.schedule is not None) is later
    await shop.later(32)
    assert (await shop.api.subscriptions.retrieve_async(subscription.id))["items"].data[0].price.id == STARTER
