"""Prove who you are with a password."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from libs.common.errors import BadRequest
from libs.common.uow import OpenUow, UnitOfWork
from services.gateway.clients.passwords import verify_password
from services.gateway.domain.digests import digest_of
from services.gateway.domain.sessions import SignedIn, User, must_prove_first
from services.gateway.repositories import sessions, users
from services.gateway.use_cases.limit_attempts import forgive_attempts


async def sign_in(
    *,
    email: str,
    password: str,
    session_id: UUID,
    refresh_token: str,
    confirms: bool,
    note: Callable[[UnitOfWork, User], Awaitable[None]],
    now: datetime,
    open_uow: OpenUow,
) -> SignedIn:
    """A session for an address and its password. Raises BadRequest `invalid_credentials`, which never says which of the two
    was wrong; `email_not_confirmed` where the password is right and the address has to be proved first.

    `note` writes it down, in the transaction that opens the session.
    """
    async with open_uow.alone() as conn:
        found = await users.find_credentials(conn, email=email)
    if not await verify_password(password, found.password_hash if found else None) or found is None:
        msg = "Invalid login credentials"
        raise BadRequest(msg, code="invalid_credentials")
    await forgive_attempts(email=email, open_uow=open_uow)
    if must_prove_first(found.user, confirms=confirms):
        msg = "Email not confirmed: follow the link in the mail that was sent to it"
        raise BadRequest(msg, code="email_not_confirmed")
    async with open_uow() as uow:
        await sessions.open_session(
            uow.conn, session_id=session_id, user_id=found.user.id, digest=digest_of(refresh_token), now=now
        )
        await note(uow, found.user)
    return SignedIn(found.user, session_id, refresh_token)
