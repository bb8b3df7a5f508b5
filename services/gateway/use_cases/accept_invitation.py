"""Somebody who was invited joins."""

from datetime import datetime

from libs.common.uow import UnitOfWork
from services.gateway.domain.callers import Caller
from services.gateway.domain.digests import digest_of
from services.gateway.domain.members import check_room_for_member
from services.gateway.domain.membership import Invitation, check_acceptable, no_invitation, used
from services.gateway.repositories import entitlements, invitations, memberships, workspaces


async def accept_invitation(caller: Caller, token: str, *, now: datetime, uow: UnitOfWork) -> Invitation:
    """Once, as whom it was mailed to. Asked again by the same person, who is a member since, it answers as before.

    Who is a member already keeps the role they have. Raises NotFound `invitation_not_found`, Forbidden
    `invitation_for_another`, Gone `invitation_expired`, Conflict `invitation_used`, `members_reached`.
    """
    digest = digest_of(token)
    found = await invitations.find_by_digest(uow.conn, digest)
    if found is None:
        raise no_invitation()
    await workspaces.load(uow.conn, found.workspace_id, lock=True)
    # Under the lock: others may have accepted, revoked or mailed it anew while this one waited.
    invitation = await invitations.find_by_digest(uow.conn, digest)
    if invitation is None:
        raise no_invitation()
    standing = await memberships.standing_of(uow.conn, invitation.workspace_id, user_id=caller.user_id)
    if not check_acceptable(invitation, user_id=caller.user_id, email=caller.email, now=now):
        if standing is None:
            raise used()
        return invitation
    if standing is None:
        check_room_for_member(await entitlements.room_of(uow.conn, invitation.workspace_id))
        await memberships.add(uow.conn, invitation.workspace_id, user_id=caller.user_id, role=invitation.role)
    await invitations.accept(uow.conn, invitation.id, user_id=caller.user_id, now=now)
    return invitation
