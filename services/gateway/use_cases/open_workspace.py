"""Somebody makes one workspace more, and owns it."""

from uuid import UUID

from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.gateway.domain.callers import Caller
from services.gateway.domain.membership import MOST_OWN_WORKSPACES
from services.gateway.domain.zones import check_zone
from services.gateway.repositories import members, memberships, workspaces
from services.gateway.repositories.workspaces import Workspace


async def open_workspace(
    caller: Caller, *, workspace_id: UUID, name: str, time_zone: str, uow: UnitOfWork
) -> Workspace:
    """It is announced as every new one is. Raises Invalid `time_zone_unknown`, Conflict `too_many_workspaces`."""
    check_zone(time_zone)
    await memberships.lock_user(uow.conn, caller.user_id)
    if await workspaces.count_of_user(uow.conn, caller.user_id, owned=True) >= MOST_OWN_WORKSPACES:
        msg = f"you own {MOST_OWN_WORKSPACES} workspaces, which is as many as one person may"
        raise Conflict(msg, code="too_many_workspaces", extra={"limit": MOST_OWN_WORKSPACES})
    await members.add_workspace(
        uow.conn, workspace_id=workspace_id, name=name, time_zone=time_zone, owner_id=caller.user_id
    )
    event = WorkspaceCreated(workspace_id=workspace_id, name=name, owner_user_id=caller.user_id, time_zone=time_zone)
    uow.publish(event, tenant_id=workspace_id, correlation_id=workspace_id)
    return await workspaces.load(uow.conn, workspace_id)
