"""Erasing a deleted workspace: in portions, each a transaction, by what is there. Whatever dies on the way, the next run goes
on; what comes back late goes with it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from libs.common import tombstones
from libs.common.belonging import Belongings, erase_some
from libs.common.clock import utc_now
from libs.common.logs import get_logger
from libs.common.schedules import Schedule
from libs.common.tombstones import Tombstone
from libs.common.uow import OpenUow, UnitOfWork

log = get_logger()

SETTLED = timedelta(seconds=90)
"""A request that was let in before the deletion is over by then: its identity holds for 60 seconds."""
LOOK_AGAIN = timedelta(hours=1)
_EVERY_S = 5
_ROWS_AT_ONCE = 2000

Prepare = Callable[[UUID, datetime], Awaitable[bool]]
Also = Callable[[UUID], Awaitable[int]]
Done = Callable[[UnitOfWork, UUID, Mapping[str, int]], Awaitable[None]]


@dataclass(frozen=True)
class Erasing:
    """How a service erases a workspace. `prepare` ends what runs for it, and answers False while something is in hand that has
    to be recorded; `also` deletes or empties what no rule of `belongings` does, and answers how much there was; `done` tells,
    in the transaction that notes the end."""

    belongings: Belongings
    prepare: Prepare
    also: Also
    done: Done


def erase_schedule(erasing: Erasing, *, open_uow: OpenUow) -> Schedule:
    """Every few seconds; where nobody has gone, one look at an index."""

    async def erase() -> None:
        await erase_workspaces(erasing, open_uow=open_uow, now=utc_now())

    return Schedule("erase_workspaces", _EVERY_S, erase, timeout_s=600)


async def erase_workspaces(erasing: Erasing, *, open_uow: OpenUow, now: datetime) -> int:
    """Go on with every deleted workspace; answers how many are done with this. Key: the workspace; it is told once.

    One that fails keeps no other from being erased. Raises the first failure, at the end.
    """
    async with open_uow() as uow:
        found = await tombstones.to_erase(uow.conn, uow.deleted_workspaces, now=now, looked_before=now - LOOK_AGAIN)
    done, failed = 0, list[Exception]()
    for tombstone in found:
        try:
            done += await _erase(tombstone, erasing=erasing, open_uow=open_uow, now=now)
        except Exception as error:
            log.exception("workspace.not_erased", workspace_id=str(tombstone.workspace_id))
            failed.append(error)
        async with open_uow() as uow:
            await tombstones.note_look(uow.conn, uow.deleted_workspaces, tombstone.workspace_id, now=now)
    if failed:
        raise failed[0]
    return done


async def _erase(tombstone: Tombstone, *, erasing: Erasing, open_uow: OpenUow, now: datetime) -> bool:
    workspace_id = tombstone.workspace_id
    if not await erasing.prepare(workspace_id, now):
        return False
    gone = await erasing.also(workspace_id) + await _erase_rows(workspace_id, erasing.belongings, open_uow=open_uow)
    if tombstone.erased_at is not None:
        if gone:
            log.warning("workspace.came_back", workspace_id=str(workspace_id), rows=gone, note="erased again")
        return False
    if gone or now < tombstone.deleted_at + SETTLED:
        return False
    async with open_uow() as uow:
        erased = await tombstones.finish(uow.conn, uow.deleted_workspaces, workspace_id, now=now)
        if erased is None:
            return False
        await erasing.done(uow, workspace_id, erased)
    log.info("workspace.erased", workspace_id=str(workspace_id), rows=sum(erased.values()))
    return True


async def _erase_rows(workspace_id: UUID, belongings: Belongings, *, open_uow: OpenUow) -> int:
    total = 0
    for part in belongings.erased:
        gone = _ROWS_AT_ONCE
        while gone == _ROWS_AT_ONCE:
            async with open_uow() as uow:
                gone = await erase_some(uow.conn, belongings, part, workspace_id=workspace_id, limit=_ROWS_AT_ONCE)
                if gone:
                    await tombstones.count(
                        uow.conn, uow.deleted_workspaces, workspace_id, name=part.table.name, rows=gone
                    )
            total += gone
    return total
