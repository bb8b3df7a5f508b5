"""Sessions, and the refresh tokens they have been given."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.domain.sessions import Held, Scope
from services.gateway.tables import refresh_tokens, sessions


async def open_session(conn: AsyncConnection, *, session_id: UUID, user_id: UUID, digest: bytes, now: datetime) -> None:
    """A session and its first refresh token."""
    await conn.execute(sessions.insert().values(id=session_id, user_id=user_id, created_at=now, refreshed_at=now))
    await conn.execute(refresh_tokens.insert().values(digest=digest, session_id=session_id, created_at=now))


async def hold_token(conn: AsyncConnection, digest: bytes) -> Held | None:
    """A refresh token, and nobody else's until the end of this transaction, nor its session."""
    query = (
        select(
            sessions.c.id,
            sessions.c.user_id,
            refresh_tokens.c.used_at,
            sessions.c.refreshed_at,
            sessions.c.ended_at,
        )
        .join(sessions, sessions.c.id == refresh_tokens.c.session_id)
        .where(refresh_tokens.c.digest == digest)
        .with_for_update()
    )
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else Held(*row)


async def use_token(conn: AsyncConnection, digest: bytes, *, session_id: UUID, successor: bytes, now: datetime) -> None:
    """A token gives way to the next."""
    await conn.execute(update(refresh_tokens).where(refresh_tokens.c.digest == digest).values(used_at=now))
    await conn.execute(insert(refresh_tokens).values(digest=successor, session_id=session_id, created_at=now))
    await conn.execute(update(sessions).where(sessions.c.id == session_id).values(refreshed_at=now))


async def end_sessions(
    conn: AsyncConnection, user_id: UUID, *, scope: Scope, session_id: UUID | None, now: datetime
) -> None:
    """End this session, all others, or all of a user. What has ended stays as it is."""
    query = update(sessions).where(sessions.c.user_id == user_id, sessions.c.ended_at.is_(None)).values(ended_at=now)
    chosen: dict[Literal["global", "local", "others"], object] = {
        "local": sessions.c.id == session_id,
        "others": sessions.c.id != session_id,
    }
    condition = chosen.get(scope)
    await conn.execute(query if condition is None else query.where(condition))  # pyright: ignore[reportArgumentType]


async def is_open(conn: AsyncConnection, session_id: UUID, *, user_id: UUID) -> bool:
    query = select(sessions.c.id).where(
        sessions.c.id == session_id, sessions.c.user_id == user_id, sessions.c.ended_at.is_(None)
    )
    return (await conn.execute(query)).first() is not None


async def forget_sessions(conn: AsyncConnection, *, unused_since: datetime) -> int:
    """Those that can no longer be refreshed, with their tokens. Answers how many."""
    return (await conn.execute(sessions.delete().where(sessions.c.refreshed_at < unused_since))).rowcount


async def forget_used_tokens(conn: AsyncConnection, *, used_before: datetime) -> int:
    """Those that gave way to another so long ago that a session left alone since then would be over. Answers how many."""
    return (await conn.execute(refresh_tokens.delete().where(refresh_tokens.c.used_at < used_before))).rowcount
