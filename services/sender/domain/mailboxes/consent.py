"""Consent to send for somebody: what is asked of Google or Microsoft, and what their answers mean (RFC 6749, RFC 7636)."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import orjson

from libs.common.errors import Conflict
from services.sender.domain.mailboxes.presets import OAuthProvider

LIFETIME: Final = timedelta(minutes=15)
"""So long a person may take at their provider."""
EARLY: Final = timedelta(minutes=2)
"""So long before its end an access token is not used any more: it has to outlive the login."""
SCOPES: Final[Mapping[OAuthProvider, str]] = {
    "google": "https://mail.google.com/ openid email",
    "microsoft": "https://outlook.office.com/SMTP.Send offline_access openid email profile",
}
_SENDS: Final[Mapping[OAuthProvider, str]] = {
    "google": "https://mail.google.com/",
    "microsoft": "https://outlook.office.com/SMTP.Send",
}
_MORE: Final[Mapping[OAuthProvider, dict[str, str]]] = {
    # Google gives a refresh token only where consent is asked for again.
    "google": {"access_type": "offline", "prompt": "consent"},
    "microsoft": {"response_mode": "query", "prompt": "select_account"},
}


@dataclass(frozen=True, slots=True)
class Consent:
    """A person of a workspace has been sent to their provider; `mailbox_id` when a mailbox is connected anew."""

    id: UUID
    workspace_id: UUID
    provider: OAuthProvider
    address: str
    name: str
    mailbox_id: UUID | None
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a provider gave. `refresh_token` is empty when the old one stays good; `address` is who signed in, where told."""

    access_token: str = field(repr=False)
    lives_s: float
    refresh_token: str = field(default="", repr=False)
    address: str = ""
    scopes: frozenset[str] = frozenset()


def authorize_url(
    provider: OAuthProvider, *, base: str, client_id: str, redirect_uri: str, state: str, verifier: str, address: str
) -> str:
    """Where the person is sent: the provider's page, which comes back to `redirect_uri` with a code."""
    asked = {
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": SCOPES[provider],
        "state": state,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
        "login_hint": address,
        **_MORE[provider],
    }
    return f"{base}?{urlencode(asked)}"


def challenge_of(verifier: str) -> str:
    """The verifier's public half (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def grant_of(answer: Mapping[str, Any]) -> Grant:
    """A token endpoint's answer. The identity token came over TLS from its maker: its signature proves nothing more
    (OpenID Connect Core, 3.1.3.7)."""
    claims = _claims(str(answer.get("id_token", "")))
    return Grant(
        access_token=str(answer["access_token"]),
        lives_s=float(answer.get("expires_in", 3600)),
        refresh_token=str(answer.get("refresh_token", "")),
        address=str(claims.get("email") or claims.get("preferred_username") or "").strip().lower(),
        scopes=frozenset(str(answer.get("scope", "")).split()),
    )


def check_grant(grant: Grant, consent: Consent) -> None:
    """Raises Conflict: `consent_incomplete` when mail may not be sent with it, `another_account` when somebody else signed in."""
    if not grant.refresh_token or _SENDS[consent.provider] not in grant.scopes:
        msg = "the permission to send mail was not given: connect again, and leave every box ticked"
        raise Conflict(msg, code="consent_incomplete")
    if grant.address != consent.address:
        msg = f"{grant.address or 'somebody else'} signed in, and {consent.address} was to be connected: choose that account"
        raise Conflict(msg, code="another_account")


def _claims(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
