"""Whoever may run commands on the server makes an operator's account, and so proves the address."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.gateway.repositories import users
from services.gateway.use_cases.take_possession import take_possession


async def make_operator(*, email: str, password_hash: str, user_id: UUID, now: datetime, uow: UnitOfWork) -> bool:
    """Whether the account is new. One that was there may be anybody's: it gets this password, and whoever was in is out."""
    words = {"workspace_name": "Operators"}
    added = await users.add_own(uow.conn, user_id=user_id, email=email, password_hash=password_hash, words=words)
    if not added and (found := await users.find_credentials(uow.conn, email=email)) is not None:
        user_id = found.user.id
        await users.change_password(uow.conn, user_id, password_hash=password_hash)
        await take_possession(user_id, now=now, uow=uow)
    await users.prove_email(uow.conn, user_id, now=now)
    return added
