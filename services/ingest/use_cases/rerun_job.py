"""Rerun: what a job has not completed begins once more, also what was given up; before merging only."""

from datetime import datetime, timedelta
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import RERUN, TAKES_ANSWERS, Job
from services.ingest.domain.turns import finish_if_answered, rerun
from services.ingest.repositories import jobs, reruns
from services.ingest.use_cases.park_jobs import known_providers, parked
from services.ingest.use_cases.turn_job import moving, save_turns

SAME_CLICK = timedelta(seconds=10)
"""A job that has just begun once more has nothing that a second click could mean."""


async def rerun_job(
    uow: UnitOfWork, job_id: UUID, *, workspace_id: UUID, now: datetime, user_id: UUID | None = None
) -> Job:
    """The epoch rises, open and failed chunks are pending, and the job is at work; completed chunks stay as they are.

    Rows of open chunks that have their result keep it: the first one wins. A second click within `SAME_CLICK` changes
    nothing. Raises NotFound; Conflict `job_not_under_way` from merging on; Busy while chunks are in somebody's hands.
    """
    job = await jobs.load(uow.conn, job_id, workspace_id=workspace_id, in_turn=True)
    if job.reason == RERUN and now - job.state_changed_at < SAME_CLICK:
        return job
    if job.state not in TAKES_ANSWERS:
        msg = f"job {job.id} is {job.state.value}: only a job that is processing, paused or parked can be rerun"
        raise Conflict(msg, code="job_not_under_way", extra={"state": job.state.value})
    lost = await reruns.given_up(uow.conn, job.id)
    turned = rerun(job, missing_rows=lost.rows, given_up=lost.chunks, now=now)
    assert turned is not None, "the state was looked at under the lock"
    if not await reruns.reopen(uow.conn, job.id, epoch=turned.epoch):
        raise moving(job.id)
    providers = await known_providers(uow, now=now)
    turns = [turned, *(parked(turned, providers, now=now) or finish_if_answered(turned, now=now))]
    if not await save_turns(uow, job, turns, by=user_id):
        raise moving(job.id)
    return turns[-1]
