"""A person pauses a job: nothing more is dispatched, and enrich hands back what it has not begun."""

from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import Job, JobState
from services.ingest.domain.turns import pause
from services.ingest.use_cases.turn_job import turn_job


async def pause_job(
    uow: UnitOfWork, job_id: UUID, *, workspace_id: UUID, now: datetime, user_id: UUID | None = None
) -> Job:
    """Pause; a paused job stays as it is. Raises NotFound; Conflict `job_not_processing` in any other state."""

    def decide(job: Job) -> list[Job]:
        if job.state is JobState.PAUSED:
            return []
        turned = pause(job, now=now)
        if turned is None:
            msg = f"job {job.id} is {job.state.value}: only a job that is processing can be paused"
            raise Conflict(msg, code="job_not_processing", extra={"state": job.state.value})
        return [turned]

    return await turn_job(uow, job_id, workspace_id=workspace_id, decide=decide, by=user_id)
