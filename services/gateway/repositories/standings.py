"""How somebody stands who brings a token: one look at the user, the session and the membership, for every request."""

import functools
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, exists, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
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
    query = _look(named=workspace_id is not None, in_session=session_id is not None)
    asked = {"user": user_id, "workspace": workspace_id, "session": session_id}
    rows = await query.fetch(conn, **{name: id_ for name, id_ in asked.items() if id_ is not None})
    return Standing(*rows[0]) if rows else None


@functools.cache
def _look(*, named: bool, in_session: bool) -> Compiled:
    """The statement, made once: it is asked at every request."""
    is_open = (
        exists().where(
            sessions.c.id == bindparam("session"), sessions.c.user_id == users.c.id, sessions.c.ended_at.is_(None)
        )
        if in_session
        else literal(value=True)
    )
    joined = memberships.c.user_id == users.c.id
    return Compiled(
        select(
            users.c.email,
            users.c.email_proved_at.is_not(None),
            users.c.welcomed_at.is_not(None),
            is_open,
            memberships.c.workspace_id,
            memberships.c.role,
        )
        .outerjoin(memberships, joined & (memberships.c.workspace_id == bindparam("workspace")) if named else joined)
        .where(users.c.id == bindparam("user"))
        .order_by(memberships.c.created_at, memberships.c.workspace_id)
        .limit(1)
    )
