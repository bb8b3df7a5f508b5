"""Delete what was found out for jobs that ended a week ago."""

from datetime import timedelta

from libs.common.clock import utc_now
from libs.common.uow import UnitOfWorkFactory
from services.enrich.repositories import claims, jobs

KEEP = timedelta(days=7)
_JOBS_PER_RUN = 50
_ROWS_PER_TRANSACTION = 5_000


async def reap_checkpoints(open_uow: UnitOfWorkFactory) -> int:
    """Small transactions, so that nobody waits. Answers how many rows went."""
    async with open_uow() as uow:
        ended = await jobs.to_reap(uow.conn, ended_before=utc_now() - KEEP, limit=_JOBS_PER_RUN)
    gone = 0
    for job_id in ended:
        while True:
            async with open_uow() as uow:
                deleted = await claims.forget(uow.conn, job_id, limit=_ROWS_PER_TRANSACTION)
                if not deleted:
                    await jobs.mark_reaped(uow.conn, job_id)
            gone += deleted
            if not deleted:
                break
    return gone
