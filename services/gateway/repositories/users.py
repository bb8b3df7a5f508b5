"""Users: those who sign in here with a password, and those whom another issuer vouches for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.domain.sessions import User
from services.gateway.tables import memberships, users

_USER = [users.c[name] for name in ("id", "email", "words", "email_proved_at", "welcomed_at", "created_at")]


@dataclass(frozen=True)
class Credentials:
    """What a sign-in is checked against."""

    user: User
    password_hash: str


async def add_own(
    conn: AsyncConnection, *, user_id: UUID, email: str, password_hash: str, words: Mapping[str, Any]
) -> bool:
    """Somebody who signs in here. False, and nothing done, when the address is taken."""
    values = {"id": user_id, "email": email, "password_hash": password_hash, "words": dict(words)}
    return (await conn.execute(insert(users).values(**values).on_conflict_do_nothing())).rowcount == 1


async def replace_unproved(conn: AsyncConnection, *, email: str, password_hash: str, words: Mapping[str, Any]) -> None:
    """Whoever signs up with an address that nobody has proved, and nobody has worked with, begins anew."""
    await conn.execute(
        update(users)
        .where(
            users.c.email == email,
            users.c.password_hash.is_not(None),
            users.c.email_proved_at.is_(None),
            users.c.welcomed_at.is_(None),
        )
        .values(password_hash=password_hash, words=dict(words), created_at=func.now())
    )


async def forget_unconfirmed(conn: AsyncConnection, *, signed_up_before: datetime) -> int:
    """Who never showed that the address is theirs, and never worked here: they own nothing. Answers how many."""
    theirs = select(memberships.c.user_id).where(memberships.c.user_id == users.c.id).exists()
    gone = users.delete().where(
        users.c.password_hash.is_not(None),
        users.c.email_proved_at.is_(None),
        users.c.welcomed_at.is_(None),
        users.c.created_at < signed_up_before,
        ~theirs,
    )
    return (await conn.execute(gone)).rowcount


async def add_vouched(conn: AsyncConnection, *, user_id: UUID, email: str) -> None:
    """Somebody whom another issuer vouches for. Nothing is done when they are known."""
    await conn.execute(insert(users).values(id=user_id, email=email).on_conflict_do_nothing(index_elements=["id"]))


async def find_credentials(conn: AsyncConnection, *, email: str) -> Credentials | None:
    """Of a user of our own, by the address in its one spelling."""
    query = select(*_USER, users.c.password_hash).where(users.c.email == email, users.c.password_hash.is_not(None))
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else Credentials(_user(row), row.password_hash)


async def find_user(conn: AsyncConnection, user_id: UUID) -> User | None:
    row = (await conn.execute(select(*_USER).where(users.c.id == user_id))).one_or_none()
    return None if row is None else _user(row)


async def welcome(conn: AsyncConnection, user_id: UUID, *, now: datetime) -> bool:
    """True for the one who does it: a user is welcomed once, and whoever else tries waits for the end of the first."""
    done = await conn.execute(
        update(users).where(users.c.id == user_id, users.c.welcomed_at.is_(None)).values(welcomed_at=now)
    )
    return done.rowcount == 1


async def prove_email(conn: AsyncConnection, user_id: UUID, *, now: datetime) -> None:
    """Whoever reads the address's mail has shown it."""
    await conn.execute(
        update(users).where(users.c.id == user_id, users.c.email_proved_at.is_(None)).values(email_proved_at=now)
    )


async def change_email(conn: AsyncConnection, user_id: UUID, *, email: str) -> None:
    """As the issuer has it by now."""
    await conn.execute(update(users).where(users.c.id == user_id).values(email=email))


async def change_password(conn: AsyncConnection, user_id: UUID, *, password_hash: str) -> None:
    await conn.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))


async def change_words(conn: AsyncConnection, user_id: UUID, *, words: Mapping[str, Any]) -> None:
    """What is named is replaced, the rest stays."""
    await conn.execute(update(users).where(users.c.id == user_id).values(words=users.c.words.concat(dict(words))))


def _user(row: Row[Any]) -> User:
    return User(row.id, row.email, row.words, row.email_proved_at, row.welcomed_at, row.created_at)
