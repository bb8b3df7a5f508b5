"""Somebody comes in for the first time: they get a workspace of their own."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.uow import UnitOfWork
from services.gateway.domain.membership import leads_somewhere
from services.gateway.domain.tokens import Vouched
from services.gateway.repositories import members, users


async def welcome_user(vouched: Vouched, *, own: bool, workspace_id: UUID, now: datetime, uow: UnitOfWork) -> bool:
    """Once for each user, whatever the number of first requests at once: user, workspace, ownership and announcement, which
    billing's trial grant follows. Answers whether it was this time. Whoever leaves their workspace later gets no other."""
    if not own:
        await users.add_vouched(uow.conn, user_id=vouched.user_id, email=vouched.email)
    if not await users.welcome(uow.conn, vouched.user_id, now=now):
        return False
    chosen = "" if leads_somewhere(vouched.name) else vouched.name
    name = chosen or vouched.email.partition("@")[0]
    await members.add_workspace(
        uow.conn, workspace_id=workspace_id, name=name, time_zone="UTC", owner_id=vouched.user_id
    )
    event = WorkspaceCreated(workspace_id=workspace_id, name=name, owner_user_id=vouched.user_id, for_newcomer=True)
    uow.publish(event, tenant_id=workspace_id, correlation_id=workspace_id)
    return True
