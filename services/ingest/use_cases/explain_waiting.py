"""Tell what jobs wait for: read what surrounds them once, however many they are."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import Job, JobState
from services.ingest.domain.waiting import Surroundings, Waiting, Work, standing_still, waiting_of
from services.ingest.repositories import dispatch_rounds, enrich_replicas, own_keys, standings


async def explain_waiting(uow: UnitOfWork, jobs: Sequence[Job], *, now: datetime) -> dict[UUID, Waiting | None]:
    """What each of these jobs waits for; None for one that goes on or has ended. Four queries when any is at work."""
    told = {job.id: standing_still(job) for job in jobs}
    at_work = [job for job in jobs if job.state is JobState.PROCESSING]
    if not at_work:
        return told
    around = Surroundings(
        replicas=await enrich_replicas.known(uow.conn),
        rows_under_way=await dispatch_rounds.rows_under_way(uow.conn),
        own_keys=await own_keys.every(uow.conn),
    )
    work = await standings.work_of(uow.conn, [job.id for job in at_work])
    for job in at_work:
        told[job.id] = waiting_of(job, work=work.get(job.id, Work()), around=around, now=now)
    return told
