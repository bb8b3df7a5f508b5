"""Invitations by mail."""

import secrets
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter

from libs.common.clock import utc_now
from libs.common.http.dependencies import Uow
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.ids import new_id
from services.gateway.api.access import CurrentCaller, CurrentResources, Resources
from services.gateway.api.auditing import AuditedRoute, CurrentClerk
from services.gateway.api.once import Once
from services.gateway.api.paging import Cursor, Limit, cut
from services.gateway.domain.membership import Invitation
from services.gateway.repositories import invitations
from services.gateway.schemas.members import (
    InvitationOut,
    InvitationPage,
    InvitationToken,
    JoinedOut,
    NewInvitation,
)
from services.gateway.use_cases.accept_invitation import accept_invitation
from services.gateway.use_cases.invite_member import Mailing, invite_member, resend_invitation, revoke_invitation

router = APIRouter(prefix="/v1/invitations", tags=["members"], responses=PROBLEM_RESPONSES, route_class=AuditedRoute)

_TOKEN_BYTES = 32


@router.get("")
async def list_invitations(caller: CurrentCaller, uow: Uow, cursor: Cursor = None, limit: Limit = 50) -> InvitationPage:
    """Who was invited, newest first (owners and admins)."""
    found = await invitations.page(uow.conn, caller.workspace_id, before=cursor, limit=limit + 1)
    page, more = cut(found, limit)
    now = utc_now()
    return InvitationPage(items=[_out(one, now=now) for one in page], next_cursor=str(page[-1].id) if more else None)


@router.post("", status_code=201)
async def post_invitation(
    body: NewInvitation, caller: CurrentCaller, clerk: CurrentClerk, resources: CurrentResources, uow: Uow, once: Once
) -> InvitationOut:
    """Invite somebody by mail (owners and admins). The link serves once, for seven days, and only who signs in with the
    address.

    409 `already_member`, `members_reached`, `idempotency_key_reused`, `invitation_open` (with its id: send it again);
    429 `too_many_invitations`.
    """
    await once.begin(uow)
    made = await invite_member(
        caller, invitation_id=new_id(), address=body.email, role=body.role, mailing=_mailing(resources), uow=uow
    )
    await clerk.write(uow, status=201, invitation_id=made.id)
    out = _out(made, now=utc_now())
    await once.keep(uow, out)
    return out


@router.post("/accept")
async def post_acceptance(body: InvitationToken, caller: CurrentCaller, clerk: CurrentClerk, uow: Uow) -> JoinedOut:
    """Join the workspace that you were invited to, signed in with the address that the mail went to.

    404 `invitation_not_found`; 403 `invitation_for_another`; 410 `invitation_expired`; 409 `invitation_used`,
    `members_reached`.
    """
    joined = await accept_invitation(caller, body.token, now=utc_now(), uow=uow)
    await clerk.write(uow, into=joined.workspace_id, invitation_id=joined.id, user_id=caller.user_id)
    return JoinedOut(workspace_id=joined.workspace_id, workspace_name=joined.workspace_name, role=joined.role)


@router.post("/{invitation_id}/resend")
async def post_resending(
    invitation_id: UUID, caller: CurrentCaller, clerk: CurrentClerk, resources: CurrentResources, uow: Uow
) -> InvitationOut:
    """Mail it again with another link (owners and admins); the link of the mail before serves no longer.

    404 `invitation_not_found`; 409 `invitation_used`, `too_many_mails`; 429 `invitation_just_mailed`,
    `too_many_invitations`.
    """
    mailed = await resend_invitation(caller, invitation_id, mailing=_mailing(resources), uow=uow)
    await clerk.write(uow)
    return _out(mailed, now=utc_now())


@router.delete("/{invitation_id}", status_code=204)
async def delete_invitation(invitation_id: UUID, caller: CurrentCaller, clerk: CurrentClerk, uow: Uow) -> None:
    """Revoke it (owners and admins): its link serves no more. 404 `invitation_not_found`; 409 `invitation_used`."""
    await revoke_invitation(caller, invitation_id, now=utc_now(), uow=uow)
    await clerk.write(uow, status=204)


def _mailing(resources: Resources) -> Mailing:
    page = f"{resources.settings.app_base_url.rstrip('/')}/invitation"
    return Mailing(token=secrets.token_urlsafe(_TOKEN_BYTES), page=page, now=utc_now())


def _out(invitation: Invitation, *, now: datetime) -> InvitationOut:
    return InvitationOut(
        id=invitation.id,
        email=invitation.address,
        role=invitation.role,
        state=invitation.state(now),
        invited_by=invitation.invited_by,
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
        mailed_at=invitation.mailed_at,
    )
