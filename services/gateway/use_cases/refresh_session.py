"""Go on with a session: a refresh token makes way for the next."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from libs.common.errors import BadRequest
from libs.common.logs import get_logger
from libs.common.uow import OpenUow, UnitOfWork
from services.gateway import metrics
from services.gateway.domain.digests import digest_of
from services.gateway.domain.sessions import SignedIn, User, judge, successor_of
from services.gateway.repositories import sessions, users

log = get_logger()


async def refresh_session(
    token: str,
    *,
    secret: str,
    note_reuse: Callable[[UnitOfWork, User, UUID], Awaitable[None]],
    now: datetime,
    open_uow: OpenUow,
) -> SignedIn:
    """Key: the token; asked again within the reuse interval it has the same successor.

    Raises BadRequest `refresh_token_not_found`, `session_expired`, or `refresh_token_already_used`: then the session has been
    ended, for its owner and the thief alike, and `note_reuse` writes that down in the transaction that ends it.
    """
    digest, successor = digest_of(token), successor_of(token, secret=secret)
    async with open_uow() as uow:
        held = await sessions.hold_token(uow.conn, digest)
        verdict = None if held is None else judge(held, now=now)
        user = None if held is None else await users.find_user(uow.conn, held.user_id)
        if held is not None and verdict == "next":
            await sessions.use_token(
                uow.conn, digest, session_id=held.session_id, successor=digest_of(successor), now=now
            )
        if held is not None and verdict == "reused":
            await sessions.end_sessions(uow.conn, held.user_id, scope="local", session_id=held.session_id, now=now)
            if user is not None:
                await note_reuse(uow, user, held.session_id)
    if held is None or user is None:
        msg = "Invalid Refresh Token: Refresh Token Not Found"
        raise BadRequest(msg, code="refresh_token_not_found")
    if verdict == "over":
        msg = "Invalid Refresh Token: Session Expired"
        raise BadRequest(msg, code="session_expired")
    if verdict == "reused":
        metrics.REFRESH_TOKENS_REUSED.inc()
        log.warning("refresh_token.reused", session_id=str(held.session_id), user_id=str(held.user_id))
        msg = "Invalid Refresh Token: Already Used"
        raise BadRequest(msg, code="refresh_token_already_used")
    return SignedIn(user, held.session_id, successor)
