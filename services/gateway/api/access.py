"""Who is asking the gateway: the bearer becomes a caller, the caller an internal identity."""

from dataclasses import dataclass, field, replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from libs.common.clock import utc_now
from libs.common.errors import AppError, MethodNotAllowed, NotFound, Unauthenticated
from libs.common.http.dependencies import OpenUowDep, platform_of
from libs.common.http.identity import Identity
from libs.common.ids import new_id
from libs.common.uow import OpenUow
from services.gateway.api.bounds import wrong_method
from services.gateway.clients.services import Services
from services.gateway.clients.tokens import Verifier
from services.gateway.clients.webhook_secrets import WebhookRing
from services.gateway.domain.callers import KEY_PREFIX, Caller
from services.gateway.domain.permissions import Permission, check_permitted, permission_for, roles_with
from services.gateway.domain.requests import Admitted, Allowance, Toll
from services.gateway.domain.routing import PUBLIC, public_owner_of
from services.gateway.live import LiveHub
from services.gateway.rooms import ExportRoom, PublicRoom, public_rooms
from services.gateway.settings import GatewaySettings
from services.gateway.use_cases.authenticate_key import authenticate_key
from services.gateway.use_cases.authenticate_user import authenticate_user
from services.gateway.use_cases.count_request import count_request, hold_to_own
from services.gateway.witness import Witness

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
    witness: Witness = field(default_factory=Witness)


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


Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer_scheme)]


async def counted_caller(
    request: Request, open_uow: OpenUowDep, resources: CurrentResources, credentials: Bearer
) -> Caller:
    """Who is behind the bearer, held to how many requests they may make, and to nothing else. Raises as `admit` does."""
    return (await _counted(request, credentials, resources=resources, open_uow=open_uow)).caller


async def permitted_caller(
    request: Request, resources: CurrentResources, open_uow: OpenUowDep, credentials: Bearer
) -> Caller:
    """Who is asking, who may ask for this: see `admit`."""
    return (await admit(request, credentials, resources=resources, open_uow=open_uow)).caller


async def admit(
    request: Request,
    credentials: HTTPAuthorizationCredentials | None,
    *,
    resources: Resources,
    open_uow: OpenUow,
    plan_counts: bool = False,
) -> Admitted:
    """Who is behind the bearer as they are now, in the workspace of `X-Workspace-Id` or in the one they joined first; they may
    ask for this, as the table in `domain/permissions.py` says. With `plan_counts` a request that passes is counted against the
    plan of the workspace too; to hold it to that is left to whoever asks.

    Raises Unauthenticated; NotFound `workspace_not_found`, the same for one of others and for none; RateLimited
    `too_many_requests`; NotFound `route_not_found` for a path that is in no table, MethodNotAllowed for one that takes other
    methods; Forbidden `role_too_low`, `scope_missing`, `people_only`, `operators_only`.
    """
    path: str = request.scope["path"]
    permission = permission_for(request.method, path.removeprefix("/v1/")) if path.startswith("/v1/") else None
    wrong = wrong_method(request)
    # In the one look at who they are, so that a request takes one trip to the database.
    counted_as = permission if plan_counts and wrong is None else None
    admitted = await _counted(request, credentials, counted_as=counted_as, resources=resources, open_uow=open_uow)
    if permission is None:
        raise _nothing_there(path, method=request.method)
    check_permitted(admitted.caller, permission, operator=is_operator(admitted.caller, resources.settings))
    if wrong is not None:
        raise wrong
    if plan_counts and permission == "operations":
        # Who is an operator is not for the database to say.
        plan = await count_request(admitted.caller.workspace_id, open_uow=open_uow)
        return replace(admitted, counted=replace(admitted.counted, plan=plan))
    return admitted


async def _counted(
    request: Request,
    credentials: HTTPAuthorizationCredentials | None,
    *,
    counted_as: Permission | None = None,
    resources: Resources,
    open_uow: OpenUow,
) -> Admitted:
    if credentials is None:
        msg = "there is no access token: send `Authorization: Bearer <token>`; POST /auth/v1/token gives one"
        raise Unauthenticated(msg, code="token_missing")
    bearer, workspace_id, settings = credentials.credentials, _named_workspace(request), resources.settings
    by_key = bearer.startswith(KEY_PREFIX)
    most = settings.key_requests_per_minute if by_key else settings.user_requests_per_minute
    toll = Toll(most) if counted_as is None else Toll(most, roles_with(counted_as), counted_as)
    if by_key:
        admitted = await authenticate_key(bearer, workspace_id=workspace_id, toll=toll, open_uow=open_uow)
    else:
        vouched, own = await resources.verifier.read(bearer), not settings.supabase_url
        admitted = await authenticate_user(
            vouched, own=own, workspace_id=workspace_id, toll=toll, now=utc_now(), open_uow=open_uow
        )
    hold_to_own(admitted.caller, admitted.counted.own)
    tell_limit(request, admitted.counted.own)
    return admitted


def _named_workspace(request: Request) -> UUID | None:
    named = request.headers.get(WORKSPACE_HEADER)
    try:
        return None if named is None else UUID(named)
    except ValueError:
        return NOWHERE


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
