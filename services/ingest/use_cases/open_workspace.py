"""A workspace exists: keep what ingest may have to show or reckon with (its name, the zone of its day)."""

from sqlalchemy.dialects.postgresql import insert

from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.uow import UnitOfWork
from services.ingest.tables import workspaces


async def open_workspace(event: WorkspaceCreated, *, uow: UnitOfWork) -> None:
    """Natural key: the workspace. The first word on it stays."""
    await uow.conn.execute(
        insert(workspaces)
        .values(id=event.workspace_id, name=event.name, time_zone=event.time_zone)
        .on_conflict_do_nothing()
    )
