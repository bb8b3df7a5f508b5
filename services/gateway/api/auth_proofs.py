"""Proving an address by what is mailed to it: a forgotten password, a sign-up that is confirmed."""

import secrets
from typing import Annotated, Any, Literal
from urllib.parse import urlencode, urlsplit

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse

from libs.common.clock import utc_now
from libs.common.errors import Forbidden
from libs.common.http.dependencies import OpenUowDep
from libs.common.ids import new_id
from libs.common.uow import OpenUow
from services.gateway.api.access import CurrentResources, Resources
from services.gateway.api.account_log import AccountLog, CurrentLog
from services.gateway.api.gotrue import SessionBody
from services.gateway.api.issuer import Client, Email, issuer_router, session_body
from services.gateway.clients.passwords import hash_password
from services.gateway.domain.sessions import Proof
from services.gateway.repositories import proofs
from services.gateway.use_cases.limit_attempts import limit_attempts
from services.gateway.use_cases.prove_address import prove_address

router = issuer_router()

MailedToken = Annotated[str, Field(min_length=1, max_length=200)]
_KINDS: dict[str, Proof] = {"recovery": "recovery", "signup": "signup", "email": "signup"}


class RecoverRequest(BaseModel):
    """Whose password is forgotten."""

    email: Email


class ResendRequest(BaseModel):
    """Whose confirmation has not come."""

    type: Literal["signup"]
    email: Email


class VerifyRequest(BaseModel):
    """What the link in the mail holds."""

    type: Literal["recovery", "signup", "email"]
    token_hash: MailedToken | None = None
    token: MailedToken | None = None


@router.post("/recover", openapi_extra={"security": []})
async def post_recover(
    body: RecoverRequest, open_uow: OpenUowDep, client: Client, account: CurrentLog
) -> dict[str, Any]:
    """Mail a link that lets its reader in, to choose a new password. The answer is the same for an address nobody has."""
    answer = await _ask("recovery", body.email, open_uow=open_uow, client=client)
    account.tried(body.email, status=200)
    return answer


@router.post("/resend", openapi_extra={"security": []})
async def post_resend(
    body: ResendRequest, open_uow: OpenUowDep, resources: CurrentResources, client: Client
) -> dict[str, Any]:
    """Mail the confirmation of a sign-up once more. The answer is the same for an address nobody has."""
    if body.email in resources.settings.reserved:
        # Nobody signs up with an operator's address: who did before it was one is not to be confirmed by a click.
        await limit_attempts("mail", client=client, email=body.email, open_uow=open_uow)
        return {}
    return await _ask("signup", body.email, open_uow=open_uow, client=client)


@router.post("/verify", openapi_extra={"security": []})
async def post_verify(
    body: VerifyRequest, open_uow: OpenUowDep, resources: CurrentResources, client: Client, account: CurrentLog
) -> SessionBody:
    """Sign in with what was mailed. It serves once."""
    await limit_attempts("token", client=client, email=None, open_uow=open_uow)
    token = body.token_hash or body.token or ""
    return await _verify(token, kind=_KINDS[body.type], resources=resources, account=account, open_uow=open_uow)


@router.get("/verify", openapi_extra={"security": []}, status_code=303, response_class=RedirectResponse)
async def get_verify(
    open_uow: OpenUowDep,
    resources: CurrentResources,
    client: Client,
    account: CurrentLog,
    token: Annotated[str, Query(min_length=1, max_length=200)],
    kind: Annotated[Literal["recovery", "signup", "email"], Query(alias="type")],
    redirect_to: Annotated[str, Query(max_length=2000)] = "",
) -> RedirectResponse:
    """The same for who follows a link: to a page of the web app, with the session, or what was wrong, behind the `#`."""
    await limit_attempts("token", client=client, email=None, open_uow=open_uow)
    page = _page(redirect_to, kind=kind, resources=resources)
    try:
        session = await _verify(token, kind=_KINDS[kind], resources=resources, account=account, open_uow=open_uow)
        told = {**session.model_dump(exclude={"user"}), "type": kind}
    except Forbidden as error:
        told = {"error": "access_denied", "error_code": error.code, "error_description": error.message}
    return RedirectResponse(f"{page}#{urlencode(told)}", status_code=303, headers={"Cache-Control": "no-store"})


async def _ask(kind: Proof, email: str, *, open_uow: OpenUow, client: str) -> dict[str, Any]:
    await limit_attempts("mail", client=client, email=email, open_uow=open_uow)
    async with open_uow() as uow:
        await proofs.ask(uow.conn, request_id=new_id(), email=email, kind=kind)
    return {}


async def _verify(
    token: str, *, kind: Proof, resources: Resources, account: AccountLog, open_uow: OpenUow
) -> SessionBody:
    nobodys_hash = await hash_password(secrets.token_urlsafe(32))
    async with open_uow() as uow:
        signed_in = await prove_address(
            token,
            kind=kind,
            session_id=new_id(),
            refresh_token=secrets.token_urlsafe(32),
            nobodys_hash=nobodys_hash,
            now=utc_now(),
            uow=uow,
        )
        await account.write(uow, signed_in.user, proof=kind)
    return session_body(signed_in, resources)


def _page(asked: str, *, kind: str, resources: Resources) -> str:
    """Where the reader is sent: only to pages of ours is a session handed."""
    app = resources.settings.app_base_url.rstrip("/")
    known = {_origin(app), *(_origin(origin) for origin in resources.settings.origins)}
    if _origin(asked)[1] and _origin(asked) in known:
        return asked.partition("#")[0]
    return f"{app}/{'reset' if kind == 'recovery' else 'confirm'}"


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ("", "")
    return (parts.scheme, parts.netloc)
