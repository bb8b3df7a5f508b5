"""The versions of the price list. One that is there never changes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.tables import price_lists

_COLUMNS = [
    price_lists.c[name]
    for name in ("version", "credits_per_row", "credits_per_lead", "credits_per_column", "reason", "created_at")
]


@dataclass(frozen=True)
class PriceList:
    """A version: whole credits per delivered row, per revealed lead, and per row and extra column on top of the row."""

    version: int
    credits_per_row: int
    credits_per_lead: int
    credits_per_column: int
    reason: str
    created_at: datetime


async def newest(conn: AsyncConnection) -> PriceList:
    """The version that jobs are made at from now on."""
    return (await history(conn, limit=1))[0]


async def history(conn: AsyncConnection, *, limit: int) -> Sequence[PriceList]:
    """The versions, newest first."""
    rows = await conn.execute(select(*_COLUMNS).order_by(price_lists.c.version.desc()).limit(limit))
    return [PriceList(*row) for row in rows]


async def add(conn: AsyncConnection, prices: PriceList, *, actor: str) -> PriceList:
    """Write a version; answers with what stands under its number, which is another's when somebody was faster."""
    await conn.execute(insert(price_lists).values(**asdict(prices), actor=actor).on_conflict_do_nothing())
    row = (await conn.execute(select(*_COLUMNS).where(price_lists.c.version == prices.version))).one()
    return PriceList(*row)
