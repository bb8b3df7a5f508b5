"""Counting what strangers try, for all replicas: a generic cell rate algorithm, as for requests."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.domain.attempts import Bucket
from services.gateway.tables import attempts

_TAKE = text("""
    INSERT INTO gateway.attempts AS bucket (key, full_at)
    VALUES (:key, statement_timestamp() + make_interval(secs => CAST(:every_s AS float8)))
    ON CONFLICT (key) DO UPDATE
    SET full_at = greatest(bucket.full_at, statement_timestamp()) + make_interval(secs => CAST(:every_s AS float8))
    WHERE greatest(bucket.full_at, statement_timestamp()) + make_interval(secs => CAST(:every_s AS float8))
        <= statement_timestamp() + make_interval(secs => CAST(:full_s AS float8))
    RETURNING key
    """)


async def take(conn: AsyncConnection, key: bytes, bucket: Bucket) -> bool:
    """Count one more. False when the bucket is used up; then nothing is counted."""
    values = {"key": key, "every_s": bucket.every_s, "full_s": bucket.full_s}
    return (await conn.execute(_TAKE, values)).first() is not None


async def fill(conn: AsyncConnection, keys: Sequence[bytes]) -> None:
    """As if nothing had been counted."""
    await conn.execute(attempts.delete().where(attempts.c.key.in_(keys)))


async def forget_full(conn: AsyncConnection, *, now: datetime) -> int:
    """Buckets that are full again are none. Answers how many."""
    full = select(attempts.c.key).where(attempts.c.full_at < now).with_for_update(skip_locked=True)
    return (await conn.execute(attempts.delete().where(attempts.c.key.in_(full)))).rowcount
