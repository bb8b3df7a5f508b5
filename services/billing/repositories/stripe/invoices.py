"""Invoices as Stripe told of them, the credits they brought, and what took those back. Written under the account's lock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.stripe.crediting import Contradiction, Worth
from services.billing.domain.stripe.high_water import Counted
from services.billing.domain.stripe.invoices import Invoice, place_in_time
from services.billing.domain.stripe.reversals import Standing
from services.billing.tables import stripe_grants, stripe_invoice_lines, stripe_invoices

_WORTH = ("line_id", "kind", "item", "quantity", "amount_minor", "credits", "starts_at", "ends_at")
_OF_THE_PLAN = ("plan", "proration")


@dataclass(frozen=True)
class KeptInvoice:
    """What has been made of an invoice. `money` is what its credits cost."""

    id: str
    workspace_id: UUID
    subscription_id: str | None
    status: str
    money: int
    standing: Standing
    refusal: tuple[str, str] | None


async def keep_invoice(
    conn: AsyncConnection, invoice: Invoice, *, workspace_id: UUID, refusal: Contradiction | None, fetched_at: datetime
) -> bool:
    """Keep an invoice in the state that it was found in. False when somebody has asked later and kept that."""
    state = {
        "status": invoice.status,
        "number": invoice.number,
        "total_minor": invoice.total,
        "paid_minor": invoice.paid,
        "tax_minor": invoice.tax,
        "hosted_url": invoice.hosted_url,
        "pdf_url": invoice.pdf_url,
        "refused_code": refusal.code if refusal else None,
        "refused_reason": refusal.message if refusal else None,
        "issued_at": invoice.issued_at,
        "paid_at": invoice.paid_at,
        "fetched_at": fetched_at,
    }
    fresh = insert(stripe_invoices).values(
        id=invoice.id,
        workspace_id=workspace_id,
        customer_id=invoice.customer_id,
        subscription_id=invoice.subscription_id,
        currency=invoice.currency,
        **state,
    )
    done = await conn.execute(
        fresh.on_conflict_do_update(
            index_elements=["id"], set_=state, where=stripe_invoices.c.fetched_at <= fresh.excluded.fetched_at
        )
    )
    return done.rowcount == 1


async def find_kept(conn: AsyncConnection, invoice_id: str) -> KeptInvoice | None:
    """What has been made of an invoice."""
    columns = stripe_invoices.c
    row = (await conn.execute(select(stripe_invoices).where(columns.id == invoice_id))).one_or_none()
    if row is None:
        return None
    return KeptInvoice(
        row.id,
        row.workspace_id,
        row.subscription_id,
        row.status,
        max(row.total_minor, row.paid_minor),
        Standing(row.granted_credits, row.taken_credits, row.recalled_credits),
        (row.refused_code, row.refused_reason) if row.refused_code else None,
    )


async def owners_of(conn: AsyncConnection, invoice_ids: Sequence[str]) -> set[UUID]:
    """The workspaces that these invoices are kept for."""
    found = await conn.execute(
        select(stripe_invoices.c.workspace_id).where(stripe_invoices.c.id.in_(invoice_ids)).distinct()
    )
    return set(found.scalars())


async def accepted(conn: AsyncConnection, invoice_ids: Sequence[str]) -> set[str]:
    """Which of these invoices have been looked at and found right: their lines are kept."""
    found = await conn.execute(
        select(stripe_invoice_lines.c.invoice_id).where(stripe_invoice_lines.c.invoice_id.in_(invoice_ids)).distinct()
    )
    return set(found.scalars())


async def add_lines(conn: AsyncConnection, invoice_id: str, lines: Sequence[Worth]) -> None:
    """Keep what an invoice's lines stand for, once: a later catalogue changes nothing about them."""
    values = [
        {
            "invoice_id": invoice_id,
            "line_id": one.line_id,
            "kind": one.kind,
            "item": one.item,
            "quantity": one.quantity,
            "amount_minor": one.amount,
            "credits": one.credits,
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
        }
        for one in lines
    ]
    if values:
        await conn.execute(insert(stripe_invoice_lines).on_conflict_do_nothing(), values)


async def lines_of(
    conn: AsyncConnection, *, invoice_id: str | None = None, subscription_id: str | None = None
) -> list[Worth]:
    """The lines of an invoice, or of all a subscription's."""
    query = select(*(stripe_invoice_lines.c[name] for name in _WORTH))
    if invoice_id is not None:
        query = query.where(stripe_invoice_lines.c.invoice_id == invoice_id)
    if subscription_id is not None:
        query = query.join(stripe_invoices, stripe_invoices.c.id == stripe_invoice_lines.c.invoice_id).where(
            stripe_invoices.c.subscription_id == subscription_id
        )
    rows = await conn.execute(query.order_by(stripe_invoice_lines.c.starts_at, stripe_invoice_lines.c.line_id))
    return [Worth(*row) for row in rows]


async def counted(conn: AsyncConnection, subscription_id: str) -> list[Counted]:
    """A subscription's accepted invoices: what their plan lines sum up to, and what was granted for that."""
    lines, invoices = stripe_invoice_lines.c, stripe_invoices.c
    of_the_plan = func.sum(case((lines.kind.in_(_OF_THE_PLAN), lines.credits), else_=0))
    columns = (invoices.id, invoices.paid_at, invoices.issued_at, invoices.number, invoices.plan_credits)
    rows = await conn.execute(
        select(*columns, of_the_plan.label("credits"))
        .join(stripe_invoice_lines, lines.invoice_id == invoices.id)
        .where(invoices.subscription_id == subscription_id)
        .group_by(*columns)
    )
    return [
        Counted(
            row.id, place_in_time(row.paid_at, row.issued_at, row.number, row.id), int(row.credits), row.plan_credits
        )
        for row in rows
    ]


async def add_grant(
    conn: AsyncConnection, invoice_id: str, business_key: str, *, cause: str, paid: int = 0, of_the_plan: int = 0
) -> None:
    """Note a grant that an invoice brought; `paid` credits for its money, or none where credits were returned."""
    place = select(func.count()).where(stripe_grants.c.invoice_id == invoice_id).scalar_subquery()
    await conn.execute(
        insert(stripe_grants).values(invoice_id=invoice_id, business_key=business_key, cause=cause, place=place)
    )
    await conn.execute(
        update(stripe_invoices)
        .where(stripe_invoices.c.id == invoice_id)
        .values(
            granted_credits=stripe_invoices.c.granted_credits + paid,
            plan_credits=stripe_invoices.c.plan_credits + of_the_plan,
        )
    )


async def grants_of(conn: AsyncConnection, invoice_id: str) -> list[str]:
    """The business keys of the grants that an invoice brought, in the order they are taken from."""
    found = await conn.execute(
        select(stripe_grants.c.business_key)
        .where(stripe_grants.c.invoice_id == invoice_id)
        .order_by(stripe_grants.c.place)
    )
    return list(found.scalars())


async def set_standing(conn: AsyncConnection, invoice_id: str, *, taken: int, recalled: int) -> None:
    """Keep how much of an invoice's credits is taken back, and how much of that was there."""
    await conn.execute(
        update(stripe_invoices)
        .where(stripe_invoices.c.id == invoice_id)
        .values(taken_credits=taken, recalled_credits=recalled)
    )
