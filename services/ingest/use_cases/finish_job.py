"""A person takes what there is: nothing more is researched, and the sheet is written."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.ingest import ChunkCompleted
from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import TAKES_ANSWERS, Job, JobState
from services.ingest.domain.turns import finish
from services.ingest.repositories import closing, coverage, jobs
from services.ingest.use_cases.turn_job import by_compare_and_swap, moving, save_turns

_FINISHED = frozenset({JobState.MERGING, JobState.COMPLETED})


async def finish_job(uow: UnitOfWork, job_id: UUID, *, workspace_id: UUID, user_id: UUID, now: datetime) -> Job:
    """Rows without an outcome are `skipped`, not reached, and free; those in flight are dropped. Answers the job, `merging`.

    A second click, or one after the last answer, changes nothing. A trial, which has no sheet, is `completed`. Raises
    NotFound; Conflict `job_not_under_way` before the job has begun and when it has ended otherwise; Busy while chunks are
    in somebody's hands.
    """
    answered: list[Job] = []

    async def attempt() -> bool:
        job = await jobs.load(uow.conn, job_id, workspace_id=workspace_id, in_turn=True)
        answered[:] = [job]
        if job.state in _FINISHED:
            return True
        if job.state not in TAKES_ANSWERS:
            msg = f"job {job.id} is {job.state.value}: one that is at work, paused or parked can be finished"
            raise Conflict(msg, code="job_not_under_way", extra={"state": job.state.value})
        await coverage.take_time(uow.conn)
        if not await closing.lock_open_chunks(uow.conn, job):
            raise moving(job.id)
        skipped = await closing.skip_open_rows(uow.conn, job)
        closed = await closing.complete_open_chunks(uow.conn, job)
        done = finish(job, skipped=skipped, chunks=len(closed), earned=sum(earned for _, earned in closed), now=now)
        if not await save_turns(uow, job, [done], by=user_id):
            return False
        answered[:] = [done]
        for chunk_no, earned in closed:
            if earned:
                completed = ChunkCompleted(job_id=job.id, chunk_no=chunk_no, credits=earned)
                uow.publish(completed, tenant_id=job.workspace_id, correlation_id=job.id)
        return True

    await by_compare_and_swap(uow, attempt, job_id=job_id)
    return answered[0]
