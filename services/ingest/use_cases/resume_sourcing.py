"""A person has mended what parked a sourcing, or will not wait: try again now."""

from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.ingest.domain.sourcing import AT_WORK, Sourcing, resume
from services.ingest.repositories import leads, sourcings
from services.ingest.use_cases.turn_sourcing import save_turn


async def resume_sourcing(uow: UnitOfWork, sourcing_id: UUID, *, workspace_id: UUID, now: datetime) -> Sourcing:
    """`parked →` back to work, and nobody waits out Apollo's limits; one at work stays as it is, and so do the limits.

    Raises NotFound; Conflict `not_parked`.
    """
    sourcing = await sourcings.load(uow.conn, sourcing_id, workspace_id=workspace_id, in_turn=True)
    turned = resume(sourcing, now=now)
    if turned is None and sourcing.state in AT_WORK:
        return sourcing
    if turned is None:
        msg = f"sourcing {sourcing.id} is {sourcing.state.value}: only a parked one can be resumed"
        raise Conflict(msg, code="not_parked", extra={"state": sourcing.state.value})
    await save_turn(uow, sourcing, turned)
    # After the sourcing, as whoever records does it: the other way round each would wait for the other.
    await leads.lift_pauses(uow.conn)
    return turned
