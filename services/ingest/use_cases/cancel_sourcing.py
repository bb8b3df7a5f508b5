"""A person cancels a sourcing: what has been revealed is delivered and charged, the rest is released."""

from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.ingest.domain.sourcing import Sourcing, SourcingState, cancel
from services.ingest.use_cases.turn_sourcing import turn_sourcing


async def cancel_sourcing(uow: UnitOfWork, sourcing_id: UUID, *, workspace_id: UUID, now: datetime) -> Sourcing:
    """Cancel in any state before the end; a cancelled one stays as it is. Raises NotFound; Conflict `sourcing_ended`.

    A batch that is being asked for is dropped, free: its answer finds the sourcing ended.
    """

    def decide(sourcing: Sourcing) -> Sourcing | None:
        if sourcing.state is SourcingState.CANCELLED:
            return None
        turned = cancel(sourcing, now=now)
        if turned is None:
            msg = f"sourcing {sourcing.id} is {sourcing.state.value} already: it cannot be cancelled"
            raise Conflict(msg, code="sourcing_ended", extra={"state": sourcing.state.value})
        return turned

    return await turn_sourcing(uow, sourcing_id, workspace_id=workspace_id, decide=decide)
