"""A workspace exists: it has an account, with nothing in it."""

from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.repositories import ledger


async def open_account(workspace_id: UUID, *, uow: UnitOfWork) -> bool:
    """Key: the workspace. False when it has its account already."""
    return await ledger.open_account(uow.conn, workspace_id)
