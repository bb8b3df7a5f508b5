"""A person lets a job spend less: it begins no more than that pays for, and the rest of its credits is released."""

from uuid import UUID

from libs.common.contracts.ingest import JobCeilingLowered
from libs.common.uow import UnitOfWork
from services.ingest.domain import ceilings
from services.ingest.domain.jobs import Job
from services.ingest.repositories import dispatch_rounds, jobs, rationing
from services.ingest.use_cases.turn_job import turn_job


async def lower_ceiling(uow: UnitOfWork, job_id: UUID, *, workspace_id: UUID, ceiling_credits: int) -> Job:
    """The job as it is then; its ceiling is what is spent and under way where that is more than was asked for.

    Between two rounds of the dispatcher, so that nothing is claimed that is not counted. Raises NotFound; Conflict
    `job_not_running`, `raise_open`, `ceiling_not_lower`.
    """
    await dispatch_rounds.wait_for_turn(uow.conn)
    job = await jobs.load(uow.conn, job_id, workspace_id=workspace_id, in_turn=True)
    under_way = await rationing.rows_charged_under_way(uow.conn, job)

    def decide(job: Job) -> list[Job]:
        return [ceilings.lower_ceiling(job, ceiling_credits=ceiling_credits, charged_under_way=under_way)]

    lowered = await turn_job(uow, job_id, workspace_id=workspace_id, decide=decide)
    event = JobCeilingLowered(job_id=job_id, round=lowered.lowered_round, credits=lowered.credits_held)
    uow.publish(event, tenant_id=workspace_id, correlation_id=job_id)
    return lowered
