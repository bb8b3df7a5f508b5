"""Park jobs whose provider is out, and resume them when it is back."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.ingest.domain.ceilings import is_at_ceiling
from services.ingest.domain.jobs import Job, JobState
from services.ingest.domain.providers import Providers, ProviderState
from services.ingest.domain.turns import finish_if_answered, park, unpark, wait_on
from services.ingest.domain.window import enrich_state
from services.ingest.repositories import chunks, enrich_replicas, jobs, own_keys, provider_states
from services.ingest.use_cases.turn_job import turn_job


async def known_providers(uow: UnitOfWork, *, now: datetime) -> Providers:
    """What enrich has said of them: of each account when it changed, of missing keys with every announcement, of own
    keys with every change."""
    enrich = enrich_state(await enrich_replicas.known(uow.conn), now=now)
    states, own = await provider_states.known(uow.conn), await own_keys.every(uow.conn)
    return Providers(states, enrich.missing_providers, own)


def obstacle_of(job: Job, providers: Providers, *, now: datetime) -> ProviderState | None:
    """What a job has to wait for."""
    return providers.in_the_way(workspace_id=job.workspace_id, accept_degraded=job.accept_degraded, now=now)


def parked(job: Job, providers: Providers, *, now: datetime) -> list[Job]:
    """The turn of a job that is at work, or waits for something else, while a provider is in its way; none otherwise.

    What waits for credits waits for its person.
    """
    if is_at_ceiling(job):
        return []
    obstacle = obstacle_of(job, providers, now=now)
    if obstacle is None:
        return []
    turn = wait_on if job.state is JobState.PARKED else park
    turned = turn(job, reason=obstacle.park_reason, resume_at=obstacle.resume_at, now=now)
    return [] if turned is None else [turned]


async def park_jobs(uow: UnitOfWork, *, workspace_id: UUID | None, now: datetime) -> None:
    """Park every job at work (of one workspace, or of all) that has a provider in its way; parked ones wait for it too."""
    providers = await known_providers(uow, now=now)
    for job in await jobs.in_state(uow.conn, JobState.PROCESSING, JobState.PARKED, workspace_id=workspace_id):
        await turn_job(uow, job.id, workspace_id=job.workspace_id, decide=lambda job: parked(job, providers, now=now))


async def resume_parked_jobs(uow: UnitOfWork, *, workspace_id: UUID | None, now: datetime) -> None:
    """Resume every parked job that has nothing in its way any more: its provider is back or has a key, or its time has come.

    The others are told what stands in their way by then, where that has changed.
    """
    providers = await known_providers(uow, now=now)
    for job in await jobs.in_state(uow.conn, JobState.PARKED, workspace_id=workspace_id):
        if is_at_ceiling(job):
            continue
        if obstacle_of(job, providers, now=now) is None:
            await jobs.load(uow.conn, job.id, workspace_id=job.workspace_id, in_turn=True)
            await chunks.make_due(uow.conn, job.id)
            await turn_job(uow, job.id, workspace_id=job.workspace_id, decide=lambda job: _unparked(job, now))
        else:
            await turn_job(
                uow, job.id, workspace_id=job.workspace_id, decide=lambda job: parked(job, providers, now=now)
            )


def _unparked(job: Job, now: datetime) -> list[Job]:
    resumed = None if is_at_ceiling(job) else unpark(job, now=now)
    return [] if resumed is None else [resumed, *finish_if_answered(resumed, now=now)]
