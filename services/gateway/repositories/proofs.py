"""What is mailed to prove an address: who asked, and the tokens that are on their way."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.domain.sessions import Proof
from services.gateway.tables import mail_requests, mailed_tokens, users


@dataclass(frozen=True)
class MailRequest:
    """Somebody, perhaps nobody we know, asked for a mail to an address."""

    id: UUID
    email: str
    kind: Proof


async def ask(conn: AsyncConnection, *, request_id: UUID, email: str, kind: Proof) -> None:
    """The same for any address."""
    await conn.execute(mail_requests.insert().values(id=request_id, email=email, kind=kind))


async def take_request(conn: AsyncConnection) -> MailRequest | None:
    """The oldest, taken out. None when there is none."""
    chosen = (
        select(mail_requests.c.id)
        .order_by(mail_requests.c.asked_at, mail_requests.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    columns = (mail_requests.c.id, mail_requests.c.email, mail_requests.c.kind)
    taken = await conn.execute(mail_requests.delete().where(mail_requests.c.id == chosen.c.id).returning(*columns))
    row = taken.one_or_none()
    return None if row is None else MailRequest(*row)


async def add_token(conn: AsyncConnection, *, digest: bytes, user_id: UUID, kind: Proof, expires_at: datetime) -> None:
    """In place of any that went out before for the same."""
    await conn.execute(mailed_tokens.delete().where(mailed_tokens.c.user_id == user_id, mailed_tokens.c.kind == kind))
    await conn.execute(mailed_tokens.insert().values(digest=digest, user_id=user_id, kind=kind, expires_at=expires_at))


async def withdraw_confirmations(conn: AsyncConnection, *, email: str) -> None:
    """What was mailed for an earlier sign-up with the address proves nothing about this one."""
    whose = select(users.c.id).where(users.c.email == email, users.c.password_hash.is_not(None))
    await conn.execute(
        mailed_tokens.delete().where(mailed_tokens.c.user_id.in_(whose), mailed_tokens.c.kind == "signup")
    )


async def use_token(conn: AsyncConnection, *, digest: bytes, kind: Proof, now: datetime) -> UUID | None:
    """Whose it is, taken out. None when it is nobody's, has been used, or has expired."""
    columns = (mailed_tokens.c.user_id, mailed_tokens.c.expires_at)
    taken = await conn.execute(
        mailed_tokens.delete().where(mailed_tokens.c.digest == digest, mailed_tokens.c.kind == kind).returning(*columns)
    )
    row = taken.one_or_none()
    return row.user_id if row is not None and row.expires_at > now else None


async def forget_expired(conn: AsyncConnection, *, now: datetime) -> int:
    """Answers how many were deleted."""
    return (await conn.execute(mailed_tokens.delete().where(mailed_tokens.c.expires_at < now))).rowcount
