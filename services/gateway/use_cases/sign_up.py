"""A new user with a password. The workspace comes with their first request (`welcome_user`)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.gateway.repositories import proofs, users


async def sign_up(
    *,
    email: str,
    password_hash: str,
    words: Mapping[str, Any],
    user_id: UUID,
    confirms: UUID | None,
    uow: UnitOfWork,
) -> bool:
    """False, and nothing changed, when the address is taken. With `confirms`, the id of a request, whoever reads the
    address's mail is written to either way: they confirm, or learn that somebody tried. Until then an address is taken by
    nobody: the newest sign-up counts, and only the mail about it serves. Otherwise its owner, who signs up and confirms,
    would confirm the password of whoever had been there before.
    """
    added = await users.add_own(uow.conn, user_id=user_id, email=email, password_hash=password_hash, words=words)
    if confirms is not None:
        # Done for every address alike: nothing is told by the time it takes.
        await proofs.withdraw_confirmations(uow.conn, email=email)
        await users.replace_unproved(uow.conn, email=email, password_hash=password_hash, words=words)
        await proofs.ask(uow.conn, request_id=confirms, email=email, kind="signup")
    return added
