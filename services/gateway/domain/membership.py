"""Who may make whom what in a workspace, and what must never be: a workspace without an owner."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from libs.common.errors import Conflict, Forbidden, Gone, NotFound
from services.gateway.domain.callers import Role
from services.gateway.domain.permissions import may

InvitationState = Literal["open", "expired", "revoked", "accepted"]

MOST_OWN_WORKSPACES = 20
"""Workspaces that one person owns: a wall against a loop, not a price."""


def leads_somewhere(name: str) -> bool:
    """Whether a workspace's name holds a link: it stands in mails to strangers."""
    return "://" in name or "www." in name.lower()


@dataclass(frozen=True)
class Colleague:
    """A member as others of the workspace see them."""

    user_id: UUID
    email: str
    role: Role
    joined_at: datetime


@dataclass(frozen=True)
class Standing:
    """Somebody in a workspace, and how many owners that has; read under its lock."""

    role: Role
    owners: int


def not_a_member(user_id: UUID) -> NotFound:
    """The same for somebody of another workspace and for nobody."""
    return NotFound(f"{user_id} is no member of this workspace", code="member_not_found")


def check_member(standing: Standing | None, *, user_id: UUID) -> Standing:
    """Raises NotFound `member_not_found`."""
    if standing is None:
        raise not_a_member(user_id)
    return standing


def check_still_may(role: Role | None) -> Role:
    """Whoever manages members must still be allowed to when it is done. Raises Forbidden `role_too_low`."""
    if role is None or not may(role, "members"):
        msg = "you may no longer manage the members of this workspace: ask an owner"
        raise Forbidden(msg, code="role_too_low", extra={"permission": "members"})
    return role


def check_change(actor: Role, standing: Standing, wanted: Role) -> None:
    """Raises Forbidden `owners_only` where an owner is concerned and none asks, Conflict `last_owner`."""
    if actor != "owner" and "owner" in {standing.role, wanted}:
        msg = "only an owner may make somebody an owner, or an owner something else"
        raise Forbidden(msg, code="owners_only")
    if wanted != "owner":
        check_owner_left(standing)


def check_removal(actor: Role, standing: Standing) -> None:
    """Raises Forbidden `owners_only` where an owner is to go and none asks, Conflict `last_owner`."""
    if actor != "owner" and standing.role == "owner":
        msg = "only an owner may remove an owner"
        raise Forbidden(msg, code="owners_only")
    check_owner_left(standing)


def check_owner_left(standing: Standing) -> None:
    """Raises Conflict `last_owner` when nobody would own the workspace any more."""
    if standing.role == "owner" and standing.owners < 2:
        msg = "this is the workspace's last owner: make somebody else an owner first"
        raise Conflict(msg, code="last_owner")


def check_leaving(*, other_workspaces: int) -> None:
    """Raises Conflict `only_workspace`: nobody is to be left without any."""
    if other_workspaces == 0:
        msg = "this is your only workspace: make another one first"
        raise Conflict(msg, code="only_workspace")


@dataclass(frozen=True)
class Invitation:
    """Somebody is asked to join. `mails` counts what was mailed for it; the token of the last mail is the one that serves."""

    id: UUID
    workspace_id: UUID
    workspace_name: str
    address: str
    role: Role
    invited_by: UUID
    created_at: datetime
    expires_at: datetime
    mailed_at: datetime
    mails: int
    revoked_at: datetime | None
    accepted_at: datetime | None
    accepted_by: UUID | None

    def state(self, now: datetime) -> InvitationState:
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= now else "open"


def no_invitation() -> NotFound:
    """For a token or an id that is nobody's, another workspace's, or not valid any more."""
    return NotFound(
        "there is no such invitation: it was revoked, or mailed anew with another link", code="invitation_not_found"
    )


def check_acceptable(invitation: Invitation, *, user_id: UUID, email: str, now: datetime) -> bool:
    """Whether it is still to be done: False where this very user has accepted it already.

    Raises NotFound `invitation_not_found` (revoked), Forbidden `invitation_for_another`, Conflict `invitation_used`, Gone
    `invitation_expired`.
    """
    if invitation.revoked_at is not None:
        raise no_invitation()
    if email != invitation.address:
        msg = f"you are signed in as {email}, and the invitation went to another address: sign in as that one"
        raise Forbidden(msg, code="invitation_for_another")
    if invitation.accepted_at is not None:
        if invitation.accepted_by == user_id:
            return False
        raise used()
    if invitation.expires_at <= now:
        raise Gone("the invitation has expired: ask for another one", code="invitation_expired")
    return True


def used() -> Conflict:
    """An invitation serves once."""
    return Conflict("the invitation has been used: ask for another one", code="invitation_used")
