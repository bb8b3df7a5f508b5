"""An operator gives money back. The credits follow when Stripe tells of the refund, as for one made in its dashboard."""

from dataclasses import dataclass
from typing import Literal

from libs.common.errors import Conflict, NotFound
from libs.common.uow import OpenUow, UnitOfWork
from services.billing.clients.stripe.account import Stripe
from services.billing.clients.stripe.charges import make_refund
from services.billing.clients.stripe.invoices import find_payments
from services.billing.repositories.stripe import invoices as stripe_invoices
from services.billing.repositories.stripe import reversals as stripe_reversals

RefundReason = Literal["duplicate", "fraudulent", "requested_by_customer"]


@dataclass(frozen=True)
class RefundAsked:
    """`amount` is in the currency's smallest unit; None: all that is left of the invoice's money."""

    invoice_id: str
    amount: int | None
    reason: RefundReason


@dataclass(frozen=True)
class RefundMade:
    """The refund at Stripe, and how much money it is."""

    id: str
    invoice_id: str
    amount: int


async def refund_invoice(
    asked: RefundAsked, *, idempotency_key: str, stripe: Stripe, open_uow: OpenUow, actor: str
) -> RefundMade:
    """Key: the Idempotency-Key, for ever: kept before Stripe is asked, under a key made of it, so that a crash in between
    repeats the call and not the refund.

    Raises NotFound `invoice_not_found`, Conflict `idempotency_key_reused`, `invoice_not_paid`, `stripe_payment_unknown`, and
    what Stripe refuses (`stripe_refused` for more than is left).
    """
    stripe.account.require()
    async with open_uow() as uow:
        await _require_paid(asked.invoice_id, uow=uow)
        wish = await stripe_reversals.ask_refund(
            uow.conn,
            idempotency_key,
            invoice_id=asked.invoice_id,
            amount=asked.amount,
            reason=asked.reason,
            actor=actor,
        )
    if (wish.invoice_id, wish.amount, wish.reason) != (asked.invoice_id, asked.amount, asked.reason):
        msg = f"this Idempotency-Key asked for a refund of {wish.invoice_id} before: use a new key"
        raise Conflict(msg, code="idempotency_key_reused")
    if wish.refund_id is not None and wish.refunded is not None:
        return RefundMade(wish.refund_id, wish.invoice_id, wish.refunded)
    payments = await find_payments(asked.invoice_id, stripe=stripe)
    if not payments:
        msg = f"Stripe names no payment of {asked.invoice_id}: refund it in Stripe's dashboard, the credits follow"
        raise Conflict(msg, code="stripe_payment_unknown")
    made = await make_refund(
        payments[0], amount=asked.amount, reason=asked.reason, key=f"refund:{idempotency_key}", stripe=stripe
    )
    async with open_uow() as uow:
        await stripe_reversals.note_refund(uow.conn, idempotency_key, refund_id=made.id, amount=made.amount)
    return RefundMade(made.id, asked.invoice_id, made.amount)


async def _require_paid(invoice_id: str, *, uow: UnitOfWork) -> None:
    invoice = await stripe_invoices.find_kept(uow.conn, invoice_id)
    if invoice is None:
        msg = f"there is no invoice {invoice_id} on our record"
        raise NotFound(msg, code="invoice_not_found")
    if invoice.status != "paid":
        msg = f"{invoice_id} is {invoice.status}: only the money of a paid invoice can go back"
        raise Conflict(msg, code="invoice_not_paid")
