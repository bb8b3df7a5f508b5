"""What all routes of our own issuer share. Where SUPABASE_URL is set, people sign in there instead."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import AfterValidator, Field

from libs.common.clock import utc_now
from libs.common.errors import Invalid, NotFound
from services.gateway.api.access import CurrentResources, Resources, resources_of
from services.gateway.api.client_address import client_address
from services.gateway.api.gotrue import REFUSALS, GoTrueRoute, SessionBody, check_words, user_body
from services.gateway.clients.addresses import normal_address
from services.gateway.clients.tokens import issue_token
from services.gateway.domain.members import MAX_PASSWORD_CHARS, check_password
from services.gateway.domain.sessions import SignedIn
from services.gateway.domain.tokens import Vouched, claims_for

Email = Annotated[str, Field(max_length=320), AfterValidator(normal_address)]
Password = Annotated[str, Field(max_length=MAX_PASSWORD_CHARS)]
Words = Annotated[dict[str, Any], AfterValidator(check_words)]


def signs_in_here(resources: Annotated[Resources, Depends(resources_of)]) -> None:
    """Raises NotFound where Supabase signs people in."""
    if resources.settings.supabase_url:
        msg = f"people sign in at {resources.settings.issuer}, not here"
        raise NotFound(msg, code="signs_in_elsewhere")


def issuer_router() -> APIRouter:
    """Routes below /auth/v1."""
    return APIRouter(
        prefix="/auth/v1",
        tags=["signing in"],
        responses=REFUSALS,
        route_class=GoTrueRoute,
        dependencies=[Depends(signs_in_here)],
    )


def client_of(request: Request, resources: CurrentResources) -> str:
    """Where the request comes from."""
    return client_address(request, proxies=resources.settings.proxies_in_front)


Client = Annotated[str, Depends(client_of)]


def check_new_password(password: str, *, email: str) -> None:
    """Raises Invalid `weak_password`, whose reasons are GoTrue's own words."""
    try:
        check_password(password, email=email)
    except Invalid as error:
        reason = "length" if error.code == "password_too_short" else "characters"
        raise Invalid(error.message, code="weak_password", extra={"weak_password": {"reasons": [reason]}}) from error


def session_body(signed_in: SignedIn, resources: Resources) -> SessionBody:
    """A session, with an access token that begins now."""
    settings, now = resources.settings, utc_now()
    vouched = Vouched(signed_in.user.id, signed_in.user.email, signed_in.session_id)
    claims = claims_for(
        vouched, words=signed_in.user.words, issuer=settings.issuer, now=now, lifetime=settings.access_token_lifetime
    )
    return SessionBody(
        access_token=issue_token(claims, secret=settings.auth_secret.get_secret_value()),
        expires_in=claims["exp"] - claims["iat"],
        expires_at=claims["exp"],
        refresh_token=signed_in.refresh_token,
        user=user_body(signed_in.user),
    )
