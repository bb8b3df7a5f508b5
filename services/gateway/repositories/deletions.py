"""Workspaces that were deleted, and which services have nothing left of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.tables import api_keys, deletion_answers, deletions, invitations, mails, memberships


@dataclass(frozen=True)
class Deletion:
    """A deleted workspace; `notify` is the address of who did it, until all of it is gone."""

    workspace_id: UUID
    deleted_by: UUID
    notify: str | None
    deleted_at: datetime
    done_at: datetime | None


_COLUMNS = [deletions.c[name] for name in Deletion.__dataclass_fields__]


async def add(conn: AsyncConnection, workspace_id: UUID, *, deleted_by: UUID, notify: str, now: datetime) -> None:
    """Once: who calls holds the workspace's lock, and has found it undeleted."""
    values = {"workspace_id": workspace_id, "deleted_by": deleted_by, "notify": notify, "deleted_at": now}
    await conn.execute(insert(deletions).values(values))


async def members_of(conn: AsyncConnection, workspace_id: UUID) -> list[UUID]:
    """Everybody in it, in the order of their ids: whoever locks them does so in that order."""
    query = select(memberships.c.user_id).where(memberships.c.workspace_id == workspace_id)
    return list((await conn.execute(query.order_by(memberships.c.user_id))).scalars())


async def shut(conn: AsyncConnection, workspace_id: UUID) -> None:
    """Nobody gets in any more: no member, no key, no invitation; and no mail of it leaves."""
    for table in (memberships, api_keys, invitations):
        await conn.execute(delete(table).where(table.c.workspace_id == workspace_id))
    await conn.execute(delete(mails).where(mails.c.workspace_id == workspace_id, mails.c.state == "queued"))


async def lock(conn: AsyncConnection, workspace_id: UUID) -> Deletion | None:
    """Answers are noted one after the other."""
    query = select(*_COLUMNS).where(deletions.c.workspace_id == workspace_id).with_for_update()
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else Deletion(*row)


async def note_answer(
    conn: AsyncConnection, workspace_id: UUID, *, service: str, erased: Mapping[str, int], now: datetime
) -> set[str]:
    """Key: (workspace, service); the first word stays. Answers which services are done."""
    values = {"workspace_id": workspace_id, "service": service, "erased": dict(erased), "done_at": now}
    await conn.execute(insert(deletion_answers).values(values).on_conflict_do_nothing())
    query = select(deletion_answers.c.service).where(deletion_answers.c.workspace_id == workspace_id)
    return set((await conn.execute(query)).scalars())


async def finish(conn: AsyncConnection, workspace_id: UUID, *, now: datetime) -> None:
    """All of it is gone, and with it the address of who did it."""
    await conn.execute(
        update(deletions).where(deletions.c.workspace_id == workspace_id).values(notify=None, done_at=now)
    )


async def oldest_open(conn: AsyncConnection) -> datetime | None:
    """When the oldest deletion that is not done began."""
    query = select(func.min(deletions.c.deleted_at)).where(deletions.c.done_at.is_(None))
    return (await conn.execute(query)).scalar_one()
