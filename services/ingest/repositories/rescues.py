"""Chunks that have been queued for long: what the broker may have lost is published again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.chunks import ChunkState
from services.ingest.domain.jobs import TAKES_ANSWERS
from services.ingest.repositories.chunks import free
from services.ingest.tables import chunks, jobs


def _overdue(queued_before: datetime) -> ColumnElement[bool]:
    return (chunks.c.state == ChunkState.QUEUED.value) & (chunks.c.queued_at < queued_before)


async def any_queued_before(conn: AsyncConnection, instant: datetime) -> bool:
    """Whether a job at work has chunks that have been queued since before an instant."""
    at_work = jobs.c.state.in_([state.value for state in TAKES_ANSWERS])
    query = select(
        exists().where(chunks.c.job_id == jobs.c.id, at_work, chunks.c.epoch == jobs.c.epoch, _overdue(instant))
    )
    return bool((await conn.execute(query)).scalar())


async def rescue(conn: AsyncConnection, *, queued_before: datetime, job_id: UUID | None = None) -> int:
    """Have queued chunks published again: `queued → pending`; the next dispatch raises their number. Answers how many."""
    conditions = [
        chunks.c.job_id == jobs.c.id,
        jobs.c.state.in_([state.value for state in TAKES_ANSWERS]),
        chunks.c.epoch == jobs.c.epoch,
        _overdue(queued_before),
    ]
    if job_id is not None:
        conditions.append(chunks.c.job_id == job_id)
    query = update(chunks).where(free(*conditions)).values(state=ChunkState.PENDING.value, due_at=func.now())
    return (await conn.execute(query)).rowcount
