"""Billing has not heard of a hold for long: say how the job stands."""

from uuid import UUID

from libs.common.contracts.billing import HoldQuestioned
from libs.common.contracts.ingest import ChunkCompleted, JobResumed
from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import ENDED, Job, JobState
from services.ingest.repositories import chunks, jobs
from services.ingest.use_cases.turn_job import publish_state

_AT_WORK = frozenset({JobState.QUEUED, JobState.MERGING})


async def answer_question(event: HoldQuestioned, *, uow: UnitOfWork, workspace_id: UUID) -> None:
    """For an ended job its terminal event and every `chunk.completed` again, which billing's keys make harmless.

    Otherwise the event of its present state. A deleted job answers as it ended. Raises NotFound for a hold without a
    job: a person has to look.
    """
    job = await jobs.recall(uow.conn, event.job_id, workspace_id=workspace_id)
    if job.state in _AT_WORK:
        alive = JobResumed(job_id=job.id, job_version=job.version, reason=job.state.value)
        uow.publish(alive, tenant_id=workspace_id, correlation_id=job.id)
        return
    publish_state(uow, job)
    if job.state in ENDED:
        await _repeat_chunks(job, uow)


async def _repeat_chunks(job: Job, uow: UnitOfWork) -> None:
    async for page in chunks.completed(uow.conn, job.id):
        for chunk_no, credits_earned in page:
            completed = ChunkCompleted(job_id=job.id, chunk_no=chunk_no, credits=credits_earned)
            uow.publish(completed, tenant_id=job.workspace_id, correlation_id=job.id)
        await uow.flush()
