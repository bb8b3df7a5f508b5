"""What the pages of the sandbox's Stripe say to people."""

from deploy.sandbox.render import page

INVOICE = {
    "number": "A-1",
    "customer": "cus_1",
    "customer_email": None,
    "currency": "usd",
    "total": 499_000,
    "amount_due": 499_000,
    "status": "open",
    "hosted_invoice_url": "/stripe/invoices/in_1",
    "invoice_pdf": "/stripe/invoices/in_1/pdf",
    "lines": {"data": [{"description": "1 × Scale", "amount": 499_000, "currency": "usd"}]},
}


def test_an_invoice_is_paid_and_its_amounts_have_a_currency() -> None:
    shown = page("stripe_invoice.html", invoice=INVOICE, error="", card="", asks=False)
    assert "4,990.00 USD" in shown
    assert ">Pay</button>" in shown


def test_a_card_in_the_portal_is_saved_and_nothing_is_paid() -> None:
    """Red when whoever changes their card is told that they pay."""
    features = {name: {"enabled": False} for name in ("subscription_cancel", "subscription_update", "invoice_history")}
    shown = page(
        "stripe_portal.html",
        customer={"email": None, "id": "cus_1"},
        session={"return_url": "/billing/"},
        features=features | {"payment_method_update": {"enabled": True}},
        subscriptions=[],
        prices=[],
        method=None,
        invoices=[],
        error="",
        asks=False,
        card="",
    )
    assert ">Save this card</button>" in shown
    assert ">Pay</button>" not in shown
