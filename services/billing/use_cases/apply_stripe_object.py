"""Something has changed at Stripe: its present state is asked for and applied, whoever told of it."""

from dataclasses import dataclass
from datetime import datetime

from libs.common.errors import Conflict, Permanent
from libs.common.uow import OpenUow
from services.billing.clients.stripe.account import Stripe
from services.billing.clients.stripe.errors import StripeNotFound
from services.billing.clients.stripe.invoices import fetch_bought, fetch_invoice_of_payment
from services.billing.domain.selling.plans import PriceIds
from services.billing.domain.stripe.told import APPLIED, Outcome, ignored, refused
from services.billing.repositories.stripe import invoices as stripe_invoices
from services.billing.use_cases.apply_dispute import apply_dispute
from services.billing.use_cases.apply_invoice import apply_invoice
from services.billing.use_cases.apply_refund import apply_credit_note, apply_refund
from services.billing.use_cases.apply_subscription import apply_subscription


@dataclass(frozen=True)
class Desk:
    """What applying needs: whom to ask, which price is which, and where to write."""

    stripe: Stripe
    price_ids: PriceIds
    open_uow: OpenUow


async def apply_stripe_object(kind: str, id_: str, *, desk: Desk, now: datetime) -> Outcome:
    """Key: the object. Repeating it, in any order, ends alike. What contradicts our record is refused, and so is whatever
    Stripe refuses us for good; what may work later is raised."""
    try:
        return await _apply(kind, id_, desk=desk, now=now)
    except StripeNotFound:
        return ignored(f"Stripe has no {kind} {id_} (any more)")
    except Permanent as failure:
        return refused(failure.code, failure.message)


async def _apply(kind: str, id_: str, *, desk: Desk, now: datetime) -> Outcome:
    stripe, open_uow = desk.stripe, desk.open_uow
    match kind:
        case "invoice":
            return await _invoice(id_, desk=desk, now=now)
        case "invoice_payment":
            invoice_id = await fetch_invoice_of_payment(id_, stripe=stripe)
            return await _invoice(invoice_id, desk=desk, now=now)
        case "subscription":
            return await _subscription(id_, desk=desk, now=now)
        case "checkout.session":
            return await _bought(id_, desk=desk, now=now)
        case "refund":
            return await apply_refund(id_, stripe=stripe, open_uow=open_uow, now=now)
        case "credit_note":
            return await apply_credit_note(id_, stripe=stripe, open_uow=open_uow, now=now)
        case "dispute":
            return await apply_dispute(id_, stripe=stripe, open_uow=open_uow, now=now)
        case _:
            return ignored(f"nothing of ours depends on a {kind}")


async def _invoice(invoice_id: str, *, desk: Desk, now: datetime) -> Outcome:
    """What it brings, and what its being paid or not makes of its subscription."""
    outcome = await apply_invoice(invoice_id, stripe=desk.stripe, open_uow=desk.open_uow, now=now)
    async with desk.open_uow() as uow:
        kept = await stripe_invoices.find_kept(uow.conn, invoice_id)
    if kept is not None and kept.subscription_id is not None:
        await _subscription(kept.subscription_id, desk=desk, now=now)
    return outcome


async def _subscription(subscription_id: str, *, desk: Desk, now: datetime) -> Outcome:
    """Other things may be sold by the same account of Stripe's. Whoever is charged our prices shows by the invoice."""
    try:
        await apply_subscription(
            subscription_id, stripe=desk.stripe, price_ids=desk.price_ids, open_uow=desk.open_uow, now=now
        )
    except Conflict as failure:
        if failure.code != "stripe_customer_unknown":
            raise
        return ignored(failure.message)
    return APPLIED


async def _bought(session_id: str, *, desk: Desk, now: datetime) -> Outcome:
    invoice_id, subscription_id = await fetch_bought(session_id, stripe=desk.stripe)
    if invoice_id is not None:
        return await _invoice(invoice_id, desk=desk, now=now)
    if subscription_id is not None:
        return await _subscription(subscription_id, desk=desk, now=now)
    return ignored(f"{session_id} has come to nothing yet")
