"""Workspaces: their names and zones, and the lock under which members come and go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.domain.callers import Role
from services.gateway.tables import memberships, workspaces


@dataclass(frozen=True)
class Workspace:
    """A workspace; `version` grows with each change."""

    id: UUID
    name: str
    time_zone: str
    version: int
    created_at: datetime


@dataclass(frozen=True)
class Joined:
    """A workspace, and what somebody is in it."""

    workspace: Workspace
    role: Role


_WORKSPACE = [workspaces.c[name] for name in Workspace.__dataclass_fields__]


async def load(conn: AsyncConnection, workspace_id: UUID, *, lock: bool = False) -> Workspace:
    """One that is there. With `lock`, whoever else wants to change it or its members waits for the end of this transaction."""
    query = select(*_WORKSPACE).where(workspaces.c.id == workspace_id)
    row = (await conn.execute(query.with_for_update(key_share=True) if lock else query)).one()
    return Workspace(*row)


async def page_of_user(conn: AsyncConnection, user_id: UUID, *, after: UUID | None, limit: int) -> Sequence[Joined]:
    """Those that somebody is a member of, by id."""
    query = (
        select(*_WORKSPACE, memberships.c.role)
        .join(memberships, memberships.c.workspace_id == workspaces.c.id)
        .where(memberships.c.user_id == user_id)
        .order_by(workspaces.c.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(workspaces.c.id > after)
    return [
        Joined(Workspace(row.id, row.name, row.time_zone, row.version, row.created_at), row.role)
        for row in await conn.execute(query)
    ]


async def count_of_user(conn: AsyncConnection, user_id: UUID, *, owned: bool = False) -> int:
    """How many somebody is a member of, or owns."""
    query = select(func.count()).where(memberships.c.user_id == user_id)
    if owned:
        query = query.where(memberships.c.role == "owner")
    return (await conn.execute(query)).scalar_one()


async def change(conn: AsyncConnection, workspace_id: UUID, *, name: str, time_zone: str) -> Workspace:
    """Its next version."""
    changed = (
        update(workspaces)
        .where(workspaces.c.id == workspace_id)
        .values(name=name, time_zone=time_zone, version=workspaces.c.version + 1)
        .returning(*_WORKSPACE)
    )
    return Workspace(*(await conn.execute(changed)).one())
