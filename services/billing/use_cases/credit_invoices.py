"""Paid invoices bring credits: packs line by line, a subscription's by the highest sum that its invoices have reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.domain.credits.ledger import GrantKind
from services.billing.domain.selling.plans import ITEMS, PackItem, title_of
from services.billing.domain.stripe.crediting import Contradiction, Offer, Worth, value_lines
from services.billing.domain.stripe.high_water import still_due
from services.billing.domain.stripe.invoices import Invoice
from services.billing.domain.stripe.reversals import Reversal, plan_credits_until
from services.billing.repositories.credits import ledger
from services.billing.repositories.stripe import invoices as kept
from services.billing.repositories.stripe import reversals as stripe_reversals
from services.billing.use_cases.grant_paid import Paid, grant_paid
from services.billing.use_cases.settle_reversals import settle_reversals

GRACE = timedelta(days=2)
"""Plan credits outlive their period by this, so that a renewal that is paid late leaves no gap."""


@dataclass(frozen=True)
class Seller:
    """What invoices are checked against: whose customer it is, our prices, the mode of our key."""

    workspace_id: UUID
    offers: dict[str, Offer]
    live: bool


async def credit_invoices(
    invoices: Sequence[Invoice], *, seller: Seller, fetched_at: datetime, uow: UnitOfWork, now: datetime
) -> None:
    """Keep the invoices of one customer, and grant what the paid ones among them still bring; of a subscription, all its
    paid invoices belong here.

    Keys: `grant:stripe:<invoice>:<line>` for packs and for a plan's period, `grant:stripe:<invoice>:proration` for a switch,
    `grant:trial:<workspace>`. A contradiction is kept with its invoice, which then brings nothing.
    """
    await ledger.lock_books(uow.conn, seller.workspace_id)
    done = await kept.accepted(uow.conn, [one.id for one in invoices])
    for invoice in sorted(invoices, key=lambda one: (one.paid_at or one.issued_at, one.issued_at, one.id)):
        fresh = invoice.is_paid and invoice.id not in done
        lines, refusal = await _value(invoice, seller=seller, uow=uow) if fresh else ((), None)
        newest = await kept.keep_invoice(
            uow.conn, invoice, workspace_id=seller.workspace_id, refusal=refusal, fetched_at=fetched_at
        )
        await kept.add_lines(uow.conn, invoice.id, lines)
        for line in lines:
            await _grant_by_itself(invoice, line, workspace_id=seller.workspace_id, uow=uow, now=now)
        if newest and invoice.id in done:
            await _note_void(invoice, fetched_at=fetched_at, uow=uow, now=now)
    for subscription_id in sorted({one.subscription_id for one in invoices if one.subscription_id}):
        await _grant_plan(subscription_id, workspace_id=seller.workspace_id, uow=uow, now=now)
    for invoice_id in await stripe_reversals.reversed_among(uow.conn, [one.id for one in invoices]):
        await _follow_reversals(invoice_id, uow=uow, now=now)


async def _value(
    invoice: Invoice, *, seller: Seller, uow: UnitOfWork
) -> tuple[tuple[Worth, ...], Contradiction | None]:
    known = list[Worth]()
    if invoice.subscription_id:
        known = await kept.lines_of(uow.conn, subscription_id=invoice.subscription_id)
    try:
        return value_lines(invoice, offers=seller.offers, live=seller.live, known=known), None
    except Contradiction as refusal:
        return (), refusal


async def _grant_by_itself(
    invoice: Invoice, line: Worth, *, workspace_id: UUID, uow: UnitOfWork, now: datetime
) -> None:
    """Packs, and the one trial of a workspace. What a trial brings is not the invoice's: no money can go back for it."""
    item = ITEMS[line.item]
    if line.kind == "pack" and isinstance(item, PackItem):
        lasts = item.pack.lasts
        begin = invoice.paid_at or invoice.issued_at
        until = None if lasts is None else plan_credits_until(begin, grace=lasts, now=now)
        key = f"grant:stripe:{invoice.id}:{line.line_id}"
        paid = Paid(key, GrantKind.PURCHASED, line.credits, until, _reason(line.item, invoice.id))
        if line.credits and await grant_paid(paid, workspace_id=workspace_id, uow=uow, now=now):
            await kept.add_grant(uow.conn, invoice.id, key, cause="paid", paid=line.credits)
    elif line.kind == "trial" and line.credits and line.ends_at > now:
        key = f"grant:trial:{workspace_id}"
        paid = Paid(key, GrantKind.PROMOTIONAL, line.credits, line.ends_at, f"trial of {title_of(line.item)}")
        await grant_paid(paid, workspace_id=workspace_id, uow=uow, now=now)


async def _grant_plan(subscription_id: str, *, workspace_id: UUID, uow: UnitOfWork, now: datetime) -> None:
    for invoice_id, credits_ in still_due(await kept.counted(uow.conn, subscription_id)).items():
        lines = [
            one
            for one in await kept.lines_of(uow.conn, invoice_id=invoice_id)
            if one.kind in {"plan", "proration"} and one.credits > 0
        ]
        whole = next((one for one in lines if one.kind == "plan"), None)
        last = max(lines, key=lambda one: one.ends_at)
        key = f"grant:stripe:{invoice_id}:{whole.line_id if whole else 'proration'}"
        until = plan_credits_until(last.ends_at, grace=GRACE, now=now)
        paid = Paid(key, GrantKind.PLAN, credits_, until, _reason(last.item, invoice_id))
        if await grant_paid(paid, workspace_id=workspace_id, uow=uow, now=now):
            await kept.add_grant(uow.conn, invoice_id, key, cause="paid", paid=credits_, of_the_plan=credits_)


def _reason(item: str, invoice: str) -> str:
    return f"{title_of(item)}: invoice {invoice}"


async def _note_void(invoice: Invoice, *, fetched_at: datetime, uow: UnitOfWork, now: datetime) -> None:
    """It was paid once, and brought credits: while it is void they are away, as if all its money had gone back."""
    before = await stripe_reversals.find_reversal(uow.conn, invoice.id)
    if invoice.is_void == (before is not None and before[0].active):
        return
    reversal = Reversal(
        invoice.id, "void", invoice.id, 0, invoice.status, active=invoice.is_void, reason="", told_at=fetched_at
    )
    await stripe_reversals.keep_reversal(uow.conn, reversal, fetched_at=fetched_at)
    found = await kept.find_kept(uow.conn, invoice.id)
    if found is not None:
        await settle_reversals(found, cause=reversal, uow=uow, now=now)


async def _follow_reversals(invoice_id: str, *, uow: UnitOfWork, now: datetime) -> None:
    """Money may have gone back before its invoice brought anything: what it brings goes with it."""
    active = [one for one in await stripe_reversals.reversals_of(uow.conn, invoice_id) if one.active]
    invoice = await kept.find_kept(uow.conn, invoice_id)
    if active and invoice is not None:
        await settle_reversals(invoice, cause=active[-1], uow=uow, now=now)
