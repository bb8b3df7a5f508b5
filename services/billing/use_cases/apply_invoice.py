"""An invoice has changed at Stripe: what it, and its subscription's others, bring by their present state."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import Transient
from libs.common.uow import OpenUow
from services.billing.clients.stripe.account import Stripe
from services.billing.clients.stripe.invoices import fetch_invoice, fetch_paid_invoices
from services.billing.domain.stripe.crediting import Offer
from services.billing.domain.stripe.invoices import Invoice
from services.billing.domain.stripe.told import APPLIED, Outcome, ignored, refused
from services.billing.repositories.selling import prices
from services.billing.repositories.selling.customers import workspace_of
from services.billing.repositories.stripe import invoices as stripe_invoices
from services.billing.repositories.stripe import told as stripe_told
from services.billing.use_cases.credit_invoices import Seller, credit_invoices


async def apply_invoice(invoice_id: str, *, stripe: Stripe, open_uow: OpenUow, now: datetime) -> Outcome:
    """Key: the invoice and its lines. All paid invoices of its subscription are looked at together, oldest first, so the order
    in which they are heard of does not matter.

    Refused: an unknown customer who pays our prices, and what contradicts our record of what we sell. Raises what every
    question to Stripe raises, and Transient `stripe_prices_unread` before our prices have been read.
    """
    async with open_uow() as uow:
        asked_at = await stripe_told.clock(uow.conn)
    invoice = await fetch_invoice(invoice_id, stripe=stripe)
    related = {invoice.id: invoice}
    if invoice.subscription_id is not None:
        related |= {one.id: one for one in await fetch_paid_invoices(invoice.subscription_id, stripe=stripe)}
    async with open_uow() as uow:
        offers = await _offers(uow.conn)
        workspace_id = await workspace_of(uow.conn, invoice.customer_id)
        if workspace_id is None:
            return _of_nobody(invoice, offers)
        ours = [one for one in related.values() if one.customer_id == invoice.customer_id]
        if await _of_another(uow.conn, ours, workspace_id):
            return refused(
                "stripe_customer_differs", f"{invoice.id} is kept as another workspace's: look at its customer"
            )
        seller = Seller(workspace_id, offers, live=stripe.account.live)
        await credit_invoices(ours, seller=seller, fetched_at=asked_at, uow=uow, now=now)
        found = await stripe_invoices.find_kept(uow.conn, invoice.id)
    return refused(*found.refusal) if found and found.refusal else APPLIED


async def _offers(conn: AsyncConnection) -> dict[str, Offer]:
    """Archived prices are ours as well: whoever subscribed at one goes on paying it."""
    found = await prices.kept_prices(conn)
    if not found:
        msg = "our prices have not been read from Stripe yet: invoices wait for them"
        raise Transient(msg, code="stripe_prices_unread")
    return {id_: Offer(one.item, one.unit_amount, one.currency) for id_, one in found.items()}


def _of_nobody(invoice: Invoice, offers: dict[str, Offer]) -> Outcome:
    if any(line.price_id in offers for line in invoice.lines):
        msg = f"{invoice.id} sells what is ours to {invoice.customer_id}, who is no customer on our record"
        return refused("stripe_customer_unknown", msg)
    return ignored(f"{invoice.id} is of {invoice.customer_id}, who is none of our customers")


async def _of_another(conn: AsyncConnection, invoices: Sequence[Invoice], workspace_id: UUID) -> bool:
    owners = await stripe_invoices.owners_of(conn, [one.id for one in invoices])
    return bool(owners - {workspace_id})
