"""Park jobs whose provider is out, and resume them when it is back."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import Job, JobState, finish_if_answered, park, unpark
from services.ingest.domain.providers import ProviderState, in_the_way
from services.ingest.repositories import chunks, jobs, provider_states
from services.ingest.use_cases.turn_job import turn_job


def parked(job: Job, states: list[ProviderState], *, now: datetime) -> list[Job]:
    """The turn of a job that is at work while a provider it needs is out; none otherwise."""
    obstacle = in_the_way(states, workspace_id=job.workspace_id, now=now)
    if obstacle is None:
        return []
    turned = park(job, reason=obstacle.park_reason, resume_at=obstacle.resume_at, now=now)
    return [] if turned is None else [turned]


async def park_jobs(uow: UnitOfWork, *, workspace_id: UUID | None, now: datetime) -> None:
    """Park every job at work (of one workspace, or of all) that needs an account which is out."""
    states = await provider_states.known(uow.conn)
    for job in await jobs.in_state(uow.conn, JobState.PROCESSING, workspace_id=workspace_id):
        await turn_job(uow, job.id, workspace_id=job.workspace_id, decide=lambda job: parked(job, states, now=now))


async def resume_parked_jobs(uow: UnitOfWork, *, workspace_id: UUID | None, now: datetime) -> None:
    """Resume every parked job that has nothing in its way any more: its provider is back, or its `resume_at` has come."""
    states = await provider_states.known(uow.conn)
    for job in await jobs.in_state(uow.conn, JobState.PARKED, workspace_id=workspace_id):
        if in_the_way(states, workspace_id=job.workspace_id, now=now) is None:
            await jobs.load(uow.conn, job.id, workspace_id=job.workspace_id, in_turn=True)
            await chunks.make_due(uow.conn, job.id)
            await turn_job(uow, job.id, workspace_id=job.workspace_id, decide=lambda job: _unparked(job, now))


def _unparked(job: Job, now: datetime) -> list[Job]:
    resumed = unpark(job, now=now)
    return [] if resumed is None else [resumed, *finish_if_answered(resumed, now=now)]
