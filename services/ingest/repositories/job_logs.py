"""What happened to a job, turn by turn."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import new_id
from services.ingest.domain.jobs import Job, JobState
from services.ingest.tables import job_log


@dataclass(frozen=True)
class LogEntry:
    """One turn. `user_id` is the person who made it; None where nobody did."""

    id: UUID
    happened_at: datetime
    state: JobState
    reason: str | None
    version: int
    user_id: UUID | None


async def page(conn: AsyncConnection, job_id: UUID, *, after: UUID | None, limit: int) -> list[LogEntry]:
    """Turns of a job, oldest first, from after an entry."""
    query = select(
        job_log.c.id,
        job_log.c.happened_at,
        job_log.c.state,
        job_log.c.reason,
        job_log.c.job_version,
        job_log.c.user_id,
    ).where(job_log.c.job_id == job_id)
    if after is not None:
        query = query.where(job_log.c.id > after)
    rows = await conn.execute(query.order_by(job_log.c.id).limit(limit))
    return [LogEntry(row[0], row[1], JobState(row[2]), *row[3:]) for row in rows]


async def write(conn: AsyncConnection, job: Job, *, user_id: UUID | None = None) -> None:
    """Note a turn in the job's log, and the person who made it."""
    await conn.execute(
        insert(job_log).values(
            id=new_id(),
            job_id=job.id,
            job_version=job.version,
            state=job.state.value,
            reason=job.reason,
            user_id=user_id,
            happened_at=job.state_changed_at,
        )
    )
