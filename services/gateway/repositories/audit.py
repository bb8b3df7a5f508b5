"""The audit log: added to, read by page, and forgotten when it is old."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, cast, delete, func, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import new_id
from services.gateway.domain.audit import Deed, Entry, Sighting, Wanted, deed_at_account
from services.gateway.tables import audit_entries, memberships

_DEED = [audit_entries.c[name] for name in Deed.__dataclass_fields__]
_FORGOTTEN_AT_ONCE = 5000
_ANY_IS = "$.* ? (@ == $id)"


async def add(conn: AsyncConnection, deed: Deed) -> None:
    await conn.execute(audit_entries.insert().values(**{**asdict(deed), "subjects": dict(deed.subjects)}))


async def add_at_account(conn: AsyncConnection, seen: Sighting, *, user_id: UUID, email: str) -> None:
    """In the log of each workspace that the account's owner is a member of, which are few."""
    query = select(memberships.c.workspace_id).where(memberships.c.user_id == user_id)
    for workspace_id in (await conn.execute(query)).scalars().all():
        await add(conn, deed_at_account(seen, id_=new_id(), workspace_id=workspace_id, user_id=user_id, email=email))


async def page(
    conn: AsyncConnection, workspace_id: UUID, wanted: Wanted, *, before: UUID | None, limit: int
) -> Sequence[Entry]:
    """Newest first."""
    query = (
        select(*_DEED, audit_entries.c.at)
        .where(audit_entries.c.workspace_id == workspace_id)
        .order_by(audit_entries.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(audit_entries.c.id < before)
    return [_entry(row) for row in await conn.execute(_that_fit(query, wanted))]


async def forget(conn: AsyncConnection, *, older_than: datetime) -> int:
    """Some thousands of the oldest. Answers how many went."""
    old = select(audit_entries.c.id).where(audit_entries.c.at < older_than).limit(_FORGOTTEN_AT_ONCE)
    return (await conn.execute(delete(audit_entries).where(audit_entries.c.id.in_(old)))).rowcount


def _that_fit(query: Select[Any], wanted: Wanted) -> Select[Any]:
    columns = audit_entries.c
    for column, value in (
        (columns.user_id, wanted.user_id),
        (columns.key_id, wanted.key_id),
        (columns.operation, wanted.operation),
        (columns.outcome, wanted.outcome),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.subject is not None:
        named = cast({"id": wanted.subject}, JSONB)
        query = query.where(func.jsonb_path_exists(columns.subjects, cast(_ANY_IS, JSONPATH), named))
    if wanted.since is not None:
        query = query.where(columns.at >= wanted.since)
    return query if wanted.until is None else query.where(columns.at < wanted.until)


def _entry(row: Row[Any]) -> Entry:
    *deed, at = row
    return Entry(Deed(*deed), at)
