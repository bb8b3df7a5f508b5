"""A workspace is deleted: nothing of it is sent any more, and what was known of its leads goes in portions."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from libs.common import tombstones
from libs.common.contracts.sender import WorkspaceErased
from libs.common.erasing import Erasing
from libs.common.uow import OpenUow, UnitOfWork
from services.sender.belongings import BELONGINGS
from services.sender.domain.days import day_at
from services.sender.repositories import departures, endings, unsubscribe_keys, workspaces

_NOBODY = UUID(int=0)
_AT_ONCE = 500


async def delete_workspace(workspace_id: UUID, *, uow: UnitOfWork, now: datetime) -> None:
    """Key: the workspace. Its campaigns end with this: no sending transaction that begins later finds a lead to write to."""
    await tombstones.bury(uow.conn, uow.deleted_workspaces, workspace_id)
    await _end_all(workspace_id, uow=uow, now=now)


def erasing_of(open_uow: OpenUow) -> Erasing:
    """How the sender erases a workspace: when none of its mail is in hand, so that what has left is recorded first."""

    async def prepare(workspace_id: UUID, now: datetime) -> bool:
        async with open_uow() as uow:
            await _end_all(workspace_id, uow=uow, now=now)
            return not await departures.is_in_hand(uow.conn, workspace_id)

    async def also(workspace_id: UUID) -> int:
        total, changed = 0, 1
        while changed:
            async with open_uow() as uow:
                key = await unsubscribe_keys.load_first_key(uow.conn)
                changed = await departures.hash_some(uow.conn, workspace_id, key=key, limit=_AT_ONCE)
            total += changed
        return total

    return Erasing(BELONGINGS, prepare=prepare, also=also, done=_tell)


async def _tell(uow: UnitOfWork, workspace_id: UUID, erased: Mapping[str, int]) -> None:
    uow.publish(WorkspaceErased(workspace_id=workspace_id, erased=dict(erased)), tenant_id=workspace_id)


async def _end_all(workspace_id: UUID, *, uow: UnitOfWork, now: datetime) -> None:
    workspace = await workspaces.load_workspace(uow.conn, workspace_id, lock=True)
    today = day_at(now, time_zone=workspace.time_zone).date if workspace else now.date()
    for campaign_id in await departures.campaigns_under_way(uow.conn, workspace_id):
        await endings.end(uow.conn, campaign_id, ended_by=_NOBODY, today=today, now=now)
