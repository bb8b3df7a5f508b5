"""Credits bought while nobody is there: an invoice with a pack's price, paid with what the workspace has saved."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import stripe as sdk

from services.billing.clients.stripe.account import Stripe, key_of
from services.billing.clients.stripe.customers import payment_method_of
from services.billing.clients.stripe.errors import ActionRequired, CardDeclined

Outcome = Literal["paid", "declined", "needs_action", "no_payment_method", "too_much"]


@dataclass(frozen=True)
class TopUpOrder:
    """What is to be bought. `id` is our own row's, and the key of every call."""

    id: UUID
    workspace_id: UUID
    customer_id: str
    price_id: str
    most_minor: int
    """What may be paid for it, tax included."""


@dataclass(frozen=True)
class ToppedUp:
    """What came of it. `amount` is in the currency's smallest unit. An invoice that is not paid stays open, and brings its
    credits when it is paid at `pay_url`, until somebody voids it at Stripe."""

    outcome: Outcome
    reason: str = ""
    invoice_id: str | None = None
    amount: int = 0
    currency: str = ""
    pay_url: str | None = None


async def buy_top_up(order: TopUpOrder, *, stripe: Stripe) -> ToppedUp:
    """Make the order's invoice and pay it. Key: the order's id; repeated, it answers alike and charges once.

    Raises what every question to Stripe raises; a Transient says that it is not known what came of it: ask again.
    """
    method = await payment_method_of(order.customer_id, stripe=stripe)
    if method is None:
        return ToppedUp("no_payment_method", "no payment method is saved: add one in the portal")
    invoice = await _make_invoice(order, stripe=stripe)
    if invoice.status == "paid":
        return _topped_up(invoice, "paid")
    if invoice.total > order.most_minor:
        if invoice.status == "open":
            with stripe.asking("top_ups.void") as client:
                await client.v1.invoices.void_invoice_async(invoice.id)
        reason = (
            "with tax it costs more than is left of the month's maximum: raise the maximum, or choose a smaller pack"
        )
        return ToppedUp("too_much", reason, invoice.id, invoice.total, invoice.currency)
    try:
        with stripe.asking("top_ups.pay") as client:
            paid = await client.v1.invoices.pay_async(
                invoice.id,
                {"off_session": True, "payment_method": method},
                {"idempotency_key": key_of(f"top-up:{order.id}:pay:{method}")},
            )
    except CardDeclined as error:
        return _topped_up(invoice, "declined", reason=error.message)
    except ActionRequired as error:
        return _topped_up(invoice, "needs_action", reason=error.message)
    return _topped_up(
        paid, "paid" if paid.status == "paid" else "needs_action", reason="the payment is not settled yet"
    )


async def _make_invoice(order: TopUpOrder, *, stripe: Stripe) -> sdk.Invoice:
    """The order's invoice with its one line, finalised, in its present state."""
    about = {"workspace_id": str(order.workspace_id), "top_up_id": str(order.id)}
    key = f"top-up:{order.id}"
    with stripe.asking("top_ups.invoice") as client:
        made = await client.v1.invoices.create_async(
            {
                "customer": order.customer_id,
                "collection_method": "charge_automatically",
                "auto_advance": False,
                "pending_invoice_items_behavior": "exclude",
                "metadata": about,
                "automatic_tax": {"enabled": stripe.account.taxes},
            },
            {"idempotency_key": key_of(f"{key}:invoice")},
        )
        await client.v1.invoice_items.create_async(
            {
                "customer": order.customer_id,
                "invoice": made.id,
                "pricing": {"price": order.price_id},
                "quantity": 1,
                "metadata": about,
            },
            {"idempotency_key": key_of(f"{key}:line")},
        )
        await client.v1.invoices.finalize_invoice_async(
            made.id, {"auto_advance": False}, {"idempotency_key": key_of(f"{key}:finalize")}
        )
        return await client.v1.invoices.retrieve_async(made.id)


def _topped_up(invoice: sdk.Invoice, outcome: Outcome, *, reason: str = "") -> ToppedUp:
    return ToppedUp(
        outcome,
        "" if outcome == "paid" else reason,
        invoice.id,
        invoice.total,
        invoice.currency,
        invoice.hosted_invoice_url,
    )
