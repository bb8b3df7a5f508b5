"""Billing has answered a hold: lay the chunks out and begin, or decline."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.billing import HoldDeclined, HoldPlaced
from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import Job, decline, place, start
from services.ingest.repositories import chunks, jobs
from services.ingest.use_cases.park_jobs import known_providers, parked
from services.ingest.use_cases.turn_job import by_compare_and_swap, save_turns, turn_job


async def apply_hold_answer(
    event: HoldPlaced | HoldDeclined, *, uow: UnitOfWork, workspace_id: UUID, now: datetime
) -> None:
    """`reserving → declined`, or `reserving → queued → processing` with its chunks. A job that does not wait is left alone.

    Raises NotFound; Conflict when another sum is held than was asked for.
    """
    if isinstance(event, HoldDeclined):
        available = event.available
        await turn_job(
            uow,
            event.job_id,
            workspace_id=workspace_id,
            decide=lambda job: [t for t in [decline(job, available=available, now=now)] if t is not None],
        )
        return
    placed = event

    async def attempt() -> bool:
        job = await jobs.load(uow.conn, placed.job_id, workspace_id=workspace_id, in_turn=True)
        return await _begin(job, placed, uow=uow, now=now)

    await by_compare_and_swap(uow, attempt, job_id=event.job_id)


async def _begin(job: Job, event: HoldPlaced, *, uow: UnitOfWork, now: datetime) -> bool:
    queued = place(job, credits_held=event.credits, now=now)
    if queued is None:
        return True
    if event.credits != job.credits_needed:
        msg = f"job {job.id} asked for {job.credits_needed} credits, {event.credits} are held"
        raise Conflict(msg, code="hold_differs")
    begun = start(queued, chunks_total=await chunks.lay_out(uow.conn, job), now=now)
    assert begun is not None, "a queued job can start"
    providers = await known_providers(uow, now=now)
    return await save_turns(uow, job, [queued, begun, *parked(begun, providers, now=now)])
