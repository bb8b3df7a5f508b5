"""What belongs to a workspace, table by table: what leaves with an export, and what goes when the workspace is deleted.

Each service names all of its tables once (`services/<name>/belongings.py`); a test holds the list to the tables there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, LargeBinary, Table, any_, delete, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

NEVER_TOLD = frozenset(
    {
        *("key", "idempotency_key", "sealed_with", "old_sealed_with", "lease_token", "merge_token", "fencing_token"),
        *("lease", "lease_until", "storage_key", "segment_key", "fingerprint", "request_fingerprint"),
    }
)
"""Columns by which the installation works, whatever their table is. What is stored as bytes is told nowhere either: digests,
and what is sealed."""


@dataclass(frozen=True)
class Part:
    """A table with rows of workspaces. `by` is the column that names the workspace; with `parent`, what `parent_key` is in that
    table.

    `kept` says why its rows stay when the workspace is deleted, `untold` why no export has them; empty: they go, and are told.
    `secret` columns are in no export, beside those of `NEVER_TOLD`.
    """

    table: Table
    by: str = "workspace_id"
    parent: Table | None = None
    parent_key: str = "id"
    kept: str = ""
    untold: str = ""
    secret: frozenset[str] = frozenset()

    @property
    def columns(self) -> list[Column[Any]]:
        """Those that an export has."""
        hidden = self.secret | NEVER_TOLD
        return [one for one in self.table.c if one.name not in hidden and not isinstance(one.type, LargeBinary)]


@dataclass(frozen=True)
class Belongings:
    """All tables of a service: `parts`, in the order in which they are erased, and those that hold nothing of anybody's, each
    with the reason."""

    service: str
    parts: Sequence[Part]
    nobodys: Mapping[str, str] = field(default_factory=dict)

    @property
    def erased(self) -> list[Part]:
        """What goes when a workspace is deleted."""
        return [part for part in self.parts if not part.kept]

    @property
    def told(self) -> list[Part]:
        """What an export holds, parents first."""
        return [part for part in reversed(self.parts) if not part.untold]

    def of(self, part: Part, workspace_id: UUID) -> ColumnElement[bool]:
        """Which rows of a table are the workspace's."""
        column = part.table.c[part.by]
        if part.parent is None:
            return column == workspace_id
        above = next(one for one in self.parts if one.table is part.parent)
        keys = select(part.parent.c[part.parent_key]).where(self.of(above, workspace_id))
        return column.in_(keys)


async def erase_some(
    conn: AsyncConnection, belongings: Belongings, part: Part, *, workspace_id: UUID, limit: int
) -> int:
    """Delete some of a workspace's rows; answers how many. By their places on disk: a row that moves meanwhile is found by the
    next look."""
    place = literal_column("ctid")
    some = select(place).select_from(part.table).where(belongings.of(part, workspace_id)).limit(limit)
    gone = await conn.execute(delete(part.table).where(place == any_(func.array(some.scalar_subquery()))))
    return gone.rowcount


async def count_left(conn: AsyncConnection, belongings: Belongings, *, workspace_id: UUID) -> dict[str, int]:
    """How many rows of a workspace there are, by table that has any."""
    found = dict[str, int]()
    for part in belongings.parts:
        query = select(func.count()).select_from(part.table).where(belongings.of(part, workspace_id))
        if count := (await conn.execute(query)).scalar_one():
            found[part.table.name] = count
    return found
