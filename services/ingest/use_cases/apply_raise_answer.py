"""Billing has answered a raise: the job may spend more and goes on, or its ceiling stays where it was."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.billing import HoldRaised, HoldRaiseDeclined
from libs.common.uow import UnitOfWork
from services.ingest.domain.ceilings import hold_more, is_at_ceiling, keep_ceiling
from services.ingest.domain.jobs import TERMINAL, Job
from services.ingest.domain.spending import reason_of
from services.ingest.repositories import chunks, jobs
from services.ingest.use_cases.park_jobs import known_providers, parked
from services.ingest.use_cases.turn_job import HOLD_ANSWERED, turn_job


async def apply_raise_answer(
    event: HoldRaised | HoldRaiseDeclined, *, uow: UnitOfWork, workspace_id: UUID, now: datetime
) -> None:
    """What is held only grows: an older answer than the one known changes nothing, nor does one after the end.

    Raises NotFound.
    """
    job = await jobs.recall(uow.conn, event.job_id, workspace_id=workspace_id, in_turn=True)
    if job.state in TERMINAL:
        uow.notify(HOLD_ANSWERED)
        return
    providers = await known_providers(uow, now=now)
    if isinstance(event, HoldRaised) and is_at_ceiling(job):
        await chunks.make_due(uow.conn, job.id)

    def decide(job: Job) -> list[Job]:
        if isinstance(event, HoldRaiseDeclined):
            reason = reason_of(event.reason)
            return keep_ceiling(job, round_no=event.round, available=event.available, reason=reason)
        turns = hold_more(job, round_no=event.round, credits_held=event.credits, now=now)
        return [*turns, *parked(turns[-1], providers, now=now)] if turns else []

    await turn_job(uow, event.job_id, workspace_id=workspace_id, decide=decide)
    uow.notify(HOLD_ANSWERED)
