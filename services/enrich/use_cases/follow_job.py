"""Hear what becomes of a job: rows look at it before they start."""

from libs.common.contracts.ingest import (
    JobCancelled,
    JobCompleted,
    JobFailed,
    JobParked,
    JobPaused,
    JobResumed,
)
from libs.common.uow import Message, UnitOfWork
from services.enrich.domain.jobs import JobView, State
from services.enrich.in_flight.job_watch import CHANNEL
from services.enrich.repositories import jobs

JobTurn = JobPaused | JobParked | JobResumed | JobCompleted | JobFailed | JobCancelled
_STATES: dict[type[JobTurn], State] = {
    JobPaused: "paused",
    JobParked: "parked",
    JobResumed: "running",
    JobCompleted: "ended",
    JobFailed: "ended",
    JobCancelled: "ended",
}


async def follow_job(event: JobTurn, *, uow: UnitOfWork, message: Message) -> None:
    """Keep the highest version with its state, whatever order the news comes in; wake the rows in flight."""
    heard = JobView(event.job_version, _STATES[type(event)])
    await jobs.hear(uow.conn, event.job_id, tenant_id=message.tenant_id, heard=heard)
    uow.notify(CHANNEL)
