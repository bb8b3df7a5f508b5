"""A person cancels a job: what is delivered stays delivered and charged, what is in flight is discarded, free."""

from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import Job, JobState
from services.ingest.domain.turns import cancel
from services.ingest.use_cases.turn_job import turn_job


async def cancel_job(
    uow: UnitOfWork, job_id: UUID, *, workspace_id: UUID, now: datetime, user_id: UUID | None = None
) -> Job:
    """Cancel in any state before the end; a cancelled job stays as it is. Raises NotFound; Conflict `job_ended`.

    The epoch rises and the terminal event carries `credits_total`, fixed in this transaction.
    """

    def decide(job: Job) -> list[Job]:
        if job.state is JobState.CANCELLED:
            return []
        turned = cancel(job, now=now)
        if turned is None:
            msg = f"job {job.id} is {job.state.value} already: it cannot be cancelled"
            raise Conflict(msg, code="job_ended", extra={"state": job.state.value})
        return [turned]

    return await turn_job(uow, job_id, workspace_id=workspace_id, decide=decide, by=user_id)
