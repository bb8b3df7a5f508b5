"""Money that went back, or is on its way: refunds, disputes and credit notes, as Stripe has them now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import stripe as sdk

from services.billing.clients.stripe.account import Stripe, key_of
from services.billing.clients.stripe.references import id_of, maybe_id_of
from services.billing.domain.stripe.told import moment


@dataclass(frozen=True)
class MoneyBack:
    """A refund or a dispute of a payment. `amount` is in the currency's smallest unit."""

    id: str
    payment_intent: str | None
    amount: int
    status: str
    reason: str
    told_at: datetime


@dataclass(frozen=True)
class CreditNote:
    """A credit note of an invoice. `amount` is what it gives back other than by refunds, which are told of by themselves."""

    id: str
    invoice_id: str
    amount: int
    status: str
    reason: str
    told_at: datetime


async def fetch_refund(refund_id: str, *, stripe: Stripe) -> MoneyBack:
    """One refund. Raises StripeNotFound and what every question to Stripe raises."""
    with stripe.asking("refund") as client:
        return _refund(await client.v1.refunds.retrieve_async(refund_id))


async def fetch_dispute(dispute_id: str, *, stripe: Stripe) -> MoneyBack:
    """One dispute. Raises StripeNotFound and what every question to Stripe raises."""
    with stripe.asking("dispute") as client:
        found = await client.v1.disputes.retrieve_async(dispute_id)
    intent = maybe_id_of(found.payment_intent)
    return MoneyBack(found.id, intent, found.amount, found.status, found.reason, moment(found.created))


async def fetch_credit_note(credit_note_id: str, *, stripe: Stripe) -> CreditNote:
    """One credit note. What it took off before the invoice was paid was never paid for, and counts nothing."""
    with stripe.asking("credit_note") as client:
        found = await client.v1.credit_notes.retrieve_async(credit_note_id)
    refunded = sum(one.amount_refunded for one in found.refunds or ())
    return CreditNote(
        found.id,
        id_of(found.invoice),
        max(0, found.post_payment_amount - refunded),
        found.status,
        found.reason or "",
        moment(found.created),
    )


async def make_refund(
    payment_intent: str,
    *,
    amount: int | None,
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"],
    key: str,
    stripe: Stripe,
) -> MoneyBack:
    """Give money back; all that is left of it without an amount. The natural `key` makes it once. Raises StripeRefused for
    more than is left, and what every question to Stripe raises."""
    params: sdk.params.RefundCreateParams = {"payment_intent": payment_intent, "reason": reason}
    if amount is not None:
        params["amount"] = amount
    with stripe.asking("make_refund") as client:
        return _refund(await client.v1.refunds.create_async(params, {"idempotency_key": key_of(key)}))


def _refund(found: sdk.Refund) -> MoneyBack:
    intent = maybe_id_of(found.payment_intent)
    # Stripe leaves `failure_reason` out of a refund that has not failed.
    reason = getattr(found, "failure_reason", None) or found.reason or ""
    return MoneyBack(found.id, intent, found.amount, found.status or "pending", reason, moment(found.created))
