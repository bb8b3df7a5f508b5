"""The gateway's copy of what workspaces may do."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.domain.members import Room
from services.gateway.tables import entitlements, memberships


async def save(
    conn: AsyncConnection,
    workspace_id: UUID,
    *,
    version: int,
    plan: str,
    members: int | None,
    api_requests_per_minute: int | None,
) -> None:
    """The newest version wins, in whatever order they are heard."""
    values = {
        "version": version,
        "plan": plan,
        "members": members,
        "api_requests_per_minute": api_requests_per_minute,
    }
    await conn.execute(
        insert(entitlements)
        .values(workspace_id=workspace_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=values, where=entitlements.c.version < version)
    )


async def room_of(conn: AsyncConnection, workspace_id: UUID) -> Room:
    """How many members there are and may be. Whoever else asks waits for the end of this transaction."""
    query = select(entitlements.c.plan, entitlements.c.members).where(entitlements.c.workspace_id == workspace_id)
    row = (await conn.execute(query.with_for_update())).one_or_none()
    counted = select(func.count()).where(memberships.c.workspace_id == workspace_id)
    members = (await conn.execute(counted)).scalar_one()
    return Room(members, "", None) if row is None else Room(members, row.plan, row.members)
