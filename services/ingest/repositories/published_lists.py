"""What the list of a job is made of: the jobs of its family so far, and the places of their rows in the sheet."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.jobs import JobState
from services.ingest.domain.recipients import Member
from services.ingest.repositories.chunks import REF_COLUMNS, to_ref
from services.ingest.segments import ChunkRef
from services.ingest.tables import chunks, jobs


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
    query = select(func.count(chunks.c.first_row_no.distinct())).where(chunks.c.job_id.in_(job_ids))
    return (await conn.execute(query)).scalar_one()


async def places(
    conn: AsyncConnection, job_ids: Sequence[UUID], *, after_row: int | None, skip: int, limit: int
) -> list[ChunkRef]:
    """Where the rows of these jobs lie: chunks of the sheet in its order, each once, from after a row or, where none is
    given, without the first `skip`."""
    query = (
        select(*REF_COLUMNS)
        .ext(distinct_on(chunks.c.first_row_no))
        .where(chunks.c.job_id.in_(job_ids))
        .order_by(chunks.c.first_row_no)
        .limit(limit)
    )
    query = query.offset(skip) if after_row is None else query.where(chunks.c.first_row_no > after_row)
    return [to_ref(row) for row in await conn.execute(query)]
