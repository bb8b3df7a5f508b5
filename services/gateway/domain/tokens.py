"""What an access token says, in the words of Supabase Auth, whoever issued it.

Wire format: https://supabase.com/docs/guides/auth/jwt-fields
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from libs.common.errors import Forbidden, Invalid, Unauthenticated

AUDIENCE = "authenticated"
ASYMMETRIC = frozenset({"ES256", "RS256"})
SYMMETRIC = "HS256"
LEEWAY_S = 30
"""How far the clocks of issuer and gateway may differ. A token that expired longer ago is refused."""
MAX_TOKEN_CHARS = 8192
MAX_NAME_CHARS = 200
MAX_WORDS_CHARS = 4096
"""Of what users say of themselves, as a token holds it."""


@dataclass(frozen=True)
class Vouched:
    """Whom an issuer vouches for. `email_proved` is what the issuer itself says; `name` is what the user would call their
    workspace; at `until` the token is believed no more. Nothing here says what somebody may do."""

    user_id: UUID
    email: str
    session_id: UUID | None
    email_proved: bool = False
    name: str = ""
    until: datetime | None = None


def vouched_by(claims: Mapping[str, Any]) -> Vouched:
    """What checked claims say. Raises Unauthenticated `token_invalid` where they are not those of a user; Forbidden
    `user_anonymous` or `email_missing` for users who cannot be let in.

    `app_metadata` and `user_metadata` give nothing: users write the second themselves, `email_verified` in it included.
    """
    try:
        user_id = UUID(str(claims["sub"]))
        session_id = UUID(str(claims["session_id"])) if claims.get("session_id") else None
        until = datetime.fromtimestamp(int(claims["exp"]) + LEEWAY_S, UTC)
    except (KeyError, ValueError, TypeError, OverflowError, OSError) as error:
        raise invalid() from error
    if claims.get("role") != AUDIENCE:
        raise invalid()
    if claims.get("is_anonymous") is True:
        msg = "an anonymous user has no workspace: sign in with an address"
        raise Forbidden(msg, code="user_anonymous")
    email = claims.get("email")
    if not isinstance(email, str) or "@" not in email:
        msg = "the account has no email address: give it one, and sign in again"
        raise Forbidden(msg, code="email_missing")
    proved = claims.get("email_verified") is True
    name = chosen_name(claims.get("user_metadata"))
    return Vouched(user_id, email.strip().lower(), session_id, proved, name, until)


def chosen_name(words: object) -> str:
    """What users would call their workspace, of what they say of themselves. Empty where they say nothing that will do."""
    name = words.get("workspace_name") if isinstance(words, Mapping) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if not isinstance(name, str):
        return ""
    return " ".join("".join(char if char.isprintable() else " " for char in name).split())[:MAX_NAME_CHARS]


def check_words_fit(words: Mapping[str, Any]) -> None:
    """What users say of themselves stands in each of their tokens, where a character beyond ASCII takes up to twelve: with more
    of it no token of theirs could be read (MAX_TOKEN_CHARS). Raises Invalid `validation_failed`."""
    written = len(json.dumps(dict(words), separators=(",", ":")))
    if written > MAX_WORDS_CHARS:
        msg = f"data takes {written} characters of JSON in all, without characters beyond ASCII: use at most {MAX_WORDS_CHARS}"
        raise Invalid(msg, code="validation_failed")


def claims_for(
    vouched: Vouched, *, words: Mapping[str, Any], issuer: str, now: datetime, lifetime: timedelta
) -> dict[str, Any]:
    """The claims of a token of our own, as Supabase Auth writes them."""
    issued = int(now.timestamp())
    return {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": str(vouched.user_id),
        "iat": issued,
        "exp": issued + int(lifetime.total_seconds()),
        "email": vouched.email,
        "phone": "",
        "role": AUDIENCE,
        "session_id": str(vouched.session_id),
        "aal": "aal1",
        "amr": [{"method": "password", "timestamp": issued}],
        "is_anonymous": False,
        "app_metadata": APP_METADATA,
        "user_metadata": dict(words),
    }


APP_METADATA = {"provider": "email", "providers": ["email"]}


def invalid() -> Unauthenticated:
    """One answer for whatever is wrong with a token, so that nobody learns how far a forged one got."""
    msg = "the access token is not valid: sign in again"
    return Unauthenticated(msg, code="token_invalid")
