"""Forgetting somebody in the tables that every service has: messages that could not be handled, and answers kept for repeats.

The outbox is not gone through: what was published goes after a day by itself.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, Text, and_, cast, exists, func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import repeats
from libs.common.naming import ERASED, pattern_of
from libs.common.tables import CommonTables

_EMPTY = b"{}"


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
    return (await conn.execute(query.values(**_emptied(letters)))).rowcount


async def forget_letters_of(conn: AsyncConnection, letters: Table, *, queue: str, rows: Select[Any, Any]) -> int:
    """Empty a queue's dead letters that speak of any of these rows, each a job's id and `row_no`: what is said of a row names
    its person without an address. Answers how many there were."""
    of = rows.subquery("of")
    job_id, row_no = of.c
    body = func.encode(letters.c.body, "escape")
    speaks = (
        func.strpos(body, cast(job_id, Text)) > 0,
        body.regexp_match(func.concat('"row_no": ?', cast(row_no, Text), "[,}]")),
    )
    mine = (letters.c.queue == queue, letters.c.body != _EMPTY, exists().where(*speaks).select_from(of))
    return (await conn.execute(update(letters).where(*mine).values(**_emptied(letters)))).rowcount


def _emptied(letters: Table) -> dict[str, Any]:
    return {
        "body": _EMPTY,
        "headers": {},
        "first_error": ERASED,
        "last_error": ERASED,
        "resolution": func.coalesce(letters.c.resolution, "discarded"),
        "resolved_at": func.coalesce(letters.c.resolved_at, func.now()),
    }


def names(words: ColumnElement[str], address: str) -> ColumnElement[bool]:
    """Whether words in lower case, also of JSON or of escaped bytes, hold an address, and not as a part of a longer one."""
    return and_(func.strpos(words, address) > 0, words.regexp_match(pattern_of(address)))
