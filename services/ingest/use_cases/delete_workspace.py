"""A workspace is deleted: its jobs are cancelled, its files and rows go in portions."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from libs.common import tombstones
from libs.common.contracts.ingest import WorkspaceErased
from libs.common.erasing import Erasing
from libs.common.errors import Busy, Conflict, NotFound
from libs.common.logs import get_logger
from libs.common.storage import Storage
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest.belongings import BELONGINGS
from services.ingest.domain.storage_keys import job_prefix, upload_prefix
from services.ingest.repositories import departures
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.cancel_sourcing import cancel_sourcing

log = get_logger()

_AT_ONCE = 100
_FIRST = UUID(int=0)
Cancel = Callable[..., Awaitable[object]]
Page = Callable[..., Awaitable[Sequence[UUID]]]


async def delete_workspace(workspace_id: UUID, *, uow: UnitOfWork) -> None:
    """Key: the workspace. From now on nothing that is late for it is taken; the clock does the rest."""
    await tombstones.bury(uow.conn, uow.deleted_workspaces, workspace_id)


def erasing_of(open_uow: OpenUow, storage: Storage) -> Erasing:
    """How ingest erases a workspace: what runs is cancelled first, so that billing hears what each job has cost."""

    async def prepare(workspace_id: UUID, now: datetime) -> bool:
        return await _cancel_all(workspace_id, now=now, open_uow=open_uow)

    async def also(workspace_id: UUID) -> int:
        jobs = await _delete_files(
            workspace_id, departures.page_of_jobs, job_prefix, open_uow=open_uow, storage=storage
        )
        page = departures.page_of_uploads
        return jobs + await _delete_files(workspace_id, page, upload_prefix, open_uow=open_uow, storage=storage)

    return Erasing(BELONGINGS, prepare=prepare, also=also, done=_tell)


async def _tell(uow: UnitOfWork, workspace_id: UUID, erased: Mapping[str, int]) -> None:
    uow.publish(WorkspaceErased(workspace_id=workspace_id, erased=dict(erased)), tenant_id=workspace_id)


async def _cancel_all(workspace_id: UUID, *, now: datetime, open_uow: OpenUow) -> bool:
    """Whether nothing runs any more."""
    async with open_uow() as uow:
        jobs = await departures.jobs_under_way(uow.conn, workspace_id, limit=_AT_ONCE)
        sourcings = await departures.sourcings_under_way(uow.conn, workspace_id, limit=_AT_ONCE)
    for job_id in jobs:
        await _cancel(cancel_job, job_id, workspace_id=workspace_id, now=now, open_uow=open_uow)
    for sourcing_id in sourcings:
        await _cancel(cancel_sourcing, sourcing_id, workspace_id=workspace_id, now=now, open_uow=open_uow)
    return not jobs and not sourcings


async def _cancel(cancel: Cancel, subject_id: UUID, *, workspace_id: UUID, now: datetime, open_uow: OpenUow) -> None:
    try:
        async with open_uow() as uow:
            await cancel(uow, subject_id, workspace_id=workspace_id, now=now)
    except (Busy, Conflict, NotFound) as error:
        # It has just ended by itself, or somebody moves it: the next look finds out.
        log.info("workspace.not_cancelled_yet", subject_id=str(subject_id), code=error.code)


async def _delete_files(
    workspace_id: UUID, page: Page, prefix: Callable[[UUID], str], *, open_uow: OpenUow, storage: Storage
) -> int:
    after, objects = _FIRST, 0
    while True:
        async with open_uow() as uow:
            found = await page(uow.conn, workspace_id, after=after, limit=_AT_ONCE)
        for one in found:
            objects += await storage.delete_prefix(prefix(one))
        if len(found) < _AT_ONCE:
            return objects
        after = found[-1]
