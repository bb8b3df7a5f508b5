"""Access tokens (JWT): issued by ourselves, or by Supabase Auth, and checked in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from libs.common.errors import Unauthenticated
from services.gateway.clients.jwks import Jwks, PublicKey
from services.gateway.domain.tokens import (
    ASYMMETRIC,
    AUDIENCE,
    LEEWAY_S,
    MAX_TOKEN_CHARS,
    SYMMETRIC,
    Vouched,
    invalid,
    vouched_by,
)

_REQUIRED = ["exp", "iat", "sub", "iss", "aud"]


def issue_token(claims: Mapping[str, Any], *, secret: str) -> str:
    """A bearer token of our own, signed with HMAC-SHA256."""
    return jwt.encode(dict(claims), secret, algorithm=SYMMETRIC)


@dataclass(frozen=True)
class Verifier:
    """Whose tokens are believed. `algorithms` is by configuration alone: what a token says of itself only picks one of them.
    The secret is the only key of HS256, and a published key is never one."""

    issuer: str
    algorithms: frozenset[str]
    secret: str = ""
    jwks: Jwks | None = None

    async def read(self, token: str) -> Vouched:
        """Check signature, issuer, audience and times (`exp`, `nbf`, `iat`). Raises Unauthenticated `token_expired` or
        `token_invalid`, Forbidden for users who cannot be let in, KeysUnavailable."""
        if len(token) > MAX_TOKEN_CHARS:
            raise invalid()
        algorithm, key = await self._key_for(token)
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=AUDIENCE,
                issuer=self.issuer,
                leeway=LEEWAY_S,
                options={"require": _REQUIRED},
            )
        except jwt.ExpiredSignatureError as error:
            msg = "the access token has expired: refresh the session, or sign in again"
            raise Unauthenticated(msg, code="token_expired") from error
        except (jwt.PyJWTError, ValueError) as error:
            raise invalid() from error
        return vouched_by(claims)

    async def _key_for(self, token: str) -> tuple[str, str | PublicKey]:
        """The algorithm and the key to check a token with: by configuration and key id. Keys, and addresses of keys, that a
        token brings along (`jwk`, `jku`, `x5u`) are not looked at."""
        if self.secret and self.algorithms == frozenset({SYMMETRIC}):
            # There is nothing to pick: to read the token for that would be to read it twice.
            return SYMMETRIC, self.secret
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError) as error:
            raise invalid() from error
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in self.algorithms:
            raise invalid()
        if algorithm == SYMMETRIC and self.secret:
            return algorithm, self.secret
        if algorithm in ASYMMETRIC and self.jwks is not None and isinstance(kid, str):
            key = await self.jwks.find(kid, algorithm=algorithm)
            if key is not None:
                return algorithm, key
        raise invalid()

    async def close(self) -> None:
        """Let go of what fetches keys."""
        if self.jwks is not None:
            await self.jwks.close()
