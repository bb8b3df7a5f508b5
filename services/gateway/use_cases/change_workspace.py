"""A workspace gets another name, or another day."""

from libs.common.contracts.gateway import WorkspaceChanged
from libs.common.errors import PreconditionFailed
from libs.common.uow import UnitOfWork
from services.gateway.domain.callers import Caller
from services.gateway.domain.zones import check_zone
from services.gateway.repositories import workspaces
from services.gateway.repositories.workspaces import Workspace


async def change_workspace(
    caller: Caller, *, name: str | None, time_zone: str | None, expected_version: int | None, uow: UnitOfWork
) -> Workspace:
    """What is None stays. The others are told; nothing is said where nothing changes.

    Raises Invalid `time_zone_unknown`; PreconditionFailed `workspace_changed` when somebody was faster.
    """
    if time_zone is not None:
        check_zone(time_zone)
    known = await workspaces.load(uow.conn, caller.workspace_id, lock=True)
    if expected_version is not None and expected_version != known.version:
        msg = f"the workspace is at version {known.version}, not {expected_version}: look at it again, then change it"
        raise PreconditionFailed(msg, code="workspace_changed", extra={"version": known.version})
    new_name, new_zone = name or known.name, time_zone or known.time_zone
    if (new_name, new_zone) == (known.name, known.time_zone):
        return known
    changed = await workspaces.change(uow.conn, known.id, name=new_name, time_zone=new_zone)
    event = WorkspaceChanged(
        workspace_id=known.id, workspace_version=changed.version, name=new_name, time_zone=new_zone
    )
    uow.publish(event, tenant_id=known.id, correlation_id=known.id)
    return changed
