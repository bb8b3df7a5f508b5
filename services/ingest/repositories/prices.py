"""Billing's price lists as far as ingest has heard of them."""

from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import Conflict, Transient
from services.ingest.domain.quotes import Price
from services.ingest.tables import price_lists

_NAMES = ("version", "credits_per_row", "credits_per_lead", "credits_per_column")
_COLUMNS = [price_lists.c[name] for name in _NAMES]


async def note(conn: AsyncConnection, price: Price) -> None:
    """Keep a version. Raises Conflict when it is known with another price: versions do not change."""
    await conn.execute(insert(price_lists).values(**asdict(price)).on_conflict_do_nothing())
    known = (await conn.execute(select(*_COLUMNS).where(price_lists.c.version == price.version))).one()
    if (was := Price(*known)) != price:
        msg = f"price list {price.version} is known with {_told(was)}, not with {_told(price)}"
        raise Conflict(msg, code="price_list_differs")


async def newest(conn: AsyncConnection) -> Price:
    """The price list in force. Raises Transient before billing has published one."""
    row = (await conn.execute(select(*_COLUMNS).order_by(price_lists.c.version.desc()).limit(1))).first()
    if row is None:
        msg = "there is no price list yet: billing has not published one"
        raise Transient(msg, code="prices_unknown")
    return Price(*row)


def _told(price: Price) -> str:
    return (
        f"{price.credits_per_row} credits per row, {price.credits_per_column} per extra column,"
        f" {price.credits_per_lead} per lead"
    )
