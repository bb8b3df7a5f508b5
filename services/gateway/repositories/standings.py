"""How somebody stands who brings a token: one look at the user, the session and the membership, for every request, which counts
it as well."""

import functools
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
from services.gateway.domain.callers import Role
from services.gateway.domain.requests import FREE, Counted, Toll
from services.gateway.repositories.requests import COUNTING, counted_in


@dataclass(frozen=True)
class Standing:
    """A user as they are in this moment. `workspace_id` and `role` are None where they are no member of what was asked for;
    of who is none, or has no open session, nothing is counted."""

    email: str
    email_proved: bool
    welcomed: bool
    session_open: bool
    workspace_id: UUID | None
    role: Role | None
    counted: Counted


async def find_standing(
    conn: AsyncConnection, user_id: UUID, *, workspace_id: UUID | None, session_id: UUID | None, toll: Toll = FREE
) -> Standing | None:
    """In this workspace; without one, in that which the user joined first. A session is looked at where one is given.
    None for a user nobody knows."""
    query = _look(named=workspace_id is not None, in_session=session_id is not None)
    asked = {"user": user_id, "workspace": workspace_id, "session": session_id, "most": toll.most}
    given = {name: value for name, value in asked.items() if value is not None}
    rows = await query.fetch(conn, **given, roles=toll.roles)
    if not rows:
        return None
    [row] = rows
    return Standing(
        row["email"],
        row["email_proved"],
        row["welcomed"],
        row["session_open"],
        row["workspace_id"],
        row["role"],
        counted_in(row, toll),
    )


@functools.cache
def _look(*, named: bool, in_session: bool) -> Compiled:
    """The statement, made once: it is asked at every request."""
    session = """EXISTS (
        SELECT FROM gateway.sessions session
        WHERE session.id = :session AND session.user_id = person.id AND session.ended_at IS NULL)"""
    return Compiled(
        text(f"""
    WITH known AS (
        SELECT person.id AS caller_id, person.email, person.email_proved_at IS NOT NULL AS email_proved,
            person.welcomed_at IS NOT NULL AS welcomed, {session if in_session else "true"} AS session_open,
            member.workspace_id, member.role
        FROM gateway.users person
        LEFT JOIN gateway.memberships member
            ON member.user_id = person.id {"AND member.workspace_id = :workspace" if named else ""}
        WHERE person.id = :user
        ORDER BY member.created_at, member.workspace_id
        LIMIT 1
    ), caller AS (
        SELECT caller_id, workspace_id, role = ANY(CAST(:roles AS text[])) AS counts
        FROM known WHERE welcomed AND session_open AND role IS NOT NULL
    ), {COUNTING}
    """)  # noqa: S608 - constants of ours
    )
