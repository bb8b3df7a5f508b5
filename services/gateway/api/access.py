"""Who is asking the gateway: the bearer becomes a caller, the caller an internal identity."""

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from libs.common.clock import utc_now
from libs.common.errors import AppError, MethodNotAllowed, NotFound, Unauthenticated
from libs.common.http.dependencies import OpenUowDep, platform_of
from libs.common.http.identity import Identity
from libs.common.ids import new_id
from services.gateway.api.bounds import check_method
from services.gateway.clients.services import Services
from services.gateway.clients.tokens import Verifier
from services.gateway.clients.webhook_secrets import WebhookRing
from services.gateway.domain.callers import KEY_PREFIX, Caller
from services.gateway.domain.permissions import check_permitted, permission_for
from services.gateway.domain.requests import Allowance
from services.gateway.domain.routing import PUBLIC, public_owner_of
from services.gateway.live import LiveHub
from services.gateway.rooms import ExportRoom, PublicRoom, public_rooms
from services.gateway.settings import GatewaySettings
from services.gateway.use_cases.authenticate_key import authenticate_key
from services.gateway.use_cases.authenticate_user import authenticate_user, not_there
from services.gateway.use_cases.count_caller import count_caller

bearer_scheme = HTTPBearer(
    auto_error=False, description="The access token of `POST /auth/v1/token`, or of Supabase Auth; or an API key."
)


@dataclass(frozen=True)
class Resources:
    """What the gateway's routes need."""

    settings: GatewaySettings
    services: Services
    hub: LiveHub
    verifier: Verifier
    webhook_ring: WebhookRing = field(default_factory=WebhookRing)
    public: dict[str, PublicRoom] = field(default_factory=public_rooms)
    """Room for requests of people nobody knows, by the first segment of their path: a crowd at one is none at another."""
    exports: ExportRoom = field(default_factory=ExportRoom)


def resources_of(request: Request) -> Resources:
    """This process's resources."""
    resources = request.app.state.parts.resources
    assert isinstance(resources, Resources)
    return resources


async def _resources(request: Request) -> Resources:
    """A coroutine, as a plain function would be called in a thread."""
    return resources_of(request)


CurrentResources = Annotated[Resources, Depends(_resources)]


WORKSPACE_HEADER = "X-Workspace-Id"
NOWHERE = UUID(int=0)
"""What is no id is the id of nobody's workspace."""


async def current_caller(
    request: Request,
    open_uow: OpenUowDep,
    resources: CurrentResources,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer_scheme)],
) -> Caller:
    """Who is behind the bearer as they are now, in the workspace of `X-Workspace-Id`, or in the one they joined first.

    Raises Unauthenticated; NotFound `workspace_not_found`, the same for one of others and for none.
    """
    if credentials is None:
        msg = "there is no access token: send `Authorization: Bearer <token>`; POST /auth/v1/token gives one"
        raise Unauthenticated(msg, code="token_missing")
    bearer = credentials.credentials
    if bearer.startswith(KEY_PREFIX):
        caller = await authenticate_key(bearer, open_uow=open_uow)
        # A key is of one workspace.
        if _named_workspace(request) not in {None, caller.workspace_id}:
            raise not_there()
        return caller
    vouched = await resources.verifier.read(bearer)
    own, workspace_id = not resources.settings.supabase_url, _named_workspace(request)
    return await authenticate_user(vouched, own=own, workspace_id=workspace_id, now=utc_now(), open_uow=open_uow)


def _named_workspace(request: Request) -> UUID | None:
    named = request.headers.get(WORKSPACE_HEADER)
    try:
        return None if named is None else UUID(named)
    except ValueError:
        return NOWHERE


async def permitted_caller(
    request: Request,
    caller: Annotated[Caller, Depends(current_caller)],
    resources: CurrentResources,
    open_uow: OpenUowDep,
) -> Caller:
    """Who is asking, who may ask for this: as the table in `domain/permissions.py` says.

    Raises NotFound `route_not_found` for a path that is in no table, MethodNotAllowed for one that takes other methods;
    Forbidden `role_too_low`, `scope_missing`, `people_only`, `operators_only`; RateLimited `too_many_requests`.
    """
    settings = resources.settings
    most = settings.user_requests_per_minute if caller.key_id is None else settings.key_requests_per_minute
    tell_limit(request, await count_caller(caller, most=most, open_uow=open_uow))
    path: str = request.scope["path"]
    permission = permission_for(request.method, path.removeprefix("/v1/")) if path.startswith("/v1/") else None
    if permission is None:
        raise _nothing_there(path, method=request.method)
    check_permitted(caller, permission, operator=is_operator(caller, resources.settings))
    check_method(request)
    return caller


def _nothing_there(path: str, *, method: str) -> AppError:
    below = path.removeprefix("/v1/")
    if path.startswith("/v1/") and public_owner_of(below):
        allow = ", ".join(PUBLIC[below.partition("/")[0]].methods)
        return MethodNotAllowed(f"{path} takes {allow}, not {method}: see /openapi.json", extra={"allow": allow})
    return NotFound(f"there is no {path}: see /openapi.json", code="route_not_found")


CurrentCaller = Annotated[Caller, Depends(permitted_caller)]


def tell_limit(request: Request, allowance: Allowance | None) -> None:
    """The answer's `RateLimit-*` headers are those of the limit that is reached first."""
    told: Allowance | None = getattr(request.state, "allowance", None)
    if allowance is not None and (told is None or allowance.remaining < told.remaining):
        request.state.allowance = allowance


def request_id_of(request: Request) -> str:
    """The asker's word for the request, else ours; the same whenever it is asked for."""
    if not hasattr(request.state, "request_id"):
        request.state.request_id = request.headers.get("X-Request-Id") or str(new_id())
    return request.state.request_id


def identity_of(caller: Caller, request: Request) -> Identity:
    """What the services are told. A key never makes an operator."""
    settings = platform_of(request).settings
    assert isinstance(settings, GatewaySettings)
    return Identity(
        workspace_id=caller.workspace_id,
        user_id=caller.user_id,
        role=caller.role,
        request_id=request_id_of(request),
        operator=is_operator(caller, settings),
        email=caller.email,
    )


def is_operator(caller: Caller, settings: GatewaySettings) -> bool:
    """Whether somebody signed in (not a key of theirs) may see the inside of services and grant credits. In production, and
    wherever somebody else vouches for users, the address has to be proved: ADMIN_EMAILS names no more than that."""
    believed = caller.email_proved or not (settings.supabase_url or settings.env == "production")
    return caller.key_id is None and believed and caller.email in settings.operators
