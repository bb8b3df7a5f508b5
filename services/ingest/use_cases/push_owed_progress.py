"""Push the progress that was owed: what was counted last within a quarter of a second, and what jobs wait for anew."""

from datetime import datetime

from libs.common.uow import OpenUow
from services.ingest.repositories import owed_progress
from services.ingest.use_cases.explain_waiting import explain_waiting
from services.ingest.use_cases.turn_job import progress_event

_AT_ONCE = 200


async def push_owed_progress(*, open_uow: OpenUow, now: datetime) -> int:
    """Push it, for so many jobs at once, and answers for how many. The last count of a job is never lost by this."""
    count = 0
    async with open_uow.alone() as conn:
        if not await owed_progress.any_due(conn, now=now):
            return count
    while True:
        async with open_uow() as uow:
            owed = await owed_progress.take(uow.conn, now=now, limit=_AT_ONCE)
            waiting = await explain_waiting(uow, owed, now=now)
            for job in owed:
                told = waiting[job.id]
                uow.publish(
                    progress_event(job, waiting=None if told is None else told.message),
                    tenant_id=job.workspace_id,
                    correlation_id=job.id,
                )
        count += len(owed)
        if len(owed) < _AT_ONCE:
            return count
