"""Prove who you are with an API key."""

from libs.common.errors import Unauthenticated
from libs.common.uow import OpenUow
from services.gateway.domain.callers import Caller


async def authenticate_key(_key: str, *, open_uow: OpenUow) -> Caller:  # noqa: ARG001 - there are none to look for
    """The caller behind a key. Raises Unauthenticated `key_invalid`: no workspace has any."""
    msg = "the API key is not valid: sign in instead"
    raise Unauthenticated(msg, code="key_invalid")
