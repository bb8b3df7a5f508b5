"""A new user with a workspace of their own."""

from uuid import UUID

from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.gateway.domain.members import Member
from services.gateway.repositories import members


async def sign_up(
    *, email: str, password_hash: str, workspace_name: str, user_id: UUID, workspace_id: UUID, uow: UnitOfWork
) -> Member:
    """Make user, workspace and ownership, and announce the workspace. Raises Conflict `email_taken`."""
    if not await members.add_user(uow.conn, user_id=user_id, email=email, password_hash=password_hash):
        msg = f"{email} is signed up already: sign in instead"
        raise Conflict(msg, code="email_taken")
    await members.add_workspace(
        uow.conn, workspace_id=workspace_id, name=workspace_name, time_zone="UTC", owner_id=user_id
    )
    event = WorkspaceCreated(workspace_id=workspace_id, name=workspace_name, owner_user_id=user_id)
    uow.publish(event, tenant_id=workspace_id, correlation_id=workspace_id)
    return Member(user_id=user_id, email=email, workspace_id=workspace_id, workspace_name=workspace_name, role="owner")
