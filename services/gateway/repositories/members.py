"""Workspaces, and who is what in them."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.tables import memberships, workspaces


async def add_workspace(
    conn: AsyncConnection, *, workspace_id: UUID, name: str, time_zone: str, owner_id: UUID
) -> None:
    """A workspace and its owner."""
    await conn.execute(workspaces.insert().values(id=workspace_id, name=name, time_zone=time_zone))
    await conn.execute(memberships.insert().values(user_id=owner_id, workspace_id=workspace_id, role="owner"))
