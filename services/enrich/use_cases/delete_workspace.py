"""A workspace is deleted: its rows in hand stop, and what was found out for it goes in portions."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from libs.common import tombstones
from libs.common.contracts.enrich import WorkspaceErased
from libs.common.contracts.gateway import WorkspaceDeleted
from libs.common.erasing import Erasing
from libs.common.uow import Message, OpenUow, UnitOfWork
from services.enrich.belongings import BELONGINGS
from services.enrich.in_flight.job_watch import CHANNEL
from services.enrich.repositories import departures


async def delete_workspace(event: WorkspaceDeleted, *, uow: UnitOfWork, message: Message) -> None:
    """Key: the workspace. Rows that are being worked on are given up before their next call."""
    del message
    await tombstones.bury(uow.conn, uow.deleted_workspaces, event.workspace_id)
    await departures.end_jobs(uow.conn, event.workspace_id)
    uow.notify(CHANNEL)


def erasing_of(open_uow: OpenUow) -> Erasing:
    """How enrich erases a workspace. Its jobs stay as ids: what a worker still writes for one is found by them."""

    async def prepare(workspace_id: UUID, now: datetime) -> bool:
        del now
        async with open_uow() as uow:
            await departures.end_jobs(uow.conn, workspace_id)
        return True

    async def also(workspace_id: UUID) -> int:
        async with open_uow() as uow:
            return await departures.delete_accounts(uow.conn, workspace_id)

    return Erasing(BELONGINGS, prepare=prepare, also=also, done=_tell)


async def _tell(uow: UnitOfWork, workspace_id: UUID, erased: Mapping[str, int]) -> None:
    uow.publish(WorkspaceErased(workspace_id=workspace_id, erased=dict(erased)), tenant_id=workspace_id)
