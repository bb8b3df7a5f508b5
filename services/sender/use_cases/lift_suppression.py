"""A person says why somebody may be written to again."""

from uuid import UUID

from libs.common.errors import NotFound
from libs.common.uow import UnitOfWork
from services.sender.domain.suppressing import check_lift
from services.sender.repositories import suppressions


async def lift_suppression(
    uow: UnitOfWork, *, workspace_id: UUID | None, suppression_id: UUID, note: str, made_by: UUID
) -> None:
    """`workspace_id` None: one that is for everybody. What it was, and why it ended, stays in the history.

    Raises NotFound (suppression_not_found, also the second time), Invalid (note_required), Conflict (erased).
    """
    found = await suppressions.load(uow.conn, suppression_id, workspace_id=workspace_id, lock=True)
    if found is None:
        raise NotFound(f"there is no suppression {suppression_id}", code="suppression_not_found")
    check_lift(found.reason, note=note)
    await suppressions.lift(uow.conn, found, note=note, made_by=made_by)
