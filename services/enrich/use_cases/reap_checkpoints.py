"""Delete what was found out for jobs that ended a week ago."""

import time
from datetime import timedelta
from uuid import UUID

from libs.common.clock import utc_now
from libs.common.uow import UnitOfWorkFactory
from services.enrich.repositories import claims, jobs

KEEP = timedelta(days=7)
_JOBS_AT_ONCE = 50
_ROWS_PER_TRANSACTION = 5_000


async def reap_checkpoints(open_uow: UnitOfWorkFactory, *, within_s: float) -> int:
    """Until nothing is left, or for so long; the next run goes on. Answers how many rows went."""
    until = time.monotonic() + within_s
    gone = 0
    while ended := await _ended(open_uow):
        for job_id in ended:
            left = True
            while left:
                if time.monotonic() >= until:
                    return gone
                deleted = await _forget(job_id, open_uow)
                gone, left = gone + deleted, deleted > 0
    return gone


async def _ended(open_uow: UnitOfWorkFactory) -> list[UUID]:
    async with open_uow() as uow:
        return await jobs.to_reap(uow.conn, ended_before=utc_now() - KEEP, limit=_JOBS_AT_ONCE)


async def _forget(job_id: UUID, open_uow: UnitOfWorkFactory) -> int:
    """A small transaction, so that nobody waits. When nothing is left of a job, it is marked."""
    async with open_uow() as uow:
        deleted = await claims.forget(uow.conn, job_id, limit=_ROWS_PER_TRANSACTION)
        if not deleted:
            await jobs.mark_reaped(uow.conn, job_id)
    return deleted
