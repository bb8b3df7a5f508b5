"""Somebody is not to be written to any more, by any campaign of the workspace."""

from uuid import UUID

from libs.common.uow import UnitOfWork
from services.sender.domain.addresses import normalise
from services.sender.repositories import lists


async def suppress_address(uow: UnitOfWork, *, workspace_id: UUID, address: str, reason: str) -> str:
    """Holds for every sending transaction that begins after this commits. Key: (workspace, address). Raises Invalid."""
    email = normalise(address)
    await lists.add_suppression(uow.conn, workspace_id=workspace_id, email=email, reason=reason)
    return email
