"""A refund or a credit note has changed at Stripe: credits go with the money in proportion, and come back when it failed."""

from datetime import datetime

from libs.common.uow import OpenUow
from services.billing.clients.stripe.account import Stripe
from services.billing.clients.stripe.charges import fetch_credit_note, fetch_refund
from services.billing.clients.stripe.invoices import find_paid_invoices
from services.billing.domain.stripe.reversals import Reversal, refund_is_active
from services.billing.domain.stripe.told import EventState, Outcome, ignored, refused
from services.billing.repositories.stripe import told as stripe_told
from services.billing.use_cases.apply_invoice import apply_invoice
from services.billing.use_cases.reverse_invoice import reverse_invoice


async def apply_refund(refund_id: str, *, stripe: Stripe, open_uow: OpenUow, now: datetime) -> Outcome:
    """Key: the refund. Its invoice is applied first, so that there is something to take back whatever was heard of first."""
    async with open_uow() as uow:
        asked_at = await stripe_told.clock(uow.conn)
    found = await fetch_refund(refund_id, stripe=stripe)
    invoice_id = await invoice_paid_by(found.payment_intent, of=refund_id, stripe=stripe)
    if isinstance(invoice_id, Outcome):
        return invoice_id
    reversal = Reversal(
        found.id,
        "refund",
        invoice_id,
        found.amount,
        found.status,
        active=refund_is_active(found.status),
        reason=found.reason,
        told_at=found.told_at,
    )
    return await reverse(reversal, asked_at=asked_at, stripe=stripe, open_uow=open_uow, now=now)


async def apply_credit_note(credit_note_id: str, *, stripe: Stripe, open_uow: OpenUow, now: datetime) -> Outcome:
    """Key: the credit note. Its refunds are told of by themselves; what it gives back otherwise counts here."""
    async with open_uow() as uow:
        asked_at = await stripe_told.clock(uow.conn)
    found = await fetch_credit_note(credit_note_id, stripe=stripe)
    reversal = Reversal(
        found.id,
        "credit_note",
        found.invoice_id,
        found.amount,
        found.status,
        active=found.status == "issued" and found.amount > 0,
        reason=found.reason,
        told_at=found.told_at,
    )
    return await reverse(reversal, asked_at=asked_at, stripe=stripe, open_uow=open_uow, now=now)


async def reverse(
    reversal: Reversal, *, asked_at: datetime, stripe: Stripe, open_uow: OpenUow, now: datetime
) -> Outcome:
    """Apply the invoice, then what takes its money back. An invoice that is refused brings nothing, and its refund takes
    nothing, until it is put right: then it takes its part."""
    outcome = await apply_invoice(reversal.invoice_id, stripe=stripe, open_uow=open_uow, now=now)
    if outcome.state is EventState.IGNORED:
        return outcome
    async with open_uow() as uow:
        reversed_ = await reverse_invoice(reversal, fetched_at=asked_at, uow=uow, now=now)
    return outcome if outcome.state is EventState.REFUSED else reversed_


async def invoice_paid_by(payment_intent: str | None, *, of: str, stripe: Stripe) -> str | Outcome:
    """The one invoice that a payment was for. Ignored where it was for none, refused where it was for several."""
    if payment_intent is None:
        return ignored(f"{of} is of no payment of an invoice")
    found = await find_paid_invoices(payment_intent=payment_intent, stripe=stripe)
    if not found:
        return ignored(f"{of} is of {payment_intent}, which paid no invoice")
    if len(found) > 1:
        msg = f"{of} is of {payment_intent}, which paid {', '.join(found)}: adjust the credits by hand"
        return refused("stripe_payment_of_several", msg)
    return found[0]
