"""Sign up, sign in, who am I."""

from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from libs.common.clock import utc_now
from libs.common.http.dependencies import OpenUowDep
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.ids import new_id
from services.gateway.api.access import CurrentCaller, CurrentResources, is_operator
from services.gateway.api.bodies import SmallBodyRoute
from services.gateway.clients.addresses import normal_address
from services.gateway.clients.passwords import hash_password
from services.gateway.clients.tokens import AccessToken, issue_token
from services.gateway.domain.members import MAX_PASSWORD_CHARS, Member, check_password, check_public
from services.gateway.repositories import members
from services.gateway.settings import GatewaySettings
from services.gateway.use_cases.sign_in import sign_in
from services.gateway.use_cases.sign_up import sign_up

router = APIRouter(prefix="/v1", tags=["who am I"], responses=PROBLEM_RESPONSES, route_class=SmallBodyRoute)


Email = Annotated[str, Field(max_length=320), AfterValidator(normal_address)]
Password = Annotated[str, Field(max_length=MAX_PASSWORD_CHARS)]


class SignUpRequest(BaseModel):
    """A new user and the name of their workspace."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    password: Password
    workspace_name: Annotated[str, Field(min_length=1, max_length=200)]


class TokenRequest(BaseModel):
    """What proves who you are."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    password: Password


class TokenResponse(BaseModel):
    """A bearer token; `expires_in` is in seconds."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the name of the scheme, not a secret
    expires_in: int
    workspace_id: UUID
    user_id: UUID


class MeResponse(BaseModel):
    """Who is signed in, and where."""

    user_id: UUID
    email: str
    workspace_id: UUID
    workspace_name: str
    role: str
    operator: bool


@router.post("/auth/sign-up", status_code=201, openapi_extra={"security": []})
async def post_sign_up(body: SignUpRequest, open_uow: OpenUowDep, resources: CurrentResources) -> TokenResponse:
    """Make a user and a workspace, and sign in. 409 `email_taken`; 403 `address_reserved` for an operator's address."""
    check_public(body.email, reserved=resources.settings.reserved)
    check_password(body.password, email=body.email)
    password_hash = await hash_password(body.password)
    async with open_uow() as uow:
        member = await sign_up(
            email=body.email,
            password_hash=password_hash,
            workspace_name=body.workspace_name,
            user_id=new_id(),
            workspace_id=new_id(),
            uow=uow,
        )
    return _token_for(member, resources.settings)


@router.post("/auth/token", openapi_extra={"security": []})
async def post_token(body: TokenRequest, open_uow: OpenUowDep, resources: CurrentResources) -> TokenResponse:
    """Sign in. 401 `credentials_wrong`."""
    member = await sign_in(email=body.email, password=body.password, open_uow=open_uow)
    return _token_for(member, resources.settings)


@router.get("/me")
async def get_me(caller: CurrentCaller, resources: CurrentResources, open_uow: OpenUowDep) -> MeResponse:
    """Who is asking."""
    async with open_uow() as uow:
        workspace_name = await members.name_of_workspace(uow.conn, caller.workspace_id)
    return MeResponse(
        user_id=caller.user_id,
        email=caller.email,
        workspace_id=caller.workspace_id,
        workspace_name=workspace_name,
        role=caller.role,
        operator=is_operator(caller, resources.settings),
    )


def _token_for(member: Member, settings: GatewaySettings) -> TokenResponse:
    lifetime: timedelta = settings.access_token_lifetime
    token = issue_token(
        AccessToken(user_id=member.user_id, workspace_id=member.workspace_id),
        secret=settings.auth_secret.get_secret_value(),
        now=utc_now(),
        lifetime=lifetime,
    )
    return TokenResponse(
        access_token=token,
        expires_in=int(lifetime.total_seconds()),
        workspace_id=member.workspace_id,
        user_id=member.user_id,
    )
