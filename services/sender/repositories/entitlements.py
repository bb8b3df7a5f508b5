"""The sender's copy of what workspaces may do."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.entitlements import Mailboxes
from services.sender.tables import entitlements


async def save(conn: AsyncConnection, workspace_id: UUID, told: Mailboxes, *, version: int) -> None:
    """The newest version wins, in whatever order they are heard."""
    values = {"version": version, "plan": told.plan, "mailboxes": told.most}
    await conn.execute(
        insert(entitlements)
        .values(workspace_id=workspace_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=values, where=entitlements.c.version < version)
    )


async def mailboxes_of(conn: AsyncConnection, workspace_id: UUID) -> Mailboxes:
    """How many mailboxes the workspace may use. Without limit where nothing is known."""
    query = select(entitlements.c.plan, entitlements.c.mailboxes).where(entitlements.c.workspace_id == workspace_id)
    row = (await conn.execute(query)).one_or_none()
    return Mailboxes() if row is None else Mailboxes(*row)
