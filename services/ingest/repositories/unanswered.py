"""Jobs that billing owes an answer: the question or the answer may be lost, so they ask again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.ceilings import RAISABLE
from services.ingest.domain.jobs import Job, JobState
from services.ingest.repositories.jobs import COLUMNS, to_job
from services.ingest.tables import jobs

_RESERVING: ColumnElement[bool] = jobs.c.state == JobState.RESERVING.value
_RAISING = (
    jobs.c.state.in_([state.value for state in RAISABLE])
    & (jobs.c.ceiling_round > 0)
    & (func.least(jobs.c.ceiling_credits, jobs.c.credits_needed) > jobs.c.credits_held)
)


async def note_asked(conn: AsyncConnection, job_id: UUID) -> None:
    """It has asked just now."""
    await conn.execute(update(jobs).where(jobs.c.id == job_id).values(asked_at=func.now()))


async def take_reserving(conn: AsyncConnection, *, asked_before: datetime, limit: int) -> list[Job]:
    """Jobs that still wait for their hold's answer; marks them as asked again now."""
    return await _take(conn, _RESERVING, asked_before=asked_before, limit=limit)


async def take_raising(conn: AsyncConnection, *, asked_before: datetime, limit: int) -> list[Job]:
    """Jobs that may spend more and hold less than that; marks them as asked again now.

    Among them are some that take whole rows only, and hold all that is asked for: `is_raise_open` tells.
    """
    return await _take(conn, _RAISING, asked_before=asked_before, limit=limit)


async def _take(conn: AsyncConnection, waits: ColumnElement[bool], *, asked_before: datetime, limit: int) -> list[Job]:
    due = (
        select(jobs.c.id)
        .where(waits, jobs.c.asked_at < asked_before)
        .order_by(jobs.c.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
        # As a subquery it might be run again for each row, and take more than it should.
        .cte("due")
    )
    taken = await conn.execute(
        update(jobs).where(jobs.c.id == due.c.id).values(asked_at=func.now()).returning(*COLUMNS)
    )
    return [to_job(row) for row in taken]
