"""How the work of jobs stands: what is under way of each, and what is due next."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.chunks import ChunkState
from services.ingest.domain.waiting import Work
from services.ingest.tables import chunks, jobs

_LOOKED_AT = 64
"""The dispatcher looks at no more of a job in a round either."""


async def work_of(conn: AsyncConnection, job_ids: Sequence[UUID]) -> dict[UUID, Work]:
    """Each of these jobs with its work; by two indexes, whatever the jobs' size."""
    under_way = (
        select(func.count().label("chunks"))
        .where(
            chunks.c.job_id == jobs.c.id,
            chunks.c.epoch == jobs.c.epoch,
            chunks.c.state.in_([ChunkState.PUBLISHING.value, ChunkState.QUEUED.value]),
        )
        .lateral()
    )
    due = (
        select(chunks.c.due_at)
        .where(
            chunks.c.job_id == jobs.c.id,
            chunks.c.epoch == jobs.c.epoch,
            chunks.c.state == ChunkState.PENDING.value,
        )
        .order_by(chunks.c.chunk_no)
        .limit(_LOOKED_AT)
        .lateral()
    )
    earliest = select(func.min(due.c.due_at).label("due_at")).select_from(due).lateral()
    query = (
        select(jobs.c.id, under_way.c.chunks, earliest.c.due_at)
        .select_from(jobs.join(under_way, true()).join(earliest, true()))
        .where(jobs.c.id.in_(job_ids))
    )
    return {row.id: Work(row.chunks, row.due_at) for row in await conn.execute(query)}
