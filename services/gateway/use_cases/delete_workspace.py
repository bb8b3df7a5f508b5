"""An owner deletes a workspace: it is shut at once, for everybody, and every service is told to erase what it has of it."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from libs.common import tombstones
from libs.common.contracts.gateway import AccessEnded, WorkspaceCreated, WorkspaceDeleted
from libs.common.errors import Forbidden, Invalid
from libs.common.logs import get_logger
from libs.common.uow import UnitOfWork
from services.gateway.domain.callers import Caller
from services.gateway.repositories import deletions, members, memberships, users, workspaces

log = get_logger()


async def delete_workspace(
    caller: Caller, *, name: str, make_id: Callable[[], UUID], now: datetime, uow: UnitOfWork
) -> None:
    """At once: no member, key, invitation or stream of it serves any more. Whoever had no other workspace gets an empty one of
    their own: nobody is left outside. Of two at once the second is refused as somebody who is no owner.

    Raises Forbidden `owners_only`, Invalid `name_not_confirmed`.
    """
    conn, workspace_id = uow.conn, caller.workspace_id
    known = await workspaces.load(conn, workspace_id, lock=True)
    actor = await memberships.standing_of(conn, workspace_id, user_id=caller.user_id)
    if actor is None or actor.role != "owner":
        raise Forbidden("only an owner may delete the workspace", code="owners_only")
    if name != known.name:
        msg = f"the workspace is not called {name!r}: give its exact name to delete it, with all that is in it"
        raise Invalid(msg, code="name_not_confirmed")
    await tombstones.bury(conn, uow.deleted_workspaces, workspace_id)
    await deletions.add(conn, workspace_id, deleted_by=caller.user_id, notify=caller.email, now=now)
    people = await deletions.members_of(conn, workspace_id)
    await deletions.shut(conn, workspace_id)
    for user_id in people:
        ended = AccessEnded(workspace_id=workspace_id, user_id=user_id)
        uow.publish(ended, tenant_id=workspace_id, correlation_id=user_id)
        await _give_room(user_id, make_id=make_id, uow=uow)
    uow.publish(WorkspaceDeleted(workspace_id=workspace_id), tenant_id=workspace_id, correlation_id=workspace_id)
    log.info("workspace.deleted", workspace_id=str(workspace_id), members=len(people))


async def _give_room(user_id: UUID, *, make_id: Callable[[], UUID], uow: UnitOfWork) -> None:
    await memberships.lock_user(uow.conn, user_id)
    if await workspaces.count_of_user(uow.conn, user_id):
        return
    user = await users.find_user(uow.conn, user_id)
    assert user is not None, "a member is a user"
    workspace_id, name = make_id(), user.email.partition("@")[0]
    await members.add_workspace(uow.conn, workspace_id=workspace_id, name=name, time_zone="UTC", owner_id=user_id)
    event = WorkspaceCreated(workspace_id=workspace_id, name=name, owner_user_id=user_id)
    uow.publish(event, tenant_id=workspace_id, correlation_id=workspace_id)
