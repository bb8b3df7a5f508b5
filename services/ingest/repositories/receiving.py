"""Uploads that come in pieces: how far they are, which objects they are made of, and who may add the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.uploads import UploadState
from services.ingest.tables import upload_parts, uploads

_RECEIVING = uploads.c.state == UploadState.RECEIVING
_WHOLE = uploads.c.received_bytes == uploads.c.size_bytes


@dataclass(frozen=True)
class Part:
    """One piece of a file and the object that holds it."""

    byte_offset: int
    byte_length: int
    storage_key: str


async def take_turn(conn: AsyncConnection, upload_id: UUID, *, offset: int, token: UUID, expires_at: datetime) -> bool:
    """Be the one who adds the next part. Whoever was it before has lost its turn. False: the offset is another."""
    done = await conn.execute(
        update(uploads)
        .where(uploads.c.id == upload_id, _RECEIVING, uploads.c.received_bytes == offset, ~_WHOLE)
        .values(lease_token=token, expires_at=expires_at)
    )
    return done.rowcount == 1


async def keep_turn(conn: AsyncConnection, upload_id: UUID, *, token: UUID, expires_at: datetime) -> bool:
    """The rest goes on coming, and is waited for. False: the turn is another's, or the upload is gone."""
    done = await conn.execute(update(uploads).where(*_mine(upload_id, token)).values(expires_at=expires_at))
    return done.rowcount == 1


async def add_parts(
    conn: AsyncConnection, upload_id: UUID, parts: Sequence[Part], *, token: UUID, expires_at: datetime
) -> bool:
    """Make the parts, which follow each other, the file's next; the rest is waited for until then. False: the turn is
    another's, or the upload is gone."""
    first, last = parts[0], parts[-1]
    done = await conn.execute(
        update(uploads)
        .where(*_mine(upload_id, token), uploads.c.received_bytes == first.byte_offset)
        .values(received_bytes=last.byte_offset + last.byte_length, expires_at=expires_at)
    )
    if done.rowcount != 1:
        return False
    values = [
        {
            "upload_id": upload_id,
            "byte_offset": p.byte_offset,
            "byte_length": p.byte_length,
            "storage_key": p.storage_key,
        }
        for p in parts
    ]
    await conn.execute(insert(upload_parts), values)
    return True


async def claim_join(conn: AsyncConnection, upload_id: UUID, *, token: UUID, lease_s: float) -> bool:
    """Be the one who joins the parts of a file that has come whole. False: another is at it, or it is done."""
    free = or_(uploads.c.lease_until.is_(None), uploads.c.lease_until < func.now())
    done = await conn.execute(
        update(uploads)
        .where(uploads.c.id == upload_id, _RECEIVING, _WHOLE, free)
        .values(lease_token=token, lease_until=_from_now(lease_s))
    )
    return done.rowcount == 1


async def keep_join(conn: AsyncConnection, upload_id: UUID, *, token: UUID, lease_s: float) -> bool:
    """Keep it for longer. False when another has it."""
    done = await conn.execute(update(uploads).where(*_mine(upload_id, token)).values(lease_until=_from_now(lease_s)))
    return done.rowcount == 1


async def drop_join(conn: AsyncConnection, upload_id: UUID, *, token: UUID) -> None:
    """Let the next one in at once."""
    await conn.execute(update(uploads).where(*_mine(upload_id, token)).values(lease_token=None, lease_until=None))


async def load_parts(conn: AsyncConnection, upload_id: UUID) -> list[Part]:
    """The parts of a file, in order."""
    columns = (upload_parts.c.byte_offset, upload_parts.c.byte_length, upload_parts.c.storage_key)
    query = select(*columns).where(upload_parts.c.upload_id == upload_id).order_by(upload_parts.c.byte_offset)
    return [Part(*row) for row in await conn.execute(query)]


async def mark_received(conn: AsyncConnection, upload_id: UUID, *, token: UUID, sha256: str) -> UUID | None:
    """`receiving → reading`; answers the workspace. None when another has it."""
    done = await conn.execute(
        update(uploads)
        .where(*_mine(upload_id, token), _WHOLE)
        .values(state=UploadState.READING, sha256=sha256, expires_at=None, lease_token=None, lease_until=None)
        .returning(uploads.c.workspace_id)
    )
    return done.scalar_one_or_none()


async def forget_parts(conn: AsyncConnection, upload_id: UUID) -> None:
    """The parts' objects are gone."""
    await conn.execute(delete(upload_parts).where(upload_parts.c.upload_id == upload_id))


async def find_unjoined(conn: AsyncConnection, *, limit: int) -> list[UUID]:
    """Files that have come whole and that nobody is joining, in no order: those that cannot be joined are in nobody's way."""
    free = or_(uploads.c.lease_until.is_(None), uploads.c.lease_until < func.now())
    query = select(uploads.c.id).where(_RECEIVING, _WHOLE, free).order_by(func.random()).limit(limit)
    return list((await conn.execute(query)).scalars())


async def find_joined_with_parts(conn: AsyncConnection, *, limit: int) -> list[UUID]:
    """Files that were joined by somebody who did not come to deleting the parts."""
    query = select(uploads.c.id).where(
        uploads.c.id.in_(select(upload_parts.c.upload_id)), uploads.c.state != UploadState.RECEIVING
    )
    return list((await conn.execute(query.limit(limit))).scalars())


def _mine(upload_id: UUID, token: UUID) -> tuple[Any, ...]:
    return (uploads.c.id == upload_id, _RECEIVING, uploads.c.lease_token == token)


def _from_now(seconds: float) -> Any:
    return func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
