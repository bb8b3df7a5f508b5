"""A person lets a paused or parked job go on."""

from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.ingest.domain.ceilings import is_at_ceiling
from services.ingest.domain.jobs import Job, JobState
from services.ingest.domain.turns import finish_if_answered, resume
from services.ingest.repositories import chunks, jobs
from services.ingest.use_cases.turn_job import turn_job

_STANDING = frozenset({JobState.PAUSED, JobState.PARKED})


async def resume_job(
    uow: UnitOfWork, job_id: UUID, *, workspace_id: UUID, now: datetime, user_id: UUID | None = None
) -> Job:
    """Go on; a processing job stays as it is. Raises NotFound; Conflict `job_not_paused` in any other state,
    `ceiling_reached` while it waits for credits: going on would only park it again.

    Whose chunks have all been answered meanwhile goes on to merging.
    """

    def decide(job: Job) -> list[Job]:
        if job.state is JobState.PROCESSING:
            return []
        if is_at_ceiling(job):
            msg = (
                f"job {job.id} has spent {job.credits_total} of {job.credits_held} credits, and no more rows can be paid:"
                " raise its ceiling_credits (PATCH), finish it, or cancel it"
            )
            held = {"credits_held": job.credits_held, "credits_needed": job.credits_needed}
            raise Conflict(msg, code="ceiling_reached", extra=held)
        resumed = resume(job, now=now)
        if resumed is None:
            msg = f"job {job.id} is {job.state.value}: only a paused or parked job can be resumed"
            raise Conflict(msg, code="job_not_paused", extra={"state": job.state.value})
        return [resumed, *finish_if_answered(resumed, now=now)]

    job = await jobs.load(uow.conn, job_id, workspace_id=workspace_id, in_turn=True)
    if job.state in _STANDING:
        await chunks.make_due(uow.conn, job_id)
    return await turn_job(uow, job_id, workspace_id=workspace_id, decide=decide, by=user_id)
