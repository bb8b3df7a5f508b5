"""Somebody makes an API key for what they may do themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict, Invalid
from libs.common.uow import UnitOfWork
from services.gateway.domain.callers import Caller
from services.gateway.domain.digests import digest_of
from services.gateway.domain.keys import ENDING_CHARS, check_scopes, key_of
from services.gateway.domain.membership import check_member
from services.gateway.repositories import api_keys, memberships, workspaces

MOST_KEYS = 100
"""Valid ones of a workspace."""


@dataclass(frozen=True)
class MadeKey:
    """The one time that the key is to be seen."""

    id: UUID
    key: str


async def make_key(
    caller: Caller,
    *,
    key_id: UUID,
    secret: bytes,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
    now: datetime,
    uow: UnitOfWork,
) -> MadeKey:
    """`secret` are 32 random bytes. Raises Forbidden `scope_exceeds_role`, Invalid `expiry_passed`, Conflict `too_many_keys`."""
    if expires_at is not None and expires_at <= now:
        raise Invalid(
            f"expires_at is {expires_at.isoformat()}, which is over: choose a later moment", code="expiry_passed"
        )
    await workspaces.load(uow.conn, caller.workspace_id, lock=True)
    standing = await memberships.standing_of(uow.conn, caller.workspace_id, user_id=caller.user_id)
    check_scopes(scopes, role=check_member(standing, user_id=caller.user_id).role)
    if await api_keys.count_valid(uow.conn, caller.workspace_id, now=now) >= MOST_KEYS:
        msg = f"the workspace has {MOST_KEYS} API keys: revoke those that are not used"
        raise Conflict(msg, code="too_many_keys", extra={"limit": MOST_KEYS})
    key = key_of(secret)
    await api_keys.add(
        uow.conn,
        key_id,
        workspace_id=caller.workspace_id,
        user_id=caller.user_id,
        name=name,
        digest=digest_of(key),
        ending=key[-ENDING_CHARS:],
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    return MadeKey(key_id, key)
