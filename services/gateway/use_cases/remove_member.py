"""Somebody is no member any more: removed by another, or gone by themselves."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.gateway import AccessEnded, WorkspaceCreated
from libs.common.uow import UnitOfWork
from services.gateway.domain.callers import Caller
from services.gateway.domain.membership import (
    check_leaving,
    check_member,
    check_owner_left,
    check_removal,
    check_still_may,
)
from services.gateway.repositories import api_keys, invitations, members, memberships, workspaces


async def remove_member(
    caller: Caller, user_id: UUID, *, spare_workspace_id: UUID, now: datetime, uow: UnitOfWork
) -> None:
    """At once: their next request is refused, their keys of this workspace and their open invitations are revoked, their
    streams end. Whoever had no other workspace gets one of their own, `spare_workspace_id`: nobody is left outside.

    Raises NotFound `member_not_found`, Forbidden `role_too_low`, `owners_only`, Conflict `last_owner`.
    """
    conn, workspace_id = uow.conn, caller.workspace_id
    await workspaces.load(conn, workspace_id, lock=True)
    actor = await memberships.standing_of(conn, workspace_id, user_id=caller.user_id)
    acting = check_still_may(actor.role if actor else None)
    standing = await memberships.standing_of(conn, workspace_id, user_id=user_id)
    check_removal(acting, check_member(standing, user_id=user_id))
    await memberships.lock_user(conn, user_id)
    colleague = await memberships.find(conn, workspace_id, user_id=user_id)
    await _end(workspace_id, user_id, now=now, uow=uow)
    if colleague is not None and await workspaces.count_of_user(conn, user_id) == 0:
        name = colleague.email.partition("@")[0]
        await members.add_workspace(conn, workspace_id=spare_workspace_id, name=name, time_zone="UTC", owner_id=user_id)
        event = WorkspaceCreated(workspace_id=spare_workspace_id, name=name, owner_user_id=user_id)
        uow.publish(event, tenant_id=spare_workspace_id, correlation_id=spare_workspace_id)


async def leave_workspace(caller: Caller, *, now: datetime, uow: UnitOfWork) -> None:
    """Raises Conflict `last_owner`, `only_workspace`; NotFound `member_not_found` for who has left already."""
    conn, workspace_id, user_id = uow.conn, caller.workspace_id, caller.user_id
    await workspaces.load(conn, workspace_id, lock=True)
    standing = await memberships.standing_of(conn, workspace_id, user_id=user_id)
    check_owner_left(check_member(standing, user_id=user_id))
    await memberships.lock_user(conn, user_id)
    check_leaving(other_workspaces=await workspaces.count_of_user(conn, user_id) - 1)
    await _end(workspace_id, user_id, now=now, uow=uow)


async def _end(workspace_id: UUID, user_id: UUID, *, now: datetime, uow: UnitOfWork) -> None:
    await memberships.remove(uow.conn, workspace_id, user_id=user_id)
    await api_keys.revoke_all_of(uow.conn, workspace_id, user_id=user_id, now=now)
    # Among them may be one to another address of theirs.
    await invitations.revoke_made_by(uow.conn, workspace_id, user_id=user_id, now=now)
    uow.publish(AccessEnded(workspace_id=workspace_id, user_id=user_id), tenant_id=workspace_id, correlation_id=user_id)
