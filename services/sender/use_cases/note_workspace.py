"""A workspace has another name, or its day begins at another moment."""

from libs.common.contracts.gateway import WorkspaceChanged
from libs.common.errors import Transient
from libs.common.uow import UnitOfWork
from services.sender.domain.days import zone_of
from services.sender.repositories import planning, sleepers, workspaces


async def note_workspace(event: WorkspaceChanged, *, uow: UnitOfWork) -> None:
    """Key: the workspace; the highest version stays, and is planned for anew. Raises Invalid for a time zone that nobody knows,
    Transient (workspace_pending) before the workspace has reached the sender."""
    zone_of(event.time_zone)
    if await workspaces.load_workspace(uow.conn, event.workspace_id, lock=True) is None:
        raise Transient("the workspace has not reached the sender yet: try again in a moment", code="workspace_pending")
    noted = await workspaces.note(
        uow.conn,
        event.workspace_id,
        version=event.workspace_version,
        name=event.name,
        time_zone=event.time_zone,
    )
    if noted:
        await sleepers.ask_to_wake(uow.conn, workspace_id=event.workspace_id)
        await planning.ask(uow.conn, event.workspace_id)
