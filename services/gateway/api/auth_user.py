"""Who is signed in with a password of ours: look, change, leave."""

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Response
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel

from libs.common.clock import utc_now
from libs.common.errors import AppError, Forbidden, Invalid, Unauthenticated
from libs.common.http.dependencies import OpenUowDep
from libs.common.ids import new_id
from services.gateway.api.access import CurrentResources, bearer_scheme
from services.gateway.api.account_log import CurrentLog
from services.gateway.api.gotrue import UserBody, user_body
from services.gateway.api.issuer import Client, Password, Words, check_new_password, issuer_router
from services.gateway.clients.passwords import hash_password
from services.gateway.domain.sessions import User
from services.gateway.repositories import sessions, users
from services.gateway.use_cases.change_user import change_user
from services.gateway.use_cases.limit_attempts import limit_attempts
from services.gateway.use_cases.sign_out import sign_out

router = issuer_router()


@dataclass(frozen=True)
class Present:
    """A user, and the session they are here by."""

    user: User
    session_id: UUID


async def present_user(
    open_uow: OpenUowDep,
    resources: CurrentResources,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer_scheme)],
) -> Present:
    """By the access token alone: no workspace is asked for. Raises Unauthenticated `no_authorization`, Forbidden `bad_jwt` or
    `session_not_found`."""
    if credentials is None:
        msg = "This endpoint requires a valid Bearer token"
        raise Unauthenticated(msg, code="no_authorization")
    try:
        vouched = await resources.verifier.read(credentials.credentials)
    except AppError as error:
        raise Forbidden(f"invalid JWT: {error.message}", code="bad_jwt") from error
    async with open_uow.alone() as conn:
        user = await users.find_user(conn, vouched.user_id)
        session_id = vouched.session_id
        if user is None or session_id is None or not await sessions.is_open(conn, session_id, user_id=user.id):
            msg = "Session from session_id claim in JWT does not exist"
            raise Forbidden(msg, code="session_not_found")
    return Present(user, session_id)


PresentUser = Annotated[Present, Depends(present_user)]


class UserChange(BaseModel):
    """What is given is changed. An address is not changed here."""

    email: str | None = None
    password: Password | None = None
    data: Words | None = None


@router.get("/user")
async def get_user(present: PresentUser) -> UserBody:
    """Who is signed in."""
    return user_body(present.user)


@router.put("/user")
async def put_user(
    body: UserChange, present: PresentUser, open_uow: OpenUowDep, client: Client, account: CurrentLog
) -> UserBody:
    """Change the password, which ends all other sessions, or what you say of yourself."""
    if body.email is not None and body.email.strip().lower() != present.user.email:
        msg = "the address of an account cannot be changed: sign up with the other one"
        raise Invalid(msg, code="validation_failed")
    password_hash = None
    if body.password is not None:
        await limit_attempts("new_password", client=client, email=present.user.email, open_uow=open_uow)
        check_new_password(body.password, email=present.user.email)
        password_hash = await hash_password(body.password)
    async with open_uow() as uow:
        changed = await change_user(
            present.user,
            session_id=present.session_id,
            password_hash=password_hash,
            words=body.data or {},
            change_id=new_id(),
            now=utc_now(),
            uow=uow,
        )
        if password_hash is not None:
            await account.write(uow, changed, changed="password")
    return user_body(changed)


@router.post("/logout", status_code=204)
async def post_logout(
    present: PresentUser,
    open_uow: OpenUowDep,
    account: CurrentLog,
    scope: Annotated[Literal["global", "local", "others"], Query()] = "global",
) -> Response:
    """End all sessions, this one, or the others. Their access tokens are refused at once."""
    async with open_uow() as uow:
        await sign_out(present.user.id, session_id=present.session_id, scope=scope, now=utc_now(), uow=uow)
        await account.write(uow, present.user, status=204, scope=scope)
    return Response(status_code=204)
