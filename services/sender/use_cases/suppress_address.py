"""Somebody is not to be written to any more: by a workspace, or by anybody."""

from uuid import UUID

from libs.common.uow import UnitOfWork
from services.sender.domain.suppressing import Reason, Suppression, target_of
from services.sender.repositories import suppressions, take_backs
from services.sender.repositories.suppressions import StoredSuppression


async def suppress_address(
    uow: UnitOfWork,
    *,
    workspace_id: UUID | None,
    address: str,
    reason: Reason,
    note: str = "",
    proof: dict[str, str] | None = None,
    made_by: UUID | None = None,
) -> StoredSuppression:
    """Holds for every sending transaction that begins after this commits. Key: (workspace, address or @domain): the
    first reason stays. Raises Invalid."""
    target = target_of(address)
    wish = Suppression(workspace_id, target, reason, note=note, proof=proof or {}, made_by=made_by)
    await suppressions.add(uow.conn, [wish])
    await take_backs.ask(uow.conn, workspace_id=workspace_id, targets=[target])
    stored = await suppressions.find(uow.conn, workspace_id=workspace_id, target=target)
    assert stored is not None, "the row is locked until this commits"
    return stored
