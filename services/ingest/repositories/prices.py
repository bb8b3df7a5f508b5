"""Billing's price lists as far as ingest has heard of them."""

from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import Conflict, Transient
from services.ingest.domain.quotes import Price
from services.ingest.tables import price_lists

_COLUMNS = (price_lists.c.version, price_lists.c.credits_per_row, price_lists.c.credits_per_lead)


async def note(conn: AsyncConnection, price: Price) -> None:
    """Keep a version. Raises Conflict when it is known with another price: versions do not change."""
    await conn.execute(insert(price_lists).values(**asdict(price)).on_conflict_do_nothing())
    known = (await conn.execute(select(*_COLUMNS).where(price_lists.c.version == price.version))).one()
    if (was := Price(*known)) != price:
        msg = (
            f"price list {price.version} is known with {was.credits_per_row} credits per row and {was.credits_per_lead}"
            f" per lead, not {price.credits_per_row} and {price.credits_per_lead}"
        )
        raise Conflict(msg, code="price_list_differs")


async def newest(conn: AsyncConnection) -> Price:
    """The price list in force. Raises Transient before billing has published one."""
    row = (await conn.execute(select(*_COLUMNS).order_by(price_lists.c.version.desc()).limit(1))).first()
    if row is None:
        msg = "there is no price list yet: billing has not published one"
        raise Transient(msg, code="prices_unknown")
    return Price(*row)
