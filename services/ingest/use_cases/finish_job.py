"""A person takes what there is: nothing more is researched, and the sheet is written."""

import asyncio
from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import TAKES_ANSWERS, Job, JobKind, JobState
from services.ingest.domain.turns import finish, finish_trial
from services.ingest.repositories import jobs
from services.ingest.use_cases.close_rows import WAIT_S, close_some
from services.ingest.use_cases.turn_job import by_compare_and_swap, save_turns

_FINISHED = frozenset({JobState.MERGING, JobState.COMPLETED})


async def finish_job(uow: UnitOfWork, job_id: UUID, *, workspace_id: UUID, user_id: UUID, now: datetime) -> Job:
    """From here on no answer counts; answers the job, `merging`. The merge gives rows without an outcome theirs: `skipped`,
    not reached, and free.

    A second click, or one after the last answer, changes nothing. A trial, a few rows without a sheet, is `completed` at
    once. Raises NotFound; Conflict `job_not_under_way` before the job has begun and when it has ended otherwise; Busy while
    others have a trial's chunks in hand, or keep moving the job.
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
        done = await _finished_trial(uow, job, now=now) if job.kind is JobKind.TRIAL else finish(job, now=now)
        if done is None or not await save_turns(uow, job, [done], by=user_id):
            return False
        answered[:] = [done]
        return True

    await by_compare_and_swap(uow, attempt, job_id=job_id)
    return answered[0]


async def _finished_trial(uow: UnitOfWork, job: Job, *, now: datetime) -> Job | None:
    """The trial with its rows closed; None when some of its chunks are in somebody's hands."""
    closed = await close_some(uow, job, now=now) or job
    if closed.is_answered:
        return finish_trial(closed, now=now)
    await asyncio.sleep(WAIT_S)
    return None
