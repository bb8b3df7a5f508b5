"""Where a user is signed in, and the tokens that keep a session alive.

Each refresh token is used once and makes the next. It is derived from the one before, so that a refresh whose answer was lost
may be asked for again, and gets the same; only digests are stored. One that comes back later was stolen, or its thief has used
it: the session ends (RFC 9700, 4.14.2).
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

REUSE_INTERVAL = timedelta(seconds=10)
"""As Supabase Auth has it: two tabs may refresh at once, and a lost answer may be asked for again."""
IDLE = timedelta(days=30)
"""A session that nobody has refreshed for so long is over."""
MAILED_TOKEN_LIFETIME = timedelta(hours=1)
_LABEL = b"corofy refresh token v1"

Scope = Literal["global", "local", "others"]
Proof = Literal["recovery", "signup"]
"""What a mail that proves an address is for."""


@dataclass(frozen=True)
class User:
    """Somebody who signs in here. `words` is what they say of themselves; it gives them nothing."""

    id: UUID
    email: str
    words: dict[str, Any]
    email_proved_at: datetime | None
    welcomed_at: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class Held:
    """A refresh token as it is stored, and the session it belongs to."""

    session_id: UUID
    user_id: UUID
    used_at: datetime | None
    refreshed_at: datetime
    session_ended_at: datetime | None


@dataclass(frozen=True)
class SignedIn:
    """A user in a session, with the token that will refresh it."""

    user: User
    session_id: UUID
    refresh_token: str


def judge(held: Held, *, now: datetime) -> Literal["next", "again", "over", "reused"]:
    """What presenting this token comes to: the next one, the same next one again, or nothing, because the session is over or
    because the token has been used before."""
    if held.session_ended_at is not None or now - held.refreshed_at > IDLE:
        return "over"
    if held.used_at is None:
        return "next"
    return "again" if now - held.used_at <= REUSE_INTERVAL else "reused"


def successor_of(token: str, *, secret: str) -> str:
    """The token that follows: whoever knows one cannot make the next without the secret."""
    key = hmac.new(secret.encode(), _LABEL, hashlib.sha256).digest()
    made = hmac.new(key, token.encode("utf-8", "replace"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def must_prove_first(user: User, *, confirms: bool) -> bool:
    """Whether somebody with the right password has still to follow the link in the mail. Whoever was let in once stays in."""
    return confirms and user.email_proved_at is None and user.welcomed_at is None
