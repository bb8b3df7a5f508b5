"""Invoices as Stripe has them now, and which of them a payment paid."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import stripe as sdk

from libs.common.errors import Invalid
from services.billing.clients.stripe.account import Stripe
from services.billing.clients.stripe.references import id_of, maybe_id_of
from services.billing.domain.stripe.invoices import Invoice, Line
from services.billing.domain.stripe.told import moment

if TYPE_CHECKING:
    from stripe.params import InvoiceCreatePreviewParamsSubscriptionDetails

_PAGE = 100
MAX_INVOICES = 1_000
"""Of one subscription: a monthly one takes 80 years for it, and someone who switches all day some weeks."""


async def fetch_invoice(invoice_id: str, *, stripe: Stripe) -> Invoice:
    """One invoice with all its lines. Raises StripeNotFound and what every question to Stripe raises."""
    with stripe.asking("invoice") as client:
        found = await client.v1.invoices.retrieve_async(invoice_id)
        return await _whole(client, found)


async def fetch_paid_invoices(subscription_id: str, *, stripe: Stripe) -> list[Invoice]:
    """All paid invoices of a subscription. Raises Invalid `stripe_too_many_invoices` beyond MAX_INVOICES."""
    found = list[Invoice]()
    with stripe.asking("invoices") as client:
        page = await client.v1.invoices.list_async({"subscription": subscription_id, "status": "paid", "limit": _PAGE})
        async for one in page.auto_paging_iter():
            if len(found) == MAX_INVOICES:
                msg = f"{subscription_id} has more than {MAX_INVOICES} paid invoices: credit this one by hand"
                raise Invalid(msg, code="stripe_too_many_invoices")
            found.append(await _whole(client, one))
    return found


async def find_paid_invoices(*, payment_intent: str, stripe: Stripe) -> list[str]:
    """The ids of the invoices that a payment paid: usually one, none when it was for something else. The invoice of a
    checkout of packs is made after its payment, and is found by its session where it does not name the payment."""
    with stripe.asking("invoice_payments") as client:
        page = await client.v1.invoice_payments.list_async(
            {"payment": {"type": "payment_intent", "payment_intent": payment_intent}, "limit": _PAGE}
        )
        found = {id_of(one.invoice) for one in page.data if one.status == "paid"}
        if not found:
            sessions = await client.v1.checkout.sessions.list_async({"payment_intent": payment_intent, "limit": 1})
            found = {id_of(one.invoice) for one in sessions.data if one.invoice}
    return sorted(found)


async def fetch_bought(session_id: str, *, stripe: Stripe) -> tuple[str | None, str | None]:
    """The invoice and the subscription that a checkout came to, as far as there are any yet."""
    with stripe.asking("checkout_session") as client:
        found = await client.v1.checkout.sessions.retrieve_async(session_id)
    return maybe_id_of(found.invoice), maybe_id_of(found.subscription)


async def find_payments(invoice_id: str, *, stripe: Stripe) -> list[str]:
    """The payment intents that paid an invoice, the largest first."""
    with stripe.asking("invoice_payments") as client:
        page = await client.v1.invoice_payments.list_async({"invoice": invoice_id, "status": "paid", "limit": _PAGE})
        paid = sorted(page.data, key=lambda one: -(one.amount_paid or 0))
        return [id_of(one.payment.payment_intent) for one in paid if one.payment.payment_intent]


async def fetch_invoice_of_payment(invoice_payment_id: str, *, stripe: Stripe) -> str:
    """Which invoice a payment of an invoice is of."""
    with stripe.asking("invoice_payment") as client:
        return id_of((await client.v1.invoice_payments.retrieve_async(invoice_payment_id)).invoice)


async def preview_switch(
    subscription_id: str, *, item_id: str, price_id: str, ends_trial: bool, stripe: Stripe
) -> Invoice:
    """The invoice that putting a subscription on another price would make now. Nothing is changed by asking."""
    details: InvoiceCreatePreviewParamsSubscriptionDetails = {
        "items": [{"id": item_id, "price": price_id}],
        "proration_behavior": "always_invoice",
    }
    if ends_trial:
        details["trial_end"] = "now"
    with stripe.asking("invoices.preview") as client:
        found = await client.v1.invoices.create_preview_async(
            {"subscription": subscription_id, "subscription_details": details}
        )
    return _invoice(found, found.lines.data)


async def _whole(client: sdk.StripeClient, invoice: sdk.Invoice) -> Invoice:
    """An invoice comes with its first lines only."""
    lines: Sequence[sdk.InvoiceLineItem] = invoice.lines.data
    if invoice.lines.has_more:
        page = await client.v1.invoices.line_items.list_async(invoice.id, {"limit": _PAGE})
        lines = [line async for line in page.auto_paging_iter()]
    return _invoice(invoice, lines)


def _invoice(found: sdk.Invoice, lines: Sequence[sdk.InvoiceLineItem]) -> Invoice:
    turned = found.status_transitions
    parent = found.parent.subscription_details if found.parent else None
    return Invoice(
        id=found.id,
        customer_id=maybe_id_of(found.customer) or "",
        subscription_id=id_of(parent.subscription) if parent else None,
        number=found.number or "",
        status=found.status or "draft",
        currency=found.currency,
        total=found.total,
        paid=found.amount_paid,
        remaining=found.amount_remaining,
        tax=sum(one.amount for one in found.total_taxes or ()),
        live=found.livemode,
        issued_at=moment(turned.finalized_at or found.created),
        paid_at=moment(turned.paid_at) if turned.paid_at else None,
        hosted_url=found.hosted_invoice_url,
        pdf_url=found.invoice_pdf,
        lines=tuple(_line(line) for line in lines),
    )


def _line(found: sdk.InvoiceLineItem) -> Line:
    price = found.pricing.price_details if found.pricing else None
    about = found.parent and (found.parent.subscription_item_details or found.parent.invoice_item_details)
    details = about.proration_details if about else None
    return Line(
        id=found.id,
        price_id=id_of(price.price) if price else None,
        quantity=1 if found.quantity is None else found.quantity,
        amount=found.amount,
        discount=sum(one.amount for one in found.discount_amounts or ()),
        currency=found.currency,
        proration=bool(about and about.proration),
        gives_back=found.amount < 0 or bool(details and details.credited_items),
        starts_at=moment(found.period.start),
        ends_at=moment(found.period.end),
    )
