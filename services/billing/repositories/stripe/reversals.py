"""What took the money of an invoice back, and which refunds operators asked for. Written under the account's lock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.stripe.reversals import Reversal
from services.billing.tables import stripe_refund_requests, stripe_reversals

_COLUMNS = [
    stripe_reversals.c[name]
    for name in ("id", "kind", "invoice_id", "amount_minor", "status", "active", "reason", "told_at")
]


@dataclass(frozen=True)
class RefundWish:
    """What an operator asked for under a key, and which refund it became."""

    invoice_id: str
    amount: int | None
    reason: str
    refund_id: str | None
    refunded: int | None


async def find_reversal(conn: AsyncConnection, reversal_id: str) -> tuple[Reversal, datetime] | None:
    """A reversal as it is kept, and when Stripe was asked about it."""
    row = (
        await conn.execute(select(*_COLUMNS, stripe_reversals.c.fetched_at).where(stripe_reversals.c.id == reversal_id))
    ).one_or_none()
    return None if row is None else (_reversal(row), row.fetched_at)


async def keep_reversal(conn: AsyncConnection, reversal: Reversal, *, fetched_at: datetime) -> None:
    """Keep a reversal in the state that it was found in."""
    state = {
        "amount_minor": reversal.amount,
        "status": reversal.status,
        "active": reversal.active,
        "reason": reversal.reason,
        "fetched_at": fetched_at,
    }
    fresh = insert(stripe_reversals).values(
        id=reversal.id,
        kind=reversal.kind,
        invoice_id=reversal.invoice_id,
        told_at=reversal.told_at,
        **state,
    )
    await conn.execute(fresh.on_conflict_do_update(index_elements=["id"], set_=state))


async def reversals_of(conn: AsyncConnection, invoice_id: str) -> list[Reversal]:
    """All of an invoice's, the first that was told of first."""
    rows = await conn.execute(
        select(*_COLUMNS)
        .where(stripe_reversals.c.invoice_id == invoice_id)
        .order_by(stripe_reversals.c.told_at, stripe_reversals.c.id)
    )
    return [_reversal(row) for row in rows]


async def reversed_among(conn: AsyncConnection, invoice_ids: Sequence[str]) -> list[str]:
    """Which of these invoices have active reversals."""
    found = await conn.execute(
        select(stripe_reversals.c.invoice_id)
        .where(stripe_reversals.c.invoice_id.in_(invoice_ids), stripe_reversals.c.active)
        .distinct()
        .order_by(stripe_reversals.c.invoice_id)
    )
    return list(found.scalars())


def _reversal(row: Row[Any]) -> Reversal:
    return Reversal(row.id, row.kind, row.invoice_id, row.amount_minor, row.status, row.active, row.reason, row.told_at)


async def next_claw(conn: AsyncConnection, reversal_id: str) -> int:
    """The number of the next movement that takes credits for it, from 1."""
    found = await conn.execute(
        update(stripe_reversals)
        .where(stripe_reversals.c.id == reversal_id)
        .values(claws=stripe_reversals.c.claws + 1)
        .returning(stripe_reversals.c.claws)
    )
    return found.scalar_one()


async def note_moved(conn: AsyncConnection, reversal_id: str, *, recalled: int = 0, returned: int = 0) -> None:
    """Add up what was taken for a reversal, and what was given back when it fell away."""
    await conn.execute(
        update(stripe_reversals)
        .where(stripe_reversals.c.id == reversal_id)
        .values(
            recalled_credits=stripe_reversals.c.recalled_credits + recalled,
            returned_credits=stripe_reversals.c.returned_credits + returned,
        )
    )


async def ask_refund(
    conn: AsyncConnection, key: str, *, invoice_id: str, amount: int | None, reason: str, actor: str
) -> RefundWish:
    """Keep a wish under its key, for ever. Answers the one that was kept first."""
    columns = stripe_refund_requests.c
    await conn.execute(
        insert(stripe_refund_requests)
        .values(idempotency_key=key, invoice_id=invoice_id, amount_minor=amount, reason=reason, actor=actor)
        .on_conflict_do_nothing()
    )
    names = (columns.invoice_id, columns.amount_minor, columns.reason, columns.refund_id, columns.refunded_minor)
    row = (await conn.execute(select(*names).where(columns.idempotency_key == key))).one()
    return RefundWish(*row)


async def note_refund(conn: AsyncConnection, key: str, *, refund_id: str, amount: int) -> None:
    """Keep which refund a wish became."""
    await conn.execute(
        update(stripe_refund_requests)
        .where(stripe_refund_requests.c.idempotency_key == key)
        .values(refund_id=refund_id, refunded_minor=amount)
    )
