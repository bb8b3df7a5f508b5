"""Somebody is asked, by mail, to join a workspace."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from libs.common.errors import Conflict, RateLimited
from libs.common.uow import UnitOfWork
from services.gateway import metrics
from services.gateway.domain import notices
from services.gateway.domain.attempts import BY_INVITED, BY_INVITER, key_of
from services.gateway.domain.callers import Caller, Role
from services.gateway.domain.digests import digest_of
from services.gateway.domain.members import check_room_for_member
from services.gateway.domain.membership import Invitation, check_still_may, no_invitation
from services.gateway.repositories import attempts, entitlements, invitations, mails, memberships, workspaces

VALID_FOR = timedelta(days=7)
MOST_A_DAY = 100
"""Invitations of a workspace: mails to strangers are not to be had in any number."""
_AGAIN_AFTER = timedelta(minutes=5)
_MOST_MAILS = 10
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Mailing:
    """The token of one mail, the web app's page that takes it, and the moment."""

    token: str
    page: str
    now: datetime

    @property
    def link(self) -> str:
        """The token stands behind the `#`: no server and no proxy sees it before the page shows it to us."""
        return f"{self.page}#token={self.token}"


async def invite_member(
    caller: Caller, *, invitation_id: UUID, address: str, role: Role, mailing: Mailing, uow: UnitOfWork
) -> Invitation:
    """Key: workspace and address, while one is open. One that has expired makes room for the next.

    Raises Conflict `already_member`, `invitation_open`, `members_reached`; Forbidden `role_too_low`; RateLimited
    `too_many_invitations`.
    """
    conn, workspace_id, now = uow.conn, caller.workspace_id, mailing.now
    await _check_may(caller, uow=uow)
    if await memberships.is_member_by_address(conn, workspace_id, address=address):
        raise Conflict(f"{address} is a member already", code="already_member")
    known = await invitations.find_open(conn, workspace_id, address=address)
    if known is not None and known.expires_at > now:
        msg = f"{address} has been invited and has not answered: send the invitation again, or revoke it"
        raise Conflict(msg, code="invitation_open", extra={"invitation_id": str(known.id)})
    if await invitations.count_since(conn, workspace_id, since=now - _DAY) >= MOST_A_DAY:
        msg = f"a workspace may send {MOST_A_DAY} invitations a day: go on tomorrow"
        raise RateLimited(msg, code="too_many_invitations", extra={"retry_after_s": 3600})
    check_room_for_member(await entitlements.room_of(conn, workspace_id))
    if known is not None:
        await invitations.revoke(conn, known.id, now=now)
    await invitations.add(
        conn,
        invitation_id,
        workspace_id=workspace_id,
        address=address,
        role=role,
        digest=digest_of(mailing.token),
        invited_by=caller.user_id,
        expires_at=now + VALID_FOR,
        now=now,
    )
    return await _mail(caller, invitation_id, mailing=mailing, uow=uow)


async def resend_invitation(caller: Caller, invitation_id: UUID, *, mailing: Mailing, uow: UnitOfWork) -> Invitation:
    """Another mail with another link, valid for seven days more; the link of the mail before serves no longer.

    Raises NotFound `invitation_not_found`, Conflict `invitation_used`, RateLimited `invitation_just_mailed`,
    `too_many_invitations`, Conflict `too_many_mails`, Forbidden `role_too_low`.
    """
    await _check_may(caller, uow=uow)
    known = await invitations.load(uow.conn, caller.workspace_id, invitation_id=invitation_id)
    if known is None or known.revoked_at is not None:
        raise no_invitation()
    if known.accepted_at is not None:
        raise Conflict("the invitation has been accepted", code="invitation_used")
    wait = known.mailed_at + _AGAIN_AFTER - mailing.now
    if wait > timedelta(0):
        msg = "it was mailed a moment ago: wait for five minutes"
        raise RateLimited(msg, code="invitation_just_mailed", extra={"retry_after_s": int(wait.total_seconds()) + 1})
    if known.mails >= _MOST_MAILS:
        msg = f"it has been mailed {known.mails} times: revoke it, and ask the person"
        raise Conflict(msg, code="too_many_mails", extra={"limit": _MOST_MAILS})
    digest, expires_at = digest_of(mailing.token), mailing.now + VALID_FOR
    await invitations.mail_anew(uow.conn, invitation_id, digest=digest, expires_at=expires_at, now=mailing.now)
    return await _mail(caller, invitation_id, mailing=mailing, uow=uow)


async def revoke_invitation(caller: Caller, invitation_id: UUID, *, now: datetime, uow: UnitOfWork) -> None:
    """Its link serves no more. Revoking it again changes nothing. Raises NotFound `invitation_not_found`, Conflict
    `invitation_used`, Forbidden `role_too_low`."""
    await _check_may(caller, uow=uow)
    known = await invitations.load(uow.conn, caller.workspace_id, invitation_id=invitation_id)
    if known is None:
        raise no_invitation()
    if known.accepted_at is not None:
        raise Conflict("the invitation has been accepted: remove the member instead", code="invitation_used")
    if known.revoked_at is None:
        await invitations.revoke(uow.conn, invitation_id, now=now)


async def _check_may(caller: Caller, *, uow: UnitOfWork) -> None:
    """Under the workspace's lock, which all that changes members and invitations holds."""
    await workspaces.load(uow.conn, caller.workspace_id, lock=True)
    standing = await memberships.standing_of(uow.conn, caller.workspace_id, user_id=caller.user_id)
    check_still_may(standing.role if standing else None)


async def _mail(caller: Caller, invitation_id: UUID, *, mailing: Mailing, uow: UnitOfWork) -> Invitation:
    invitation = await invitations.load(uow.conn, caller.workspace_id, invitation_id=invitation_id)
    if invitation is None:
        raise no_invitation()
    await _count(caller, invitation.address, uow=uow)
    words = notices.invited(
        invitation.workspace_name,
        by=caller.email,
        role=invitation.role,
        expires_at=invitation.expires_at,
        page=mailing.link,
    )
    await mails.queue(
        uow.conn,
        words,
        source=f"invitation:{invitation_id}:{invitation.mails}",
        addresses=[invitation.address],
        workspace_id=caller.workspace_id,
    )
    return invitation


async def _count(caller: Caller, address: str, *, uow: UnitOfWork) -> None:
    """For its sender, whatever workspaces they own, and for its reader. What is refused in the end is not counted."""
    for whom, bucket in ((f"user {caller.user_id}", BY_INVITER), (f"address {address}", BY_INVITED)):
        if not await attempts.take(uow.conn, key_of("invitation", whom), bucket):
            metrics.ATTEMPTS_LIMITED.labels("invitation").inc()
            msg = "too many invitations by you, or to this address: go on later"
            raise RateLimited(msg, code="too_many_invitations", extra={"retry_after_s": int(bucket.every_s)})
