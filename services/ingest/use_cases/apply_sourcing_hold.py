"""Billing has answered the hold of a sourcing: begin to search, or decline."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.billing import HoldDeclined, HoldPlaced
from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.ingest.domain.sourcing import Sourcing, decline, place
from services.ingest.domain.spending import reason_of
from services.ingest.use_cases.turn_sourcing import turn_sourcing


async def apply_sourcing_hold(
    event: HoldPlaced | HoldDeclined, *, uow: UnitOfWork, workspace_id: UUID, now: datetime
) -> None:
    """`reserving → searching | declined`. One that does not wait for it is left alone.

    Raises NotFound; Conflict `hold_differs` when another sum is held than was asked for.
    """

    def decide(sourcing: Sourcing) -> Sourcing | None:
        if isinstance(event, HoldDeclined):
            return decline(sourcing, available=event.available, now=now, reason=reason_of(event.reason))
        placed = place(sourcing, credits_held=event.credits, now=now)
        if placed is not None and event.credits != sourcing.credits_needed:
            msg = f"sourcing {sourcing.id} asked for {sourcing.credits_needed} credits, {event.credits} are held"
            raise Conflict(msg, code="hold_differs")
        return placed

    await turn_sourcing(uow, event.job_id, workspace_id=workspace_id, decide=decide)
