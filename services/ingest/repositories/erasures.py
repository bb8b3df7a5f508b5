"""Who is to be erased, which uploads have been gone through for them, and which rows are empty because of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.tables import erasures, uploads


@dataclass(frozen=True)
class Erasing:
    """Somebody who is to be erased. `email` is normalised; `after_upload_id` is the upload that was gone through last."""

    id: UUID
    workspace_id: UUID
    email: str
    after_upload_id: UUID | None
    erased: Mapping[str, int]
    asked_at: datetime


_COLUMNS = [erasures.c[name] for name in Erasing.__dataclass_fields__]


async def note(conn: AsyncConnection, erasure_id: UUID, *, workspace_id: UUID, email: str) -> bool:
    """Key: the erasure. False when it is known."""
    query = insert(erasures).values(id=erasure_id, workspace_id=workspace_id, email=email)
    return (await conn.execute(query.on_conflict_do_nothing())).rowcount == 1


async def next_ones(conn: AsyncConnection, *, without: Collection[UUID], limit: int) -> list[Erasing]:
    """Of those that are not done the oldest of each workspace but some."""
    query = select(*_COLUMNS).where(erasures.c.done_at.is_(None), erasures.c.workspace_id.not_in(without))
    query = query.ext(distinct_on(erasures.c.workspace_id))
    query = query.order_by(erasures.c.workspace_id, erasures.c.id).limit(limit)
    return [Erasing(*row) for row in await conn.execute(query)]


async def next_upload(conn: AsyncConnection, wish: Erasing) -> tuple[UUID, str, int] | None:
    """The upload to go through next, in the order of their ids, its state, and how often it was read again."""
    query = select(uploads.c.id, uploads.c.state, uploads.c.reading_no).where(
        uploads.c.workspace_id == wish.workspace_id
    )
    if wish.after_upload_id is not None:
        query = query.where(uploads.c.id > wish.after_upload_id)
    row = (await conn.execute(query.order_by(uploads.c.id).limit(1))).one_or_none()
    return None if row is None else (row.id, row.state, row.reading_no)


async def note_upload(conn: AsyncConnection, wish: Erasing, upload_id: UUID, *, found: Mapping[str, int]) -> Erasing:
    """An upload has been gone through, and had so much of the person; answers how far it is."""
    counts = {kind: wish.erased.get(kind, 0) + found.get(kind, 0) for kind in {*wish.erased, *found}}
    erased = {kind: count for kind, count in sorted(counts.items()) if count}
    query = update(erasures).where(erasures.c.id == wish.id, erasures.c.done_at.is_(None))
    await conn.execute(query.values(after_upload_id=upload_id, erased=erased))
    return replace(wish, after_upload_id=upload_id, erased=erased)


async def finish(conn: AsyncConnection, erasure_id: UUID, *, erased: Mapping[str, int], now: datetime) -> bool:
    """The address is forgotten. False when somebody was faster."""
    query = update(erasures).where(erasures.c.id == erasure_id, erasures.c.done_at.is_(None))
    return (await conn.execute(query.values(email=None, erased=dict(erased), done_at=now))).rowcount == 1
