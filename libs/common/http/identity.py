"""The signed internal identity: the gateway says who is asking, and no service believes anybody else."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from itsdangerous import BadData, URLSafeSerializer

from libs.common.clock import utc_now
from libs.common.errors import Forbidden, Unauthenticated

IDENTITY_HEADER = "X-Corofy-Identity"
LABEL = b"corofy internal identity v1"
LIFETIME = timedelta(seconds=60)
LEEWAY = timedelta(seconds=5)
SIGNED_BY = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
ADMINS = frozenset({"owner", "admin"})
"""The roles that may settle things for a whole workspace."""
VIEWER = "viewer"
"""The role that only looks. The gateway lets no change of a viewer's through; what moves mail does not rest on that alone."""


@dataclass(frozen=True)
class Identity:
    """Who is asking: a user in a workspace. `operator` may see the inside of services and grant credits. `email` is the user's
    own address; empty where nobody in particular asks."""

    workspace_id: UUID
    user_id: UUID
    role: str
    request_id: str
    operator: bool = False
    email: str = ""


def sign_identity(identity: Identity, *, secret: str, now: datetime) -> str:
    """A token for one hop, signed with HMAC-SHA256, valid for 60 seconds."""
    claims = {
        "exp": int((now + LIFETIME).timestamp()),
        "wid": str(identity.workspace_id),
        "uid": str(identity.user_id),
        "role": identity.role,
        "rid": identity.request_id,
        "op": identity.operator,
        "email": identity.email,
    }
    return _signer(secret).dumps(claims)


def read_identity(token: str, *, secret: str) -> Identity:
    """Check the signature and the time. Raises Unauthenticated."""
    try:
        claims = _signer(secret).loads(token)
        if claims["exp"] + LEEWAY.total_seconds() < utc_now().timestamp():
            raise BadData("it has expired")
        return Identity(
            workspace_id=UUID(claims["wid"]),
            user_id=UUID(claims["uid"]),
            role=str(claims["role"]),
            request_id=str(claims["rid"]),
            operator=bool(claims["op"]),
            email=str(claims.get("email", "")),
        )
    except (BadData, ValueError, KeyError) as error:
        msg = "the internal identity is not valid: requests reach this service through the gateway"
        raise Unauthenticated(msg, code="identity_invalid") from error


def _signer(secret: str) -> URLSafeSerializer:
    """The label makes a key of its own: this signature proves nothing elsewhere, and no other proves anything here."""
    return URLSafeSerializer(secret, salt=LABEL, signer_kwargs=SIGNED_BY)


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


def member_identity(identity: CurrentIdentity) -> Identity:
    """Somebody asks who may change things. Raises Forbidden for whoever only looks."""
    if identity.role == VIEWER:
        msg = "a viewer of the workspace looks and changes nothing: ask an owner or an admin for another role"
        raise Forbidden(msg, code="members_only")
    return identity


MemberIdentity = Annotated[Identity, Depends(member_identity)]


def admin_identity(identity: CurrentIdentity) -> Identity:
    """Somebody asks who may settle things for a whole workspace. Raises Forbidden for anybody else."""
    if identity.role not in ADMINS:
        msg = "only an owner or an admin of the workspace may do this: ask one of them"
        raise Forbidden(msg, code="admins_only")
    return identity


AdminIdentity = Annotated[Identity, Depends(admin_identity)]
