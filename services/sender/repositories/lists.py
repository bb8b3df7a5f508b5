"""Lists as they arrive part by part, and as they go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import case, false, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.repositories.arrays import one_of
from services.sender.tables import list_parts, lists, workspaces


@dataclass(frozen=True)
class ListRow:
    """A list of recipients. Its id is the job's or the upload's. `keeps_roles`: role addresses are written to as well."""

    id: UUID
    name: str
    state: str
    parts_expected: int
    parts_received: int
    recipients_count: int
    sandboxed_count: int
    keeps_roles: bool
    created_at: datetime
    ready_at: datetime | None
    delete_asked_at: datetime | None


_LIST_COLUMNS = [lists.c[name] for name in ListRow.__dataclass_fields__]


async def open_list(
    conn: AsyncConnection, *, list_id: UUID, workspace_id: UUID, name: str, parts: int
) -> ListRow | Literal["mismatch", "deleted"]:
    """Make the list if it is new, and lock it. A mismatch: it is another workspace's, or announces another size."""
    keeps_roles = select(workspaces.c.keeps_roles).where(workspaces.c.id == workspace_id).scalar_subquery()
    values = {
        "id": list_id,
        "workspace_id": workspace_id,
        "name": name,
        "parts_expected": parts,
        "keeps_roles": func.coalesce(keeps_roles, false()),
    }
    await conn.execute(insert(lists).values(values).on_conflict_do_nothing())
    query = select(lists.c.workspace_id, *_LIST_COLUMNS).where(lists.c.id == list_id)
    query = query.with_for_update(key_share=True)
    row = dict((await conn.execute(query)).mappings().one())
    mine = row.pop("workspace_id") == workspace_id
    if mine and row["state"] == "deleted":
        return "deleted"
    return ListRow(**row) if mine and row["parts_expected"] == parts else "mismatch"


async def add_part(conn: AsyncConnection, *, list_id: UUID, part_no: int) -> bool:
    """False when this part is in already."""
    query = insert(list_parts).values(list_id=list_id, part_no=part_no).on_conflict_do_nothing()
    return (await conn.execute(query)).rowcount == 1


@dataclass(frozen=True)
class PartCounts:
    """What a part added to its list."""

    recipients: int
    sandboxed: int


async def count_part(conn: AsyncConnection, list_id: UUID, *, parts: int, counts: PartCounts, now: datetime) -> None:
    """Take stock after `parts` (0 or 1) new parts: the list is ready when all are in."""
    received = lists.c.parts_received + parts
    complete = received >= lists.c.parts_expected
    await conn.execute(
        update(lists)
        .where(lists.c.id == list_id)
        .values(
            parts_received=received,
            state=case((complete, "ready"), else_="receiving"),
            ready_at=case((complete, func.coalesce(lists.c.ready_at, now)), else_=None),
            recipients_count=lists.c.recipients_count + counts.recipients,
            sandboxed_count=lists.c.sandboxed_count + counts.sandboxed,
        )
    )


async def load_list(conn: AsyncConnection, *, workspace_id: UUID, list_id: UUID, lock: bool = False) -> ListRow | None:
    """A list of this workspace that is not deleted. `lock`: it is not deleted before the caller's end."""
    mine = (lists.c.workspace_id == workspace_id, lists.c.id == list_id, lists.c.state != "deleted")
    query = select(*_LIST_COLUMNS).where(*mine)
    row = (await conn.execute(query.with_for_update(read=True, key_share=True) if lock else query)).mappings().first()
    return ListRow(**row) if row else None


async def row_counts(conn: AsyncConnection, list_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many rows lists have."""
    query = select(lists.c.id, lists.c.recipients_count).where(one_of(lists.c.id, list_ids))
    return {row.id: row.recipients_count for row in await conn.execute(query)} if list_ids else {}


async def page_lists(conn: AsyncConnection, *, workspace_id: UUID, before: UUID | None, limit: int) -> list[ListRow]:
    """The workspace's lists, newest first, below a cursor."""
    below = [lists.c.id < before] if before else []
    query = select(*_LIST_COLUMNS).where(lists.c.workspace_id == workspace_id, lists.c.state != "deleted", *below)
    rows = await conn.execute(query.order_by(lists.c.id.desc()).limit(limit))
    return [ListRow(**row) for row in rows.mappings()]


async def rename(conn: AsyncConnection, list_id: UUID, *, name: str) -> None:
    """The list is called this, also when more of its parts arrive."""
    await conn.execute(update(lists).where(lists.c.id == list_id).values(name=name))


async def set_keeps_roles(conn: AsyncConnection, list_id: UUID, *, keeps_roles: bool) -> None:
    """What holds of role addresses, also for parts that arrive after."""
    await conn.execute(update(lists).where(lists.c.id == list_id).values(keeps_roles=keeps_roles))
