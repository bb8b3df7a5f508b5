"""Lists that are made of uploads as they are, and how far they are published."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.plain_lists import PlainList
from services.ingest.domain.recipients import CHUNKS_PER_PART
from services.ingest.segments import ChunkRef
from services.ingest.tables import plain_lists, upload_chunks, uploads

_COLUMNS = [plain_lists.c[name] for name in PlainList.__dataclass_fields__]
_PLACE = ("chunk_no", "first_row_no", "row_count", "segment_key", "byte_offset", "byte_length")


@dataclass(frozen=True)
class Part:
    """The next part of a list: where its rows lie, and the names of the sheet's columns."""

    found: PlainList
    refs: Sequence[ChunkRef]
    columns: Sequence[str]


def _list(row: RowMapping) -> PlainList:
    return PlainList(**{name: row[name] for name in PlainList.__dataclass_fields__})


async def find_by_key(conn: AsyncConnection, *, workspace_id: UUID, key: str) -> tuple[PlainList, str] | None:
    """The list that was made under an idempotency key, and the fingerprint of the request."""
    query = select(*_COLUMNS, plain_lists.c.request_fingerprint).where(
        plain_lists.c.workspace_id == workspace_id, plain_lists.c.idempotency_key == key
    )
    row = (await conn.execute(query)).mappings().first()
    return None if row is None else (_list(row), row["request_fingerprint"])


async def add(conn: AsyncConnection, new: PlainList, *, key: str, fingerprint: str) -> bool:
    """False when the key has been used meanwhile."""
    values = {name: getattr(new, name) for name in PlainList.__dataclass_fields__}
    values |= {"mapping": dict(new.mapping), "idempotency_key": key, "request_fingerprint": fingerprint}
    done = await conn.execute(insert(plain_lists).values(values).on_conflict_do_nothing())
    return done.rowcount == 1


async def count_chunks(conn: AsyncConnection, upload_id: UUID) -> int:
    """How many chunks an upload's rows lie in."""
    query = select(func.count()).select_from(upload_chunks).where(upload_chunks.c.upload_id == upload_id)
    return (await conn.execute(query)).scalar_one()


async def under_way(conn: AsyncConnection, upload_id: UUID) -> UUID | None:
    """A list of the upload that is not published to the end."""
    query = select(plain_lists.c.id).where(
        plain_lists.c.upload_id == upload_id, plain_lists.c.parts_published < plain_lists.c.parts
    )
    return (await conn.execute(query.limit(1))).scalar_one_or_none()


async def next_part(conn: AsyncConnection, list_id: UUID) -> Part | None:
    """None when every part has been published. Part n is the same rows whenever it is made."""
    query = (
        select(*_COLUMNS, uploads.c.columns)
        .join(uploads, uploads.c.id == plain_lists.c.upload_id)
        .where(plain_lists.c.id == list_id, plain_lists.c.parts_published < plain_lists.c.parts)
    )
    row = (await conn.execute(query)).mappings().first()
    if row is None:
        return None
    found = _list(row)
    first = found.parts_published * CHUNKS_PER_PART
    places = select(*(upload_chunks.c[name] for name in _PLACE)).where(
        upload_chunks.c.upload_id == found.upload_id,
        upload_chunks.c.chunk_no.between(first, first + CHUNKS_PER_PART - 1),
    )
    refs = [ChunkRef(*place) for place in await conn.execute(places.order_by(upload_chunks.c.chunk_no))]
    return Part(found, refs, [column["name"] for column in row["columns"] or ()])


async def note_published(conn: AsyncConnection, found: PlainList) -> bool:
    """The part is announced in this transaction. False when somebody else has done so."""
    query = update(plain_lists).where(
        plain_lists.c.id == found.id, plain_lists.c.parts_published == found.parts_published
    )
    return (await conn.execute(query.values(parts_published=found.parts_published + 1))).rowcount == 1


async def unpublished(conn: AsyncConnection, *, limit: int) -> list[UUID]:
    """Lists that are not published to the end, the oldest first."""
    query = select(plain_lists.c.id).where(plain_lists.c.parts_published < plain_lists.c.parts)
    return list((await conn.execute(query.order_by(plain_lists.c.id).limit(limit))).scalars())
