"""A list goes: asked for by a person, or because its job was deleted. Its rows follow in portions that a crash cannot lose."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.ingest import ListDeleted
from libs.common.errors import Conflict, NotFound
from libs.common.logs import get_logger
from libs.common.uow import OpenUow, UnitOfWork
from services.sender.repositories import list_deletions
from services.sender.repositories.list_deletions import Leaving

log = get_logger()

_ROWS_AT_ONCE = 2000
_LISTS_AT_ONCE = 20
_NAMED = 5


async def delete_list(uow: UnitOfWork, list_id: UUID, *, workspace_id: UUID, now: datetime) -> None:
    """The list is gone when this commits, its rows soon after; what was sent keeps its proof. Deleted already, it stays so.

    Raises NotFound `list_not_found`; Conflict `list_in_use` while a campaign that is active or paused writes to it.
    """
    state = await list_deletions.lock(uow.conn, list_id, workspace_id=workspace_id)
    if state is None:
        raise NotFound(f"there is no list {list_id}", code="list_not_found")
    if state == "deleted":
        return
    users = await list_deletions.campaigns_on(uow.conn, list_id)
    if users:
        names = [user.name for user in users[:_NAMED]]
        said = ", ".join(repr(name) for name in names)
        msg = (
            f"{len(users)} campaign{'s' if len(users) > 1 else ''} that did not end yet use the list ({said}): "
            "end them (POST /v1/campaigns/{id}/end), then delete it"
        )
        found = [{"id": str(user.id), "name": user.name} for user in users]
        raise Conflict(msg, code="list_in_use", extra={"campaigns": found})
    await list_deletions.bury(uow.conn, list_id, now=now)
    log.info("list.deleted", list_id=str(list_id))


async def take_list_away(event: ListDeleted, *, uow: UnitOfWork, workspace_id: UUID, now: datetime) -> None:
    """Its job is deleted: no campaign is made for it any more, and it goes when the last that writes to it has ended.

    Key: the list. It may come before the list's parts, which are then not kept. Raises Conflict `list_mismatch` when the
    list is another workspace's.
    """
    if not await list_deletions.ask(uow.conn, event.list_id, workspace_id=workspace_id, now=now):
        raise Conflict(f"list {event.list_id} is known with another workspace", code="list_mismatch")


async def erase_lists(*, now: datetime, open_uow: OpenUow) -> int:
    """Bury lists whose last campaign has ended, and erase the rows of those that are buried; answers how many are done.

    Whatever dies on the way, the next run goes on. People of whom no row, campaign or email tells any more go as well.
    """
    async with open_uow() as uow:
        leaving = await list_deletions.leaving(uow.conn, limit=_LISTS_AT_ONCE)
    for found in leaving:
        await _erase(found, now=now, open_uow=open_uow)
    return len(leaving)


async def _erase(found: Leaving, *, now: datetime, open_uow: OpenUow) -> None:
    async with open_uow() as uow:
        state = await list_deletions.lock(uow.conn, found.list_id, workspace_id=found.workspace_id)
        if state != "deleted":
            if await list_deletions.campaigns_on(uow.conn, found.list_id):
                return
            await list_deletions.bury(uow.conn, found.list_id, now=now)
    more = True
    while more:
        async with open_uow() as uow:
            lead_ids = await list_deletions.erase_rows(uow.conn, found.list_id, limit=_ROWS_AT_ONCE)
            await list_deletions.erase_people(uow.conn, [lead_id for lead_id in lead_ids if lead_id is not None])
            more = len(lead_ids) == _ROWS_AT_ONCE
    async with open_uow() as uow:
        await list_deletions.note_erased(uow.conn, found.list_id, now=now)
    log.info("list.erased", list_id=str(found.list_id))
