"""Signing in with a password of our own, in the words of Supabase Auth: where SUPABASE_URL is set, this is done there."""

import secrets
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from libs.common.clock import utc_now
from libs.common.errors import BadRequest
from libs.common.http.dependencies import OpenUowDep
from libs.common.ids import new_id
from libs.common.logs import get_logger
from services.gateway.api.access import CurrentResources
from services.gateway.api.account_log import CurrentLog
from services.gateway.api.gotrue import SessionBody, UserBody, user_body
from services.gateway.api.issuer import (
    Client,
    Email,
    Password,
    Words,
    check_new_password,
    issuer_router,
    session_body,
)
from services.gateway.clients.passwords import hash_password
from services.gateway.domain.sessions import User
from services.gateway.domain.tokens import check_words_fit
from services.gateway.use_cases.limit_attempts import limit_attempts
from services.gateway.use_cases.refresh_session import refresh_session
from services.gateway.use_cases.sign_in import sign_in
from services.gateway.use_cases.sign_up import sign_up

log = get_logger()


router = issuer_router()


class SignUpRequest(BaseModel):
    """A new user. `data` is what they say of themselves; `workspace_name` in it names their workspace."""

    email: Email
    password: Password
    data: Words | None = None


class GrantRequest(BaseModel):
    """`email` and `password`, or `refresh_token`."""

    email: Email | None = None
    password: Password | None = None
    refresh_token: Annotated[str, Field(max_length=200)] | None = None


@router.post("/signup", openapi_extra={"security": []})
async def post_sign_up(
    body: SignUpRequest, open_uow: OpenUowDep, resources: CurrentResources, client: Client
) -> UserBody:
    """Make a user, who then signs in. A known address gets the same answer, and nothing happens to its account."""
    await limit_attempts("sign_up", client=client, email=body.email, open_uow=open_uow)
    check_new_password(body.password, email=body.email)
    check_words_fit(body.data or {})
    password_hash, settings = await hash_password(body.password), resources.settings
    user = User(new_id(), body.email, body.data or {}, None, None, utc_now())
    async with open_uow() as uow:
        if body.email in settings.reserved:
            log.warning("sign_up.reserved", note="python -m services.gateway.add_operator makes operators' accounts")
        else:
            await sign_up(
                email=body.email,
                password_hash=password_hash,
                words=user.words,
                user_id=user.id,
                confirms=new_id() if settings.confirms_sign_ups else None,
                uow=uow,
            )
    return user_body(user)


@router.post("/token", openapi_extra={"security": []})
async def post_token(
    body: GrantRequest,
    open_uow: OpenUowDep,
    resources: CurrentResources,
    client: Client,
    account: CurrentLog,
    grant_type: Annotated[str, Query(max_length=50)] = "",
) -> SessionBody:
    """Sign in (`grant_type=password`), or go on with a session (`grant_type=refresh_token`)."""
    settings, now = resources.settings, utc_now()
    if grant_type == "password" and body.email and body.password is not None:
        await limit_attempts("password", client=client, email=body.email, open_uow=open_uow)
        try:
            signed_in = await sign_in(
                email=body.email,
                password=body.password,
                session_id=new_id(),
                refresh_token=secrets.token_urlsafe(32),
                confirms=settings.confirms_sign_ups,
                note=account.write,
                now=now,
                open_uow=open_uow,
            )
        except BadRequest:
            account.tried(body.email, status=400)
            raise
    elif grant_type == "refresh_token" and body.refresh_token:
        await limit_attempts("token", client=client, email=None, open_uow=open_uow)
        secret = settings.auth_secret.get_secret_value()
        signed_in = await refresh_session(
            body.refresh_token, secret=secret, note_reuse=account.write_reuse, now=now, open_uow=open_uow
        )
    else:
        msg = "grant_type must be password (with email and password) or refresh_token (with refresh_token)"
        raise BadRequest(msg, code="validation_failed")
    return session_body(signed_in, resources)
