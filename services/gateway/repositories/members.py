"""Users, workspaces, and who is what in them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.domain.callers import Role
from services.gateway.domain.members import Member
from services.gateway.tables import memberships, users, workspaces


@dataclass(frozen=True)
class Credentials:
    """What a sign-in is checked against."""

    user_id: UUID
    password_hash: str


async def add_user(conn: AsyncConnection, *, user_id: UUID, email: str, password_hash: str) -> bool:
    """False when the address is taken."""
    done = await conn.execute(
        insert(users).values(id=user_id, email=email, password_hash=password_hash).on_conflict_do_nothing()
    )
    return done.rowcount == 1


async def add_workspace(
    conn: AsyncConnection, *, workspace_id: UUID, name: str, time_zone: str, owner_id: UUID
) -> None:
    """A workspace and its owner."""
    await conn.execute(workspaces.insert().values(id=workspace_id, name=name, time_zone=time_zone))
    await conn.execute(memberships.insert().values(user_id=owner_id, workspace_id=workspace_id, role="owner"))


async def find_credentials(conn: AsyncConnection, *, email: str) -> Credentials | None:
    """By address, already in lower case."""
    row = (await conn.execute(select(users.c.id, users.c.password_hash).where(users.c.email == email))).first()
    return Credentials(row.id, row.password_hash) if row else None


async def find_member(conn: AsyncConnection, *, user_id: UUID, workspace_id: UUID | None = None) -> Member | None:
    """The user in this workspace; without one, in the workspace they joined first."""
    query = (
        select(users.c.id, users.c.email, workspaces.c.id, workspaces.c.name, memberships.c.role)
        .join(memberships, memberships.c.user_id == users.c.id)
        .join(workspaces, workspaces.c.id == memberships.c.workspace_id)
        .where(users.c.id == user_id)
        .order_by(memberships.c.created_at, workspaces.c.id)
        .limit(1)
    )
    if workspace_id is not None:
        query = query.where(workspaces.c.id == workspace_id)
    row = (await conn.execute(query)).first()
    if row is None:
        return None
    found, email, workspace, name, role = row
    role_name: Role = role
    return Member(user_id=found, email=email, workspace_id=workspace, workspace_name=name, role=role_name)


async def name_of_workspace(conn: AsyncConnection, workspace_id: UUID) -> str:
    """The name of a workspace that is there."""
    return (await conn.execute(select(workspaces.c.name).where(workspaces.c.id == workspace_id))).scalar_one()
