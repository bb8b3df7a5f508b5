"""Invoices as their customers see them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.tables import stripe_invoices

_SHOWN = (
    "id",
    "number",
    "status",
    "currency",
    "total_minor",
    "paid_minor",
    "tax_minor",
    "hosted_url",
    "pdf_url",
    "granted_credits",
    "recalled_credits",
    "issued_at",
    "paid_at",
)


@dataclass(frozen=True)
class ShownInvoice:
    """An invoice as its customer sees it."""

    id: str
    number: str
    status: str
    currency: str
    total_minor: int
    paid_minor: int
    tax_minor: int
    hosted_url: str | None
    pdf_url: str | None
    granted_credits: int
    recalled_credits: int
    issued_at: datetime
    paid_at: datetime | None


async def invoices_page(
    conn: AsyncConnection, workspace_id: UUID, *, before: str | None, limit: int
) -> list[ShownInvoice]:
    """A workspace's invoices that were issued, the last first, beginning after the invoice `before`."""
    columns = stripe_invoices.c
    query = select(*(columns[name] for name in _SHOWN)).where(
        columns.workspace_id == workspace_id, columns.status != "draft"
    )
    if before is not None:
        last = select(columns.issued_at).where(columns.id == before, columns.workspace_id == workspace_id)
        at = last.scalar_subquery()
        query = query.where((columns.issued_at < at) | ((columns.issued_at == at) & (columns.id < before)))
    rows = await conn.execute(query.order_by(columns.issued_at.desc(), columns.id.desc()).limit(limit))
    return [ShownInvoice(*row) for row in rows]
