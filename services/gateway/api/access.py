"""Who is asking the gateway: the bearer token becomes a member, the member an internal identity."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from libs.common.errors import Unauthenticated
from libs.common.http.dependencies import OpenUowDep, platform_of
from libs.common.http.identity import Identity
from libs.common.ids import new_id
from services.gateway.clients.services import Services
from services.gateway.clients.tokens import read_token
from services.gateway.domain.members import Member
from services.gateway.live import LiveHub
from services.gateway.repositories import members
from services.gateway.rooms import PublicRoom, public_rooms
from services.gateway.settings import GatewaySettings

_bearer = HTTPBearer(auto_error=False, description="The access token of `POST /v1/auth/token`.")


@dataclass(frozen=True)
class Resources:
    """What the gateway's routes need."""

    settings: GatewaySettings
    services: Services
    hub: LiveHub
    public: dict[str, PublicRoom] = field(default_factory=public_rooms)
    """Room for requests of people nobody knows, by the first segment of their path: a crowd at one is none at another."""


def resources_of(request: Request) -> Resources:
    """This process's resources."""
    resources = request.app.state.parts.resources
    assert isinstance(resources, Resources)
    return resources


CurrentResources = Annotated[Resources, Depends(resources_of)]


async def current_member(
    open_uow: OpenUowDep,
    resources: CurrentResources,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Member:
    """The member behind the bearer token, as they are now. Raises Unauthenticated."""
    if credentials is None:
        msg = "there is no access token: send `Authorization: Bearer <token>`; POST /v1/auth/token gives one"
        raise Unauthenticated(msg, code="token_missing")
    token = read_token(credentials.credentials, secret=resources.settings.auth_secret.get_secret_value())
    async with open_uow() as uow:
        member = await members.find_member(uow.conn, user_id=token.user_id, workspace_id=token.workspace_id)
    if member is None:
        msg = "you are no longer a member of this workspace: sign in again"
        raise Unauthenticated(msg, code="membership_ended")
    return member


CurrentMember = Annotated[Member, Depends(current_member)]


def identity_of(member: Member, request: Request) -> Identity:
    """What the services are told."""
    settings = platform_of(request).settings
    assert isinstance(settings, GatewaySettings)
    return Identity(
        workspace_id=member.workspace_id,
        user_id=member.user_id,
        role=member.role,
        request_id=request.headers.get("X-Request-Id") or str(new_id()),
        operator=member.email in settings.operators,
        email=member.email,
    )
