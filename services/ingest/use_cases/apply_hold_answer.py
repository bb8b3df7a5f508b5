"""Billing has answered a hold: lay the chunks out and begin, or decline."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.billing import HoldDeclined, HoldPlaced
from libs.common.uow import UnitOfWork
from services.ingest.domain.ceilings import check_hold
from services.ingest.domain.jobs import TERMINAL
from services.ingest.domain.spending import reason_of
from services.ingest.domain.turns import decline, place
from services.ingest.repositories import jobs
from services.ingest.use_cases.begin_job import begin_or_wait
from services.ingest.use_cases.turn_job import by_compare_and_swap, turn_job


async def apply_hold_answer(
    event: HoldPlaced | HoldDeclined, *, uow: UnitOfWork, workspace_id: UUID, now: datetime
) -> None:
    """`reserving → declined`, or `reserving → queued → processing` with its chunks. A job that does not wait is left alone.

    Raises NotFound; Conflict when another sum is held than was asked for.
    """
    asker = await jobs.recall(uow.conn, event.job_id, workspace_id=workspace_id, in_turn=True)
    if asker.state in TERMINAL:
        return
    if isinstance(event, HoldDeclined):
        available, reason = event.available, reason_of(event.reason)
        await turn_job(
            uow,
            event.job_id,
            workspace_id=workspace_id,
            decide=lambda job: [
                t for t in [decline(job, available=available, now=now, reason=reason)] if t is not None
            ],
        )
        return
    placed = event

    async def attempt() -> bool:
        job = await jobs.load(uow.conn, placed.job_id, workspace_id=workspace_id, in_turn=True)
        queued = place(job, credits_held=placed.credits, now=now)
        if queued is None:
            return True
        check_hold(job, credits_held=placed.credits)
        return await begin_or_wait(uow, job, queued, now=now)

    await by_compare_and_swap(uow, attempt, job_id=event.job_id)
