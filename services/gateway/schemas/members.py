"""Workspaces, members, invitations: as the HTTP edge takes and shows them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.gateway.clients.addresses import normal_address
from services.gateway.domain.callers import Role
from services.gateway.domain.membership import InvitationState, leads_somewhere

OneLine = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
    ),
]


def _leads_nowhere(name: str) -> str:
    if leads_somewhere(name):
        msg = "The name of a workspace stands in mails and may hold no link: leave out `://` and `www.`"
        raise ValueError(msg)
    return name


WorkspaceName = Annotated[OneLine, AfterValidator(_leads_nowhere)]
Zone = Annotated[str, Field(min_length=1, max_length=64, examples=["Europe/Berlin"])]
Address = Annotated[str, Field(max_length=320, examples=["ada@example.com"]), AfterValidator(normal_address)]
InvitedRole = Literal["admin", "member", "viewer"]


class Body(BaseModel):
    """What is sent to us: nothing beside the fields that are named."""

    model_config = ConfigDict(extra="forbid")


class NewWorkspace(Body):
    """`time_zone` says when its day begins."""

    name: WorkspaceName
    time_zone: Zone = "UTC"


class WorkspaceChange(Body):
    """What is left out stays as it is."""

    name: WorkspaceName | None = None
    time_zone: Zone | None = None


class DeletedWorkspace(BaseModel):
    """A workspace that is deleted: what was in it is being erased."""

    id: UUID
    deleted_at: datetime


class WorkspaceOut(BaseModel):
    """A workspace as the caller sees it: `role` is what they are in it."""

    id: UUID
    name: str
    time_zone: str
    role: Role
    created_at: datetime


class WorkspacePage(BaseModel):
    """By id."""

    items: Sequence[WorkspaceOut]
    next_cursor: str | None


class MemberOut(BaseModel):
    """Somebody who works in the workspace."""

    user_id: UUID
    email: str
    role: Role
    joined_at: datetime


class MemberPage(BaseModel):
    """By id."""

    items: Sequence[MemberOut]
    next_cursor: str | None


class RoleChange(Body):
    """What a member is to be."""

    role: Role


class NewOwner(Body):
    """Who is to own the workspace: a member of it."""

    user_id: UUID


class NewInvitation(Body):
    """Whom to invite, and as what. Owners are made of members."""

    email: Address
    role: InvitedRole = "member"


class InvitationToken(Body):
    """What stands behind `#token=` in the link of the mail."""

    token: Annotated[str, Field(min_length=1, max_length=200)]


class InvitationOut(BaseModel):
    """An invitation. `state` is open, expired, revoked or accepted."""

    id: UUID
    email: str
    role: Role
    state: InvitationState
    invited_by: UUID
    created_at: datetime
    expires_at: datetime
    mailed_at: datetime


class InvitationPage(BaseModel):
    """Newest first."""

    items: Sequence[InvitationOut]
    next_cursor: str | None


class JoinedOut(BaseModel):
    """The workspace that was joined: name it in `X-Workspace-Id`."""

    workspace_id: UUID
    workspace_name: str
    role: Role
