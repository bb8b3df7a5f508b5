"""Whoever was let in: are they still?"""

from libs.common.uow import OpenUow
from services.gateway.domain.callers import Caller
from services.gateway.repositories import api_keys, memberships, sessions


async def has_access(caller: Caller, *, open_uow: OpenUow) -> bool:
    """False for who has ceased to be a member, for a session that has ended, and for a key that was revoked."""
    async with open_uow() as uow:
        if await memberships.standing_of(uow.conn, caller.workspace_id, user_id=caller.user_id) is None:
            return False
        if caller.session_id is not None:
            return await sessions.is_open(uow.conn, caller.session_id, user_id=caller.user_id)
        if caller.key_id is None:
            return True
        key = await api_keys.load(uow.conn, caller.workspace_id, key_id=caller.key_id)
    return key is not None and key.revoked_at is None
