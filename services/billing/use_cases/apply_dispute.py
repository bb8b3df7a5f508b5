"""A dispute has changed at Stripe: it takes all of its invoice's credits, and gives them back when it is won."""

from datetime import datetime

from libs.common.uow import OpenUow
from services.billing.clients.stripe.account import Stripe
from services.billing.clients.stripe.charges import fetch_dispute
from services.billing.domain.stripe.reversals import Reversal, dispute_is_active
from services.billing.domain.stripe.told import Outcome
from services.billing.repositories.stripe import told as stripe_told
from services.billing.use_cases.apply_refund import invoice_paid_by, reverse


async def apply_dispute(dispute_id: str, *, stripe: Stripe, open_uow: OpenUow, now: datetime) -> Outcome:
    """Key: the dispute. What of the credits is spent or held becomes owed; a lost dispute leaves it at that."""
    async with open_uow() as uow:
        asked_at = await stripe_told.clock(uow.conn)
    found = await fetch_dispute(dispute_id, stripe=stripe)
    invoice_id = await invoice_paid_by(found.payment_intent, of=dispute_id, stripe=stripe)
    if isinstance(invoice_id, Outcome):
        return invoice_id
    reversal = Reversal(
        found.id,
        "dispute",
        invoice_id,
        found.amount,
        found.status,
        active=dispute_is_active(found.status),
        reason=found.reason,
        told_at=found.told_at,
    )
    return await reverse(reversal, asked_at=asked_at, stripe=stripe, open_uow=open_uow, now=now)
