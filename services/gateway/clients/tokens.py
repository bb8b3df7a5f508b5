"""Access tokens of the local issuer (JWT, HS256)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import jwt

from libs.common.errors import Unauthenticated

AUDIENCE = "corofy"


@dataclass(frozen=True)
class AccessToken:
    """Who signed in, and in which workspace they work."""

    user_id: UUID
    workspace_id: UUID


def issue_token(token: AccessToken, *, secret: str, now: datetime, lifetime: timedelta) -> str:
    """A bearer token, valid for `lifetime`."""
    claims = {
        "aud": AUDIENCE,
        "sub": str(token.user_id),
        "wid": str(token.workspace_id),
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
    }
    return jwt.encode(claims, secret, algorithm="HS256")


def read_token(text: str, *, secret: str) -> AccessToken:
    """Check signature, audience and time. Raises Unauthenticated."""
    try:
        claims = jwt.decode(
            text, secret, algorithms=["HS256"], audience=AUDIENCE, options={"require": ["exp", "sub", "wid"]}
        )
        return AccessToken(user_id=UUID(claims["sub"]), workspace_id=UUID(claims["wid"]))
    except jwt.ExpiredSignatureError as error:
        msg = "the access token has expired: sign in again"
        raise Unauthenticated(msg, code="token_expired") from error
    except (jwt.PyJWTError, ValueError) as error:
        msg = "the access token is not valid: sign in again"
        raise Unauthenticated(msg, code="token_invalid") from error
