"""API keys: what one looks like, what of it is kept, and what one may be limited to.

`cfy_`, 43 characters of base 62 for 32 random bytes, and 6 for the CRC-32 of those: whoever looks through files for leaked keys
(`cfy_[0-9A-Za-z]{49}`) can tell one from a text that looks like it without asking us.
"""

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.errors import Forbidden, Unauthenticated
from services.gateway.domain.callers import KEY_PREFIX, Caller, Role
from services.gateway.domain.permissions import SCOPES, may

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SECRET_BYTES = 32
_SECRET_CHARS, _SUM_CHARS = 43, 6
KEY_CHARS = len(KEY_PREFIX) + _SECRET_CHARS + _SUM_CHARS
ENDING_CHARS = 4


@dataclass(frozen=True)
class KnownKey:
    """A key that is on record, and who its maker is to its workspace now (None: no member)."""

    id: UUID
    workspace_id: UUID
    user_id: UUID
    email: str
    email_proved: bool
    role: Role | None
    scopes: frozenset[str]
    expires_at: datetime | None
    revoked_at: datetime | None


def key_of(secret: bytes) -> str:
    """The key that SECRET_BYTES random bytes make."""
    body = _base62(int.from_bytes(secret, "big"), _SECRET_CHARS)
    return KEY_PREFIX + body + _sum_of(body)


def is_well_formed(key: str) -> bool:
    """Whether it may be a key of ours, by its look and its checksum."""
    body, end = key[len(KEY_PREFIX) : -_SUM_CHARS], key[-_SUM_CHARS:]
    return key.startswith(KEY_PREFIX) and len(key) == KEY_CHARS and key.isascii() and _sum_of(body) == end


def caller_of(key: KnownKey | None, *, now: datetime) -> Caller:
    """Who asks with it. Raises Unauthenticated: `key_invalid`, `key_revoked` (also when its maker is a member no more),
    `key_expired`."""
    if key is None:
        msg = "the API key is not valid: an owner or admin can look which there are"
        raise Unauthenticated(msg, code="key_invalid")
    if key.revoked_at is not None or key.role is None:
        msg = "the API key has been revoked, or whoever made it is no member any more: make another"
        raise Unauthenticated(msg, code="key_revoked")
    if key.expires_at is not None and key.expires_at <= now:
        msg = f"the API key has expired on {key.expires_at:%Y-%m-%d}: make another"
        raise Unauthenticated(msg, code="key_expired")
    return Caller(
        key.workspace_id,
        key.user_id,
        key.email,
        key.role,
        scopes=key.scopes,
        key_id=key.id,
        email_proved=key.email_proved,
        until=key.expires_at,
    )


def check_scopes(scopes: Collection[str], *, role: Role) -> None:
    """Refuse what its maker may not do. Raises Forbidden `scope_exceeds_role`."""
    beyond = sorted(scope for scope in scopes if scope not in SCOPES or not may(role, scope))
    if beyond:
        msg = f"as {role} you may not do what the scopes {', '.join(beyond)} are for: leave them out"
        raise Forbidden(msg, code="scope_exceeds_role", extra={"scopes": beyond, "role": role})


def _sum_of(body: str) -> str:
    return _base62(zlib.crc32(body.encode("ascii", "replace")), _SUM_CHARS)


def _base62(number: int, width: int) -> str:
    digits: list[str] = []
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits)).rjust(width, _DIGITS[0])
