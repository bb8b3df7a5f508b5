"""Prove who you are with an API key."""

from libs.common.clock import utc_now
from libs.common.uow import OpenUow
from services.gateway.domain.callers import Caller
from services.gateway.domain.digests import digest_of
from services.gateway.domain.keys import caller_of, is_well_formed
from services.gateway.repositories import api_keys


async def authenticate_key(key: str, *, open_uow: OpenUow) -> Caller:
    """The caller behind a key, with its maker's role as it is now. Raises Unauthenticated: `key_invalid`, `key_revoked`,
    `key_expired`. What has not the look of a key of ours is not looked for."""
    now = utc_now()
    if not is_well_formed(key):
        return caller_of(None, now=now)
    async with open_uow.alone() as conn:
        known = await api_keys.find_used(conn, digest_of(key), now=now)
    return caller_of(known, now=now)
