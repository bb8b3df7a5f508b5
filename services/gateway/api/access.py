"""Who is asking the gateway: the bearer becomes a caller, the caller an internal identity."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from libs.common.errors import Unauthenticated
from libs.common.http.dependencies import OpenUowDep, platform_of
from libs.common.http.identity import Identity
from libs.common.ids import new_id
from libs.common.uow import OpenUow
from services.gateway.clients.services import Services
from services.gateway.clients.tokens import read_token
from services.gateway.domain.callers import KEY_PREFIX, Caller
from services.gateway.live import LiveHub
from services.gateway.repositories import members
from services.gateway.rooms import PublicRoom, public_rooms
from services.gateway.settings import GatewaySettings
from services.gateway.use_cases.authenticate_key import authenticate_key

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


async def current_caller(
    open_uow: OpenUowDep,
    resources: CurrentResources,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """Who is behind the bearer, as they are now. Raises Unauthenticated."""
    if credentials is None:
        msg = "there is no access token: send `Authorization: Bearer <token>`; POST /v1/auth/token gives one"
        raise Unauthenticated(msg, code="token_missing")
    bearer = credentials.credentials
    if bearer.startswith(KEY_PREFIX):
        return await authenticate_key(bearer, open_uow=open_uow)
    return await _by_session(bearer, resources=resources, open_uow=open_uow)


async def _by_session(bearer: str, *, resources: Resources, open_uow: OpenUow) -> Caller:
    token = read_token(bearer, secret=resources.settings.auth_secret.get_secret_value())
    async with open_uow() as uow:
        member = await members.find_member(uow.conn, user_id=token.user_id, workspace_id=token.workspace_id)
    if member is None:
        msg = "you are no longer a member of this workspace: sign in again"
        raise Unauthenticated(msg, code="membership_ended")
    return Caller(member.workspace_id, member.user_id, member.email, member.role)


CurrentCaller = Annotated[Caller, Depends(current_caller)]


def identity_of(caller: Caller, request: Request) -> Identity:
    """What the services are told. A key never makes an operator."""
    settings = platform_of(request).settings
    assert isinstance(settings, GatewaySettings)
    return Identity(
        workspace_id=caller.workspace_id,
        user_id=caller.user_id,
        role=caller.role,
        request_id=request.headers.get("X-Request-Id") or str(new_id()),
        operator=is_operator(caller, settings),
        email=caller.email,
    )


def is_operator(caller: Caller, settings: GatewaySettings) -> bool:
    """Whether somebody signed in (not a key of theirs) may see the inside of services and grant credits."""
    return caller.key_id is None and caller.email in settings.operators
