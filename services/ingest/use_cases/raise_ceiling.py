"""A person lets a job spend more: billing is asked to hold it."""

from uuid import UUID

from libs.common.contracts.ingest import JobCeilingRaised
from libs.common.uow import UnitOfWork
from services.ingest.domain import ceilings
from services.ingest.domain.jobs import Job
from services.ingest.repositories import unanswered
from services.ingest.use_cases.turn_job import turn_job


async def raise_ceiling(uow: UnitOfWork, job_id: UUID, *, workspace_id: UUID, ceiling_credits: int) -> Job:
    """Ask for more, in a round of its own; the same ceiling again, while billing has not answered, asks nothing.

    Raises NotFound; Conflict `job_not_running`, `ceiling_not_higher`.
    """
    asked: list[Job] = []

    def decide(job: Job) -> list[Job]:
        raised = ceilings.raise_ceiling(job, ceiling_credits=ceiling_credits)
        asked[:] = [] if raised is None else [raised]
        return list(asked)

    job = await turn_job(uow, job_id, workspace_id=workspace_id, decide=decide)
    for raised in asked:
        await unanswered.note_asked(uow.conn, raised.id)
        publish_raise(uow, raised)
    return job


def publish_raise(uow: UnitOfWork, job: Job) -> None:
    """Ask billing for what the ceiling allows. Said again while nobody has answered, it is the same round and sum."""
    event = JobCeilingRaised(
        job_id=job.id,
        round=job.ceiling_round,
        credits=ceilings.credits_asked(job),
        after_lowering=job.lowered_round,
    )
    uow.publish(event, tenant_id=job.workspace_id, correlation_id=job.id)
