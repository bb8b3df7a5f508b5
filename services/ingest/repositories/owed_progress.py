"""Progress that is counted and not pushed yet: jobs note that they owe it, and somebody pushes it a moment later."""

from datetime import datetime

from sqlalchemy import and_, bindparam, exists, or_, select, update
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.jobs import Job, JobState
from services.ingest.domain.progress import PUSH_EVERY
from services.ingest.repositories.jobs import COLUMNS, to_job
from services.ingest.tables import jobs


async def owe(conn: AsyncConnection) -> None:
    """Have the progress of every job at work pushed soon: what it waits for has changed. Jobs in somebody's hands are
    pushed by them."""
    at_work = (
        select(jobs.c.id)
        .where(jobs.c.state == JobState.PROCESSING.value, ~jobs.c.progress_owed)
        .with_for_update(key_share=True, skip_locked=True)
    )
    await conn.execute(update(jobs).where(jobs.c.id.in_(at_work)).values(progress_owed=True))


_IS_DUE = and_(
    jobs.c.progress_owed,
    or_(
        jobs.c.progressed_at.is_(None),
        jobs.c.progressed_at <= bindparam("pushed_before", type_=TIMESTAMP(timezone=True)),
    ),
)
_ANY_DUE = select(exists().where(_IS_DUE))


async def any_due(conn: AsyncConnection, *, now: datetime) -> bool:
    """Whether `take` would find any."""
    return (await conn.execute(_ANY_DUE, {"pushed_before": now - PUSH_EVERY})).scalar_one()


async def take(conn: AsyncConnection, *, now: datetime, limit: int) -> list[Job]:
    """Jobs whose progress is owed, and not pushed too lately; marks it as pushed. Their version stays: nothing is turned."""
    due = (
        select(jobs.c.id)
        .where(_IS_DUE)
        .order_by(jobs.c.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
        .cte("due")
    )
    pushed = update(jobs).where(jobs.c.id == due.c.id).values(progress_owed=False, progressed_at=now)
    taken = await conn.execute(pushed.returning(*COLUMNS), {"pushed_before": now - PUSH_EVERY})
    return [to_job(row) for row in taken]
