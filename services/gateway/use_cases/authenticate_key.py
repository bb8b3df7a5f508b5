"""Prove who you are with an API key."""

from uuid import UUID

from libs.common.clock import utc_now
from libs.common.uow import OpenUow
from services.gateway.domain.digests import digest_of
from services.gateway.domain.keys import caller_of, is_well_formed
from services.gateway.domain.requests import FREE, Admitted, Counted, Toll
from services.gateway.repositories import api_keys
from services.gateway.use_cases.authenticate_user import not_there


async def authenticate_key(
    key: str, *, workspace_id: UUID | None = None, toll: Toll = FREE, open_uow: OpenUow
) -> Admitted:
    """The caller behind a key, with its maker's role as it is now. Raises Unauthenticated: `key_invalid`, `key_revoked`,
    `key_expired`; NotFound `workspace_not_found` where it is asked for in another workspace than its own. What has not the
    look of a key of ours is not looked for. Its request is counted, and not held to that."""
    now = utc_now()
    found = None
    if is_well_formed(key):
        async with open_uow.alone() as conn:
            found = await api_keys.find_used(conn, digest_of(key), workspace_id=workspace_id, toll=toll, now=now)
    known, counted = found or (None, Counted())
    caller = caller_of(known, now=now)
    if workspace_id not in {None, caller.workspace_id}:
        raise not_there()
    return Admitted(caller, counted)
