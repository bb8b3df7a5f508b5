"""Every object has the fields that the SDK's classes for this API version declare, and no others."""

from __future__ import annotations

from typing import Any

import stripe
from stripe._object_classes import OBJECT_CLASSES, get_object_class

from deploy.sandbox.stripe.account import public
from deploy.sandbox.stripe.expand import expanded
from tests.integration.sandbox.stripe.conftest import DISPUTES, GOOD, GROWTH, PACK, Shop

_LEFT_OUT = {"deleted", "_inner_class_types", "_inner_class_dicts", "OBJECT_NAME", "_field_encodings"}
_UNTYPED = {"data", "metadata", "evidence", "payment_method_details", "payment_method_options", "custom_text", "flow"}


def _wrong(told: Any, kind: type, path: str) -> list[str]:
    if isinstance(told, list):
        return [wrong for no, one in enumerate(told) for wrong in _wrong(one, kind, f"{path}[{no}]")]
    if not isinstance(told, dict):
        return []
    named = told.get("object")
    if named == "list":
        return [wrong for one in told["data"] for wrong in _wrong(one, get_object_class("V1", one["object"]), path)]
    declared = {name: hint for name, hint in kind.__annotations__.items() if name not in _LEFT_OUT}
    found = [f"{path}.{name} is unknown" for name in told if name not in declared]
    found += [
        f"{path}.{name} is missing"
        for name, hint in declared.items()
        if name not in told and "NoneType" not in str(hint) and "Optional" not in str(hint)
    ]
    inner = getattr(kind, "_inner_class_types", None) or {}
    for name, value in told.items():
        if name in _UNTYPED:
            continue
        if isinstance(value, dict) and value.get("object") in OBJECT_CLASSES and value["object"] != "list":
            found += _wrong(value, get_object_class("V1", value["object"]), f"{path}.{name}")
        elif name in inner or (isinstance(value, dict) and value.get("object") == "list"):
            found += _wrong(value, inner.get(name, stripe.StripeObject), f"{path}.{name}")
    return found


async def test_every_object_looks_as_the_sdk_declares_it(shop: Shop) -> None:
    """Red when a field is misspelt, is of an older version of the API, or is missing though it always is there."""
    subscription = await shop.subscribed(card=GOOD)
    await shop.later(3)
    await shop.switch(subscription, GROWTH, proration_behavior="create_prorations")
    await shop.api.subscription_schedules.create_async({"from_subscription": subscription.id})
    await shop.later(30)
    customer = str(subscription.customer)
    pack = await shop.checkout(customer, PACK)
    await shop.pay(pack.url, DISPUTES)
    await shop.later(seconds=5)
    coupon = await shop.api.coupons.create_async({"percent_off": 10, "duration": "once"})
    sale = await shop.checkout(customer, GROWTH, discounts=[{"coupon": coupon.id}])
    await shop.pay(sale.url)
    intent = await shop.api.payment_intents.list_async({"limit": 1})
    await shop.api.refunds.create_async({"payment_intent": intent.data[0].id})
    bill = (await shop.invoices(subscription.id))[0]
    await shop.api.credit_notes.create_async({"invoice": bill.id, "amount": 50, "refund_amount": 50, "memo": "Sorry"})
    await shop.api.billing_portal.sessions.create_async({"customer": customer})
    await shop.api.test_helpers.test_clocks.create_async({"frozen_time": 1_700_000_000})
    await shop.api.webhook_endpoints.create_async({"url": "http://127.0.0.1:9/", "enabled_events": ["price.created"]})
    await shop.api.customers.balance_transactions.create_async(customer, {"amount": -5, "currency": "usd"})

    kinds = set(shop.account.objects)
    assert {"credit_note", "dispute", "refund", "discount", "invoiceitem", "subscription_schedule"} <= kinds
    wrong = [
        fault
        for kind in sorted(kinds)
        for one in shop.account.all(kind)
        for fault in _wrong(public(one), get_object_class("V1", kind), kind)
    ]
    assert "\n".join(sorted(set(wrong))) == ""


async def test_what_is_left_out_comes_when_it_is_asked_for(shop: Shop) -> None:
    """Red when a client that expands its answers would find nothing where Stripe has something."""
    subscription = await shop.subscribed()
    whole = await shop.api.subscriptions.retrieve_async(
        subscription.id,
        {"expand": ["latest_invoice.payments.data.payment.payment_intent", "customer", "items.data.price.product"]},
    )
    assert isinstance(whole.customer, stripe.Customer)
    assert isinstance(whole.latest_invoice, stripe.Invoice)
    assert whole.latest_invoice.payments is not None
    intent = whole.latest_invoice.payments.data[0].payment.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert intent.status == "succeeded"
    plain = shop.account.get("invoice", whole.latest_invoice.id)
    assert "payments" not in public(plain)
    assert expanded(shop.account, plain, ["payments"])["payments"]["data"]
