"""Lists that are to go: who still writes to them, and what is left of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.repositories.arrays import one_of
from services.sender.tables import campaigns, emails, enrolments, leads, line_corrections, lists, recipients

_WRITING = ("starting", "active", "paused")


@dataclass(frozen=True)
class User:
    """A campaign that has not ended."""

    id: UUID
    name: str


@dataclass(frozen=True)
class Leaving:
    """A list that is to go, or whose rows are."""

    list_id: UUID
    workspace_id: UUID


async def lock(conn: AsyncConnection, list_id: UUID, *, workspace_id: UUID) -> str | None:
    """The state of a list of this workspace, which nobody starts a campaign on until the caller's end; None for no list."""
    query = select(lists.c.state).where(lists.c.id == list_id, lists.c.workspace_id == workspace_id)
    return (await conn.execute(query.with_for_update())).scalar_one_or_none()


async def campaigns_on(conn: AsyncConnection, list_id: UUID) -> list[User]:
    """The campaigns that write to it, or may go on to."""
    query = select(campaigns.c.id, campaigns.c.name).where(
        campaigns.c.list_id == list_id, campaigns.c.state.in_(_WRITING)
    )
    return [User(row.id, row.name) for row in await conn.execute(query.order_by(campaigns.c.id))]


async def ask(conn: AsyncConnection, list_id: UUID, *, workspace_id: UUID, now: datetime) -> bool:
    """Note that it is to go. One that has not been heard of is gone already. False when it is another workspace's."""
    unheard = {"id": list_id, "workspace_id": workspace_id, "name": "", "parts_expected": 0, "state": "deleted"}
    unheard |= {"delete_asked_at": now, "erased_at": now}
    await conn.execute(insert(lists).values(unheard).on_conflict_do_nothing())
    mine = (lists.c.id == list_id, lists.c.workspace_id == workspace_id)
    await conn.execute(update(lists).where(*mine, lists.c.delete_asked_at.is_(None)).values(delete_asked_at=now))
    return (await conn.execute(select(lists.c.id).where(*mine))).first() is not None


async def bury(conn: AsyncConnection, list_id: UUID, *, now: datetime) -> None:
    """Nobody sees it any more, and no part of it is taken in; its rows are erased after."""
    values = {"state": "deleted", "name": ""}
    query = update(lists).where(lists.c.id == list_id, lists.c.delete_asked_at.is_(None))
    await conn.execute(query.values(delete_asked_at=now))
    await conn.execute(update(lists).where(lists.c.id == list_id).values(values))


async def leaving(conn: AsyncConnection, *, limit: int) -> list[Leaving]:
    """Lists that can go, or whose rows can be erased; the oldest first. Those somebody writes to wait without a turn."""
    in_use = exists().where(campaigns.c.list_id == lists.c.id, campaigns.c.state.in_(_WRITING))
    query = select(lists.c.id, lists.c.workspace_id).where(
        lists.c.delete_asked_at.is_not(None), lists.c.erased_at.is_(None), or_(lists.c.state == "deleted", ~in_use)
    )
    return [Leaving(row.id, row.workspace_id) for row in await conn.execute(query.order_by(lists.c.id).limit(limit))]


async def erase_rows(conn: AsyncConnection, list_id: UUID, *, limit: int) -> list[UUID | None]:
    """Erase some rows; answers whose they were. Enrolments keep their address and number, and name no row any more."""
    some = select(recipients.c.id).where(recipients.c.list_id == list_id).limit(limit)
    gone = delete(recipients).where(recipients.c.id.in_(some)).returning(recipients.c.lead_id)
    return list((await conn.execute(gone)).scalars())


async def erase_people(conn: AsyncConnection, lead_ids: Sequence[UUID]) -> int:
    """Erase those of whom nothing tells any more; answers how many. Whom a list that arrives has just named are passed over."""
    free = select(leads.c.id).where(one_of(leads.c.id, lead_ids)).order_by(leads.c.id).with_for_update(skip_locked=True)
    ids = list((await conn.execute(free)).scalars())
    # In a statement of its own: rows that came before the locks are seen, and none can come after them.
    told = (exists().where(table.c.lead_id == leads.c.id) for table in (recipients, enrolments, emails))
    query = delete(leads).where(one_of(leads.c.id, ids), *(~tells for tells in told))
    return (await conn.execute(query)).rowcount


async def note_erased(conn: AsyncConnection, list_id: UUID, *, now: datetime) -> None:
    """Nothing of it is left but that it was there."""
    await conn.execute(delete(line_corrections).where(line_corrections.c.list_id == list_id))
    await conn.execute(update(lists).where(lists.c.id == list_id).values(erased_at=now))
