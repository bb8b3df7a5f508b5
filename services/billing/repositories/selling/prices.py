"""Our prices on record, as Stripe had them when it was last asked."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.selling.plans import ITEMS, Item
from services.billing.domain.selling.prices import FoundPrice, KeptPrice
from services.billing.tables import stripe_prices as prices


async def keep_price(
    conn: AsyncConnection, item: Item, found: FoundPrice, *, fault: str | None, read_at: datetime
) -> None:
    """Write a price as it was read; a later reading replaces it."""
    values = {
        "item": item.name,
        "currency": found.currency,
        "unit_amount_minor": found.unit_amount or 0,
        "interval": found.interval if found.interval in {"month", "year"} else None,
        "active": found.active,
        "live": found.live,
        "fault": fault,
        "read_at": read_at,
    }
    await conn.execute(
        insert(prices)
        .values(price_id=found.id, **values)
        .on_conflict_do_update(index_elements=["price_id"], set_=values, where=prices.c.read_at <= read_at)
    )


async def note_missing(conn: AsyncConnection, item: Item, price_id: str, *, fault: str, read_at: datetime) -> None:
    """Stripe has no such price (any more): what is on record of it stays, and it is not offered."""
    values = {"item": item.name, "active": False, "fault": fault, "read_at": read_at}
    await conn.execute(
        insert(prices)
        .values(price_id=price_id, currency="", unit_amount_minor=0, live=False, **values)
        .on_conflict_do_update(index_elements=["price_id"], set_=values, where=prices.c.read_at <= read_at)
    )


async def kept_prices(conn: AsyncConnection, price_ids: Collection[str] | None = None) -> Mapping[str, KeptPrice]:
    """Price id → what is on record of it: of those asked for, or of all. Ids that were never ours are left out, and so are
    those whose item is not in the catalogue any more."""
    query = select(prices)
    if price_ids is not None:
        query = query.where(prices.c.price_id.in_(price_ids))
    return {
        row.price_id: KeptPrice(
            row.price_id,
            ITEMS[row.item],
            row.currency,
            row.unit_amount_minor,
            active=row.active,
            live=row.live,
            fault=row.fault,
            read_at=row.read_at,
        )
        for row in await conn.execute(query)
        if row.item in ITEMS
    }
