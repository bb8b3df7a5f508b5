"""Checkouts that were asked for: what was ordered, and where it is paid."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.selling.plans import ITEMS, Item, PlanItem
from services.billing.tables import stripe_checkouts as checkouts

State = Literal["asked", "open", "closed"]


@dataclass(frozen=True)
class Checkout:
    """One checkout. `asked`: Stripe was asked for it and the answer is not recorded yet."""

    id: UUID
    workspace_id: UUID
    realm: str
    idempotency_key: str
    item: Item
    quantity: int
    price_id: str
    trial_days: int
    asked_by: UUID
    created_at: datetime
    state: State = "asked"
    session_id: str | None = None
    url: str | None = None
    expires_at: datetime | None = None


async def add_checkout(conn: AsyncConnection, checkout: Checkout) -> None:
    """Write one that is asked for."""
    await conn.execute(
        insert(checkouts).values(
            id=checkout.id,
            workspace_id=checkout.workspace_id,
            realm=checkout.realm,
            idempotency_key=checkout.idempotency_key,
            item=checkout.item.name,
            quantity=checkout.quantity,
            price_id=checkout.price_id,
            trial_days=checkout.trial_days,
            state=checkout.state,
            asked_by=checkout.asked_by,
            created_at=checkout.created_at,
        )
    )


async def find_checkout(conn: AsyncConnection, workspace_id: UUID, *, idempotency_key: str) -> Checkout | None:
    """What was asked for under a key."""
    query = select(checkouts).where(
        checkouts.c.workspace_id == workspace_id, checkouts.c.idempotency_key == idempotency_key
    )
    return _read((await conn.execute(query)).one_or_none())


async def unclosed_plan_checkout(conn: AsyncConnection, workspace_id: UUID, *, realm: str) -> Checkout | None:
    """The one checkout of a plan in which somebody may still pay."""
    plans = [name for name, item in ITEMS.items() if isinstance(item, PlanItem)]
    query = select(checkouts).where(
        checkouts.c.workspace_id == workspace_id,
        checkouts.c.realm == realm,
        checkouts.c.state != "closed",
        checkouts.c.item.in_(plans),
    )
    return _read((await conn.execute(query)).one_or_none())


async def record_session(
    conn: AsyncConnection, checkout_id: UUID, *, session_id: str, url: str | None, expires_at: datetime
) -> None:
    """Keep Stripe's answer; without a page to pay on it is closed."""
    await conn.execute(
        update(checkouts)
        .where(checkouts.c.id == checkout_id, checkouts.c.state == "asked")
        .values(session_id=session_id, url=url, expires_at=expires_at, state="open" if url else "closed")
    )


async def close_checkout(conn: AsyncConnection, checkout_id: UUID) -> None:
    """Nobody can pay in it any more."""
    await conn.execute(update(checkouts).where(checkouts.c.id == checkout_id).values(state="closed"))


async def forget_checkout(conn: AsyncConnection, checkout_id: UUID) -> None:
    """Stripe refused it: the key may be used again."""
    await conn.execute(checkouts.delete().where(checkouts.c.id == checkout_id, checkouts.c.state == "asked"))


def _read(row: Row[Any] | None) -> Checkout | None:
    if row is None:
        return None
    return Checkout(
        id=row.id,
        workspace_id=row.workspace_id,
        realm=row.realm,
        idempotency_key=row.idempotency_key,
        item=ITEMS[row.item],
        quantity=row.quantity,
        price_id=row.price_id,
        trial_days=row.trial_days,
        asked_by=row.asked_by,
        created_at=row.created_at,
        state=row.state,
        session_id=row.session_id,
        url=row.url,
        expires_at=row.expires_at,
    )
