"""The signed internal identity: the gateway says who is asking, and no service believes anybody else."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import jwt
from fastapi import Depends, Request

from libs.common.errors import Forbidden, Unauthenticated

IDENTITY_HEADER = "X-Corofy-Identity"
AUDIENCE = "corofy-internal"
LIFETIME = timedelta(seconds=60)
ADMINS = frozenset({"owner", "admin"})
"""The roles that may settle things for a whole workspace."""


@dataclass(frozen=True)
class Identity:
    """Who is asking: a user in a workspace. `operator` may see the inside of services and grant credits."""

    workspace_id: UUID
    user_id: UUID
    role: str
    request_id: str
    operator: bool = False


def sign_identity(identity: Identity, *, secret: str, now: datetime) -> str:
    """A token for one hop, valid for 60 seconds (JWT, HS256)."""
    claims = {
        "aud": AUDIENCE,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        "wid": str(identity.workspace_id),
        "uid": str(identity.user_id),
        "role": identity.role,
        "rid": identity.request_id,
        "op": identity.operator,
    }
    return jwt.encode(claims, secret, algorithm="HS256")


def read_identity(token: str, *, secret: str) -> Identity:
    """Check the signature, the audience and the time. Raises Unauthenticated."""
    try:
        claims = jwt.decode(
            token, secret, algorithms=["HS256"], audience=AUDIENCE, options={"require": ["exp", "wid", "uid"]}, leeway=5
        )
        return Identity(
            workspace_id=UUID(claims["wid"]),
            user_id=UUID(claims["uid"]),
            role=str(claims["role"]),
            request_id=str(claims["rid"]),
            operator=bool(claims["op"]),
        )
    except (jwt.PyJWTError, ValueError, KeyError) as error:
        msg = "the internal identity is not valid: requests reach this service through the gateway"
        raise Unauthenticated(msg, code="identity_invalid") from error


def current_identity(request: Request) -> Identity:
    """Who is asking. Raises Unauthenticated."""
    token = request.headers.get(IDENTITY_HEADER)
    if not token:
        msg = "there is no internal identity: ask through the gateway"
        raise Unauthenticated(msg, code="identity_missing")
    return read_identity(token, secret=request.app.state.platform.settings.internal_secret.get_secret_value())


CurrentIdentity = Annotated[Identity, Depends(current_identity)]


def operator_identity(identity: CurrentIdentity) -> Identity:
    """An operator is asking. Raises Forbidden for anybody else."""
    if not identity.operator:
        msg = "only an operator may do this: the address must be listed in ADMIN_EMAILS"
        raise Forbidden(msg, code="operators_only")
    return identity


OperatorIdentity = Annotated[Identity, Depends(operator_identity)]


def admin_identity(identity: CurrentIdentity) -> Identity:
    """Somebody asks who may settle things for a whole workspace. Raises Forbidden for anybody else."""
    if identity.role not in ADMINS:
        msg = "only an owner or an admin of the workspace may do this: ask one of them"
        raise Forbidden(msg, code="admins_only")
    return identity


AdminIdentity = Annotated[Identity, Depends(admin_identity)]
