"""Forgetting somebody in the tables that every service has: messages that could not be handled, and answers kept for repeats.

The outbox is not gone through: what was published goes after a day by itself.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import repeats
from libs.common.naming import pattern_of
from libs.common.tables import CommonTables

ERASED = "erased"
"""What stands where words were."""


async def forget_mentions(conn: AsyncConnection, tables: CommonTables, *, tenant_id: UUID, address: str) -> int:
    """Empty the tenant's dead letters that name the address (lower case, ASCII), and delete kept answers that do; answers how
    many there were. An emptied letter counts as discarded: there is nothing in it to replay."""
    emptied = await _empty_letters(conn, tables.dead_letters, tenant_id=tenant_id, address=address)
    if tables.repeated_requests is None:
        return emptied
    return emptied + await repeats.forget(conn, tables.repeated_requests, workspace_id=tenant_id, naming=address)


async def _empty_letters(conn: AsyncConnection, letters: Table, *, tenant_id: UUID, address: str) -> int:
    # As text of ASCII alone: what is filed may be no Unicode.
    body = func.lower(func.encode(letters.c.body, "escape"))
    query = update(letters).where(letters.c.tenant_id == tenant_id, names(body, address))
    emptied = query.values(
        body=b"{}",
        headers={},
        first_error=ERASED,
        last_error=ERASED,
        resolution=func.coalesce(letters.c.resolution, "discarded"),
        resolved_at=func.coalesce(letters.c.resolved_at, func.now()),
    )
    return (await conn.execute(emptied)).rowcount


def names(words: ColumnElement[str], address: str) -> ColumnElement[bool]:
    """Whether words in lower case, also of JSON or of escaped bytes, hold an address, and not as a part of a longer one."""
    return and_(func.strpos(words, address) > 0, words.regexp_match(pattern_of(address)))
