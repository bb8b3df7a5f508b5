"""The money of an invoice goes back, or that has fallen away: its credits follow."""

from datetime import datetime

from libs.common.uow import UnitOfWork
from services.billing.domain.stripe.crediting import Contradiction
from services.billing.domain.stripe.reversals import Reversal, check_turn
from services.billing.domain.stripe.told import APPLIED, Outcome, ignored, refused
from services.billing.repositories.credits import ledger
from services.billing.repositories.stripe import invoices as stripe_invoices
from services.billing.repositories.stripe import reversals as stripe_reversals
from services.billing.use_cases.settle_reversals import settle_reversals


async def reverse_invoice(reversal: Reversal, *, fetched_at: datetime, uow: UnitOfWork, now: datetime) -> Outcome:
    """Key: the refund, credit note or dispute. An answer to an earlier question does not replace a later one's."""
    invoice = await stripe_invoices.find_kept(uow.conn, reversal.invoice_id)
    if invoice is None:
        return ignored(f"{reversal.id} is about {reversal.invoice_id}, which is none of ours")
    await ledger.lock_books(uow.conn, invoice.workspace_id)
    before = await stripe_reversals.find_reversal(uow.conn, reversal.id)
    if before is not None and before[1] > fetched_at:
        return APPLIED
    if before is not None:
        try:
            check_turn(before[0], reversal)
        except Contradiction as refusal:
            return refused(refusal.code, refusal.message)
    await stripe_reversals.keep_reversal(uow.conn, reversal, fetched_at=fetched_at)
    locked = await stripe_invoices.find_kept(uow.conn, reversal.invoice_id)
    if locked is not None:
        await settle_reversals(locked, cause=reversal, uow=uow, now=now)
    return APPLIED
