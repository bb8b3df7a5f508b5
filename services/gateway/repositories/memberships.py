"""Who is what in a workspace. What changes it holds the workspace's lock (`workspaces.load`)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.domain.callers import Role
from services.gateway.domain.membership import Colleague, Standing
from services.gateway.tables import memberships, users

_COLLEAGUE = (users.c.id, users.c.email, memberships.c.role, memberships.c.created_at)


async def page(conn: AsyncConnection, workspace_id: UUID, *, after: UUID | None, limit: int) -> Sequence[Colleague]:
    """The members, by id."""
    query = (
        select(*_COLLEAGUE)
        .join(memberships, memberships.c.user_id == users.c.id)
        .where(memberships.c.workspace_id == workspace_id)
        .order_by(memberships.c.user_id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(memberships.c.user_id > after)
    return [Colleague(*row) for row in await conn.execute(query)]


async def find(conn: AsyncConnection, workspace_id: UUID, *, user_id: UUID) -> Colleague | None:
    """None for whoever is no member."""
    query = (
        select(*_COLLEAGUE)
        .join(memberships, memberships.c.user_id == users.c.id)
        .where(memberships.c.workspace_id == workspace_id, memberships.c.user_id == user_id)
    )
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else Colleague(*row)


async def standing_of(conn: AsyncConnection, workspace_id: UUID, *, user_id: UUID) -> Standing | None:
    """What somebody is, and how many owners there are. None for whoever is no member."""
    owners = (
        select(func.count())
        .where(memberships.c.workspace_id == workspace_id, memberships.c.role == "owner")
        .scalar_subquery()
    )
    query = select(memberships.c.role, owners).where(
        memberships.c.workspace_id == workspace_id, memberships.c.user_id == user_id
    )
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else Standing(*row)


async def is_member_by_address(conn: AsyncConnection, workspace_id: UUID, *, address: str) -> bool:
    """Whether somebody with this address is there already."""
    query = (
        select(memberships.c.user_id)
        .join(users, users.c.id == memberships.c.user_id)
        .where(memberships.c.workspace_id == workspace_id, users.c.email == address)
        .limit(1)
    )
    return (await conn.execute(query)).first() is not None


async def add(conn: AsyncConnection, workspace_id: UUID, *, user_id: UUID, role: Role) -> bool:
    """False, and nothing changed, for who is a member already."""
    values = {"workspace_id": workspace_id, "user_id": user_id, "role": role}
    return (await conn.execute(insert(memberships).values(values).on_conflict_do_nothing())).rowcount == 1


async def change_role(conn: AsyncConnection, workspace_id: UUID, *, user_id: UUID, role: Role) -> None:
    await conn.execute(
        update(memberships)
        .where(memberships.c.workspace_id == workspace_id, memberships.c.user_id == user_id)
        .values(role=role)
    )


async def remove(conn: AsyncConnection, workspace_id: UUID, *, user_id: UUID) -> None:
    await conn.execute(
        delete(memberships).where(memberships.c.workspace_id == workspace_id, memberships.c.user_id == user_id)
    )


async def lock_user(conn: AsyncConnection, user_id: UUID) -> None:
    """What counts the workspaces of one person takes turns. Taken after a workspace's lock."""
    await conn.execute(select(users.c.id).where(users.c.id == user_id).with_for_update(key_share=True))
