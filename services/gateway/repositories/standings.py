"""How somebody stands who brings a token: one look at the user, the session and the membership, for every request."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.domain.callers import Role
from services.gateway.tables import memberships, sessions, users


@dataclass(frozen=True)
class Standing:
    """A user as they are in this moment. `workspace_id` and `role` are None where they are no member of what was asked for."""

    email: str
    email_proved: bool
    welcomed: bool
    session_open: bool
    workspace_id: UUID | None
    role: Role | None


async def find_standing(
    conn: AsyncConnection, user_id: UUID, *, workspace_id: UUID | None, session_id: UUID | None
) -> Standing | None:
    """In this workspace; without one, in that which the user joined first. A session is looked at where one is given.
    None for a user nobody knows."""
    is_open = (
        literal(value=True)
        if session_id is None
        else exists().where(
            sessions.c.id == session_id, sessions.c.user_id == users.c.id, sessions.c.ended_at.is_(None)
        )
    )
    joined = memberships.c.user_id == users.c.id
    query = (
        select(
            users.c.email,
            users.c.email_proved_at.is_not(None),
            users.c.welcomed_at.is_not(None),
            is_open,
            memberships.c.workspace_id,
            memberships.c.role,
        )
        .outerjoin(
            memberships, joined if workspace_id is None else joined & (memberships.c.workspace_id == workspace_id)
        )
        .where(users.c.id == user_id)
        .order_by(memberships.c.created_at, memberships.c.workspace_id)
        .limit(1)
    )
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else Standing(*row)
