"""Going along an account's chain, a slice at a time: as much memory for ten million entries as for a thousand."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.credits.chain import Broken, Chain, Entry, compare_end, follow
from services.billing.tables import accounts, entries

_SLICE = 2000
_COLUMNS = [entries.c[name] for name in Entry._fields]


async def first_break(conn: AsyncConnection, workspace_id: UUID, *, slice_rows: int = _SLICE) -> Broken | None:
    """The first place at which the account's chain is not what it was; None when it is whole, or there is no account.

    What is written meanwhile is not looked at, so that it needs no snapshot of its own.
    """
    last = select(func.coalesce(func.max(entries.c.place), 0)).where(entries.c.workspace_id == workspace_id)
    query = select(accounts.c.chain_length, accounts.c.chain_head, last.scalar_subquery())
    row = (await conn.execute(query.where(accounts.c.workspace_id == workspace_id))).one_or_none()
    if row is None:
        return None
    kept, last_place = Chain(row[0], row[1]), row[2]
    chain = Chain()
    while chain.length < last_place:
        found = await follow_slice(conn, workspace_id, chain, up_to=last_place, limit=slice_rows)
        if isinstance(found, Broken):
            return found
        if found.length == chain.length:
            break
        chain = found
    return compare_end(chain, kept)


async def follow_slice(
    conn: AsyncConnection, workspace_id: UUID, chain: Chain, *, up_to: int, limit: int
) -> Chain | Broken:
    """Follow at most `limit` entries from where `chain` ends, to no place after `up_to`."""
    rows = await conn.execute(
        select(*_COLUMNS, entries.c.hash)
        .where(entries.c.workspace_id == workspace_id, entries.c.place > chain.length, entries.c.place <= up_to)
        .order_by(entries.c.place)
        .limit(limit)
    )
    return follow(chain, ((Entry._make(row[:-1]), row[-1]) for row in rows))
