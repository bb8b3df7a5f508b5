"""A person has mended what parked a sourcing, or will not wait: try again now."""

from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.ingest.domain.sourcing import AT_WORK, Sourcing, resume
from services.ingest.repositories import leads
from services.ingest.use_cases.turn_sourcing import turn_sourcing


async def resume_sourcing(uow: UnitOfWork, sourcing_id: UUID, *, workspace_id: UUID, now: datetime) -> Sourcing:
    """`parked →` back to work, which is where one at work stays. Raises NotFound; Conflict `not_parked`."""

    def decide(sourcing: Sourcing) -> Sourcing | None:
        turned = resume(sourcing, now=now)
        if turned is None and sourcing.state not in AT_WORK:
            msg = f"sourcing {sourcing.id} is {sourcing.state.value}: only a parked one can be resumed"
            raise Conflict(msg, code="not_parked", extra={"state": sourcing.state.value})
        return turned

    await leads.lift_pauses(uow.conn)
    return await turn_sourcing(uow, sourcing_id, workspace_id=workspace_id, decide=decide)
