"""Prove that an address is yours, with what was mailed to it."""

from datetime import datetime
from uuid import UUID

from libs.common.errors import Forbidden
from libs.common.uow import UnitOfWork
from services.gateway.domain.sessions import Proof, SignedIn, digest_of
from services.gateway.repositories import proofs, sessions, users


async def prove_address(
    token: str,
    *,
    kind: Proof,
    session_id: UUID,
    refresh_token: str,
    nobodys_hash: str,
    now: datetime,
    uow: UnitOfWork,
) -> SignedIn:
    """Key: the token, which serves once. Raises Forbidden `otp_expired`.

    Where an account is taken into possession by a reset, whoever made it may have been somebody else: their sessions end, and
    their password is replaced by nobody's.
    """
    user_id = await proofs.use_token(uow.conn, digest=digest_of(token), kind=kind, now=now)
    user = None if user_id is None else await users.find_user(uow.conn, user_id)
    if user is None:
        msg = "Email link is invalid or has expired: ask for another"
        raise Forbidden(msg, code="otp_expired")
    if kind == "recovery" and user.email_proved_at is None:
        await sessions.end_sessions(uow.conn, user.id, scope="global", session_id=None, now=now)
        await users.change_password(uow.conn, user.id, password_hash=nobodys_hash)
    await users.prove_email(uow.conn, user.id, now=now)
    digest = digest_of(refresh_token)
    await sessions.open_session(uow.conn, session_id=session_id, user_id=user.id, digest=digest, now=now)
    return SignedIn(await users.find_user(uow.conn, user.id) or user, session_id, refresh_token)
