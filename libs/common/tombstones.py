"""Workspaces that were deleted: a row for ever, so that whatever is late for one brings nothing back."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from sqlalchemy import BigInteger, Table, Text, cast, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

WATCHED = timedelta(days=31)
"""For so long messages of before may be replayed, and what they bring is erased again. Inboxes remember for 30 days."""
_FRESH_S = 1.0


@dataclass(frozen=True)
class Tombstone:
    """A deleted workspace. `erased` counts what has gone, by table; `erased_at` is when there was nothing left."""

    workspace_id: UUID
    deleted_at: datetime
    erased: Mapping[str, int]
    erased_at: datetime | None


async def bury(conn: AsyncConnection, table: Table, workspace_id: UUID) -> bool:
    """Key: the workspace. False when it was deleted already."""
    return (await conn.execute(insert(table).values(workspace_id=workspace_id).on_conflict_do_nothing())).rowcount == 1


async def is_deleted(conn: AsyncConnection, table: Table, workspace_id: UUID) -> bool:
    """Whether a workspace was deleted."""
    query = select(table.c.workspace_id).where(table.c.workspace_id == workspace_id)
    return (await conn.execute(query)).first() is not None


async def to_erase(conn: AsyncConnection, table: Table, *, now: datetime, looked_before: datetime) -> list[Tombstone]:
    """Those with something left, and for a month those that nobody has looked at since an instant. Whoever was looked at least
    lately comes first, so that no number of them that cannot go on keeps the others waiting."""
    columns = [table.c[name] for name in Tombstone.__dataclass_fields__]
    due = or_(table.c.looked_at.is_(None), table.c.looked_at < looked_before)
    watched = (table.c.deleted_at > now - WATCHED) & due
    query = select(*columns).where(or_(table.c.erased_at.is_(None), watched)).limit(20)
    query = query.order_by(table.c.looked_at.nulls_first(), table.c.deleted_at)
    return [Tombstone(*row) for row in await conn.execute(query)]


async def count(conn: AsyncConnection, table: Table, workspace_id: UUID, *, name: str, rows: int) -> None:
    """Some rows of a table have gone."""
    so_far = func.coalesce(cast(table.c.erased[name].as_string(), BigInteger), 0)
    erased = table.c.erased.op("||")(func.jsonb_build_object(cast(name, Text), so_far + rows))
    await conn.execute(update(table).where(table.c.workspace_id == workspace_id).values(erased=erased))


async def note_look(conn: AsyncConnection, table: Table, workspace_id: UUID, *, now: datetime) -> None:
    """Somebody has looked what is left."""
    await conn.execute(update(table).where(table.c.workspace_id == workspace_id).values(looked_at=now))


async def finish(conn: AsyncConnection, table: Table, workspace_id: UUID, *, now: datetime) -> Mapping[str, int] | None:
    """Nothing is left: once. Answers what has gone; None when it was finished before."""
    mine = update(table).where(table.c.workspace_id == workspace_id, table.c.erased_at.is_(None))
    row = (await conn.execute(mine.values(erased_at=now, looked_at=now).returning(table.c.erased))).one_or_none()
    return None if row is None else dict(row.erased)


class Deleted:
    """The workspaces that were deleted in the last month, as this process knows them: at most a second old, and read once in
    that second, however many messages ask. What slips through meanwhile is erased with the rest."""

    def __init__(self, table: Table, alone: Callable[[], AbstractAsyncContextManager[AsyncConnection]]) -> None:
        self._table = table
        self._alone = alone
        self._known = frozenset[UUID]()
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def has(self, workspace_id: UUID | None) -> bool:
        """Whether a workspace was deleted."""
        if workspace_id is None:
            return False
        if not self._is_fresh():
            async with self._reading:
                # Whoever had it before has read it for all who waited.
                if not self._is_fresh():
                    await self._read()
        return workspace_id in self._known

    def _is_fresh(self) -> bool:
        return monotonic() - self._read_at <= _FRESH_S

    async def _read(self) -> None:
        began = monotonic()
        query = select(self._table.c.workspace_id).where(self._table.c.deleted_at > func.now() - WATCHED)
        async with self._alone() as conn:
            self._known = frozenset((await conn.execute(query)).scalars())
        self._read_at = began
