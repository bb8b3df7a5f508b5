"""What the list of a job is made of: the jobs of its family so far, and the places of their rows in the sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.jobs import JobState
from services.ingest.domain.recipients import Member
from services.ingest.segments import ChunkRef
from services.ingest.tables import chunks, jobs, results, upload_chunks, uploads

_PLACE = ("chunk_no", "first_row_no", "row_count", "segment_key", "byte_offset", "byte_length")


@dataclass(frozen=True)
class ListFacts:
    """What its receiver knows a list by. `sandboxed`: its people are made up."""

    name: str
    parts: int
    sandboxed: bool


async def facts_of(conn: AsyncConnection, job_id: UUID) -> ListFacts | None:
    """The facts of a job's list; None when it has none, for want of addresses."""
    query = (
        select(jobs.c.filename, jobs.c.recipient_parts, uploads.c.sandboxed)
        .join(uploads, uploads.c.id == jobs.c.upload_id)
        .where(jobs.c.id == job_id, jobs.c.recipient_parts > 0)
    )
    row = (await conn.execute(query)).first()
    return None if row is None else ListFacts(*row)


async def family_so_far(conn: AsyncConnection, job_id: UUID) -> list[Member]:
    """A job and those of its family that were made before it, the oldest first."""
    me = select(func.coalesce(jobs.c.root_id, jobs.c.id)).where(jobs.c.id == job_id).scalar_subquery()
    query = (
        select(jobs.c.id, jobs.c.state == JobState.COMPLETED.value)
        .where(or_(jobs.c.id == me, jobs.c.root_id == me), jobs.c.id <= job_id)
        .order_by(jobs.c.id)
    )
    return [Member(*row) for row in await conn.execute(query)]


async def count_places(conn: AsyncConnection, job_ids: Sequence[UUID]) -> int:
    """How many chunks of the sheet these jobs have rows of."""
    return (
        await conn.execute(select(func.count()).select_from(upload_chunks).where(*_with_rows(job_ids)))
    ).scalar_one()


async def places(
    conn: AsyncConnection, job_ids: Sequence[UUID], *, after_row: int | None, skip: int, limit: int
) -> list[ChunkRef]:
    """Where the rows of these jobs lie: chunks of the sheet in its order, each once, from after a row or, where none is
    given, without the first `skip`."""
    query = select(*(upload_chunks.c[name] for name in _PLACE)).where(*_with_rows(job_ids))
    query = query.order_by(upload_chunks.c.first_row_no).limit(limit)
    query = query.offset(skip) if after_row is None else query.where(upload_chunks.c.first_row_no > after_row)
    return [ChunkRef(*row) for row in await conn.execute(query)]


def _with_rows(job_ids: Sequence[UUID]) -> list[ColumnElement[bool]]:
    """A chunk of the sheet of which these jobs have a chunk, or a result: rows taken over from a trial are in no chunk."""
    uploads_of = select(jobs.c.upload_id).where(jobs.c.id.in_(job_ids))
    dispatched = select(chunks.c.first_row_no).where(chunks.c.job_id.in_(job_ids))
    last_row_no = upload_chunks.c.first_row_no + upload_chunks.c.row_count - 1
    taken_over = exists().where(
        results.c.job_id.in_(job_ids),
        results.c.row_no.between(upload_chunks.c.first_row_no, last_row_no),
        results.c.status == "enriched",
    )
    return [
        upload_chunks.c.upload_id.in_(uploads_of),
        or_(upload_chunks.c.first_row_no.in_(dispatched), taken_over),
    ]
