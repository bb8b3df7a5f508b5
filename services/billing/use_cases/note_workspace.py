"""A workspace's day begins at another moment: what it may spend in one is counted by that from now on."""

from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.repositories.watching import caps


async def note_workspace(workspace_id: UUID, *, time_zone: str, version: int, uow: UnitOfWork) -> None:
    """Key: the workspace; the highest version stays."""
    await caps.note_time_zone(uow.conn, workspace_id, time_zone=time_zone, version=version)
