"""A member is to be something else in the workspace."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.gateway.domain.callers import Caller, Role
from services.gateway.domain.membership import Colleague, check_change, check_member, check_still_may, not_a_member
from services.gateway.domain.permissions import may
from services.gateway.repositories import invitations, memberships, workspaces


async def change_role(caller: Caller, user_id: UUID, *, role: Role, now: datetime, uow: UnitOfWork) -> Colleague:
    """Holds from the member's next request on, for their API keys too; open invitations of somebody who may invite no more
    are revoked. Key: the member; repeated, it changes nothing.

    Raises NotFound `member_not_found`, Forbidden `role_too_low`, `owners_only`, Conflict `last_owner`.
    """
    conn, workspace_id = uow.conn, caller.workspace_id
    await workspaces.load(conn, workspace_id, lock=True)
    actor = await memberships.standing_of(conn, workspace_id, user_id=caller.user_id)
    acting = check_still_may(actor.role if actor else None)
    standing = await memberships.standing_of(conn, workspace_id, user_id=user_id)
    check_change(acting, check_member(standing, user_id=user_id), role)
    await memberships.change_role(conn, workspace_id, user_id=user_id, role=role)
    if not may(role, "members"):
        await invitations.revoke_made_by(conn, workspace_id, user_id=user_id, now=now)
    changed = await memberships.find(conn, workspace_id, user_id=user_id)
    if changed is None:
        raise not_a_member(user_id)
    return changed
