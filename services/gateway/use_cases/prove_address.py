"""Prove that an address is yours, with what was mailed to it."""

from datetime import datetime
from uuid import UUID

from libs.common.errors import Forbidden
from libs.common.uow import UnitOfWork
from services.gateway.domain.digests import digest_of
from services.gateway.domain.sessions import Proof, SignedIn
from services.gateway.repositories import proofs, sessions, users
from services.gateway.use_cases.take_possession import take_possession


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

    Before an address is proved, whoever was in its account may have been somebody else: they are out. A reset replaces their
    password by nobody's; the password of a sign-up is the one that its mail was about.
    """
    user_id = await proofs.use_token(uow.conn, digest=digest_of(token), kind=kind, now=now)
    user = None if user_id is None else await users.find_user(uow.conn, user_id)
    if user is None:
        msg = "Email link is invalid or has expired: ask for another"
        raise Forbidden(msg, code="otp_expired")
    if user.email_proved_at is None:
        await take_possession(user.id, now=now, uow=uow)
        if kind == "recovery":
            await users.change_password(uow.conn, user.id, password_hash=nobodys_hash)
    await users.prove_email(uow.conn, user.id, now=now)
    digest = digest_of(refresh_token)
    await sessions.open_session(uow.conn, session_id=session_id, user_id=user.id, digest=digest, now=now)
    return SignedIn(await users.find_user(uow.conn, user.id) or user, session_id, refresh_token)
