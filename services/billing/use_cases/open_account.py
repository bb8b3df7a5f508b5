"""A workspace exists: it has an account, with nothing in it."""

from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.repositories.credits import ledger
from services.billing.repositories.watching import caps


async def open_account(workspace_id: UUID, *, time_zone: str, uow: UnitOfWork) -> bool:
    """Key: the workspace. False when it has its account already. Its day of spending ends at its own midnight."""
    await caps.note_time_zone(uow.conn, workspace_id, time_zone=time_zone)
    return await ledger.open_account(uow.conn, workspace_id)
