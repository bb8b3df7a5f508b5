"""Users change what they say of themselves, or their password."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.gateway.domain.proofs import password_changed
from services.gateway.domain.sessions import User
from services.gateway.domain.tokens import check_words_fit
from services.gateway.repositories import mails, sessions, users


async def change_user(
    user: User,
    *,
    session_id: UUID,
    password_hash: str | None,
    words: Mapping[str, Any],
    change_id: UUID,
    now: datetime,
    uow: UnitOfWork,
) -> User:
    """With a new password every other session ends, and its owner is told of it by mail. Raises Invalid `validation_failed`
    where `words` come to too much with those that stay."""
    if words:
        check_words_fit({**user.words, **words})
        await users.change_words(uow.conn, user.id, words=words)
    if password_hash is not None:
        await users.change_password(uow.conn, user.id, password_hash=password_hash)
        await sessions.end_sessions(uow.conn, user.id, scope="others", session_id=session_id, now=now)
        source = f"password:{change_id}"
        await mails.queue(uow.conn, password_changed(), source=source, addresses=[user.email], workspace_id=None)
    changed = await users.find_user(uow.conn, user.id)
    return changed or user
