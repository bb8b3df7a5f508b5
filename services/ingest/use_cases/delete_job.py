"""Delete an ended job: it is gone for everybody at once; its results and files follow, in portions that a crash cannot lose."""

from datetime import datetime, timedelta
from uuid import UUID

from libs.common.contracts.ingest import ListDeleted
from libs.common.errors import Conflict, NotFound
from libs.common.ids import made_at
from libs.common.logs import get_logger
from libs.common.storage import Storage
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest.domain.jobs import TERMINAL, Job, JobKind
from services.ingest.domain.storage_keys import job_prefix
from services.ingest.repositories import deletions, families, jobs, retries
from services.ingest.repositories.deletions import Buried
from services.ingest.use_cases.delete_upload import delete_upload_files

log = get_logger()

TOMBSTONE_AGE = timedelta(days=90)
"""Billing asks of a hold after a day, and again while it is open: after so long nobody asks any more."""
ORPHAN_AGE = timedelta(days=1)
"""A sheet that is being written for a job that was deleted meanwhile comes to lie there when all is cleared."""
_ROWS_AT_ONCE = 5000
_JOBS_AT_ONCE = 20
_LOOKED_UP_AT_ONCE = 500


async def delete_job(uow: UnitOfWork, job_id: UUID, *, workspace_id: UUID, now: datetime) -> None:
    """Delete a list with its retries, or a trial; deleted already, it stays so. With the last list of an upload its ended
    trials go too, and later the upload itself. Whoever keeps its published rows hears of it.

    Raises NotFound; Conflict `job_running` before its end, `retry_running` while rows of it are being retried,
    `part_of_list` for a retry: its sheet is the list's.
    """
    try:
        job = await jobs.load(uow.conn, job_id, workspace_id=workspace_id, in_turn=True)
    except NotFound:
        if await deletions.is_buried(uow.conn, job_id, workspace_id=workspace_id):
            return
        raise
    await _check_deletable(uow, job)
    family = await families.members(uow.conn, job.id)
    if job.kind is JobKind.LIST:
        family += await deletions.trials_left_over(uow.conn, job.upload_id, but=family)
    for list_id in await deletions.lists_of(uow.conn, family):
        uow.publish(ListDeleted(list_id=list_id), tenant_id=workspace_id, correlation_id=list_id)
    await deletions.bury(uow.conn, family, now=now)
    log.info("job.deleted", job_id=str(job.id), jobs=len(family))


async def _check_deletable(uow: UnitOfWork, job: Job) -> None:
    if job.kind is JobKind.RETRY:
        msg = f"job {job.id} is a retry of rows of job {job.root_id}: delete that one, with all that belongs to it"
        raise Conflict(msg, code="part_of_list", extra={"job_id": str(job.root_id)})
    if job.state not in TERMINAL:
        msg = f"job {job.id} is {job.state.value}: cancel it first, or wait for its end"
        raise Conflict(msg, code="job_running", extra={"state": job.state.value})
    live = await retries.live_retry(uow.conn, job.id)
    if live is not None:
        msg = f"job {live[0].id} is retrying rows of job {job.id}: cancel it first, or wait for its end"
        raise Conflict(msg, code="retry_running", extra={"job_id": str(live[0].id)})


async def clear_deleted_jobs(*, open_uow: OpenUow, storage: Storage) -> int:
    """Clear away what deleted jobs left, each to the end; answers how many. Whatever dies on the way, the next run goes on."""
    async with open_uow() as uow:
        found = await deletions.uncleared(uow.conn, limit=_JOBS_AT_ONCE)
    for buried in found:
        await _clear(buried, open_uow=open_uow, storage=storage)
    return len(found)


async def _clear(buried: Buried, *, open_uow: OpenUow, storage: Storage) -> None:
    gone = _ROWS_AT_ONCE
    while gone == _ROWS_AT_ONCE:
        async with open_uow() as uow:
            gone = await deletions.delete_results(uow.conn, buried.job_id, limit=_ROWS_AT_ONCE)
    await storage.delete_prefix(job_prefix(buried.job_id))
    if buried.upload_id is not None:
        async with open_uow() as uow:
            let_go = await deletions.let_go_of_upload(uow.conn, buried.upload_id)
        if let_go:
            await delete_upload_files(buried.upload_id, storage=storage)
    async with open_uow() as uow:
        await deletions.delete_unearned_chunks(uow.conn, buried.job_id)
        await deletions.note_cleared(uow.conn, buried.job_id)


async def delete_outlived_jobs(*, retention_days: int, now: datetime, open_uow: OpenUow) -> int:
    """Delete jobs that ended so many days ago (0: none), and old tombstones. Answers how many jobs were deleted."""
    async with open_uow() as uow:
        await deletions.reap(uow.conn, deleted_before=now - TOMBSTONE_AGE, limit=_JOBS_AT_ONCE)
    if retention_days == 0:
        return 0
    ended_before, count = now - timedelta(days=retention_days), 0
    while True:
        async with open_uow() as uow:
            found = await deletions.outlived(uow.conn, ended_before=ended_before, limit=_JOBS_AT_ONCE)
        for job_id, workspace_id in found:
            async with open_uow() as uow:
                await delete_job(uow, job_id, workspace_id=workspace_id, now=now)
        count += len(found)
        if len(found) < _JOBS_AT_ONCE:
            return count


async def delete_orphaned_sheets(*, now: datetime, open_uow: OpenUow, storage: Storage) -> int:
    """Delete the objects of jobs that are deleted, or were never there, and began more than a day ago; answers how many."""
    old = [job_id for name in await storage.folders("jobs") if (job_id := _old_job(name, now=now))]
    count = 0
    for start in range(0, len(old), _LOOKED_UP_AT_ONCE):
        some = old[start : start + _LOOKED_UP_AT_ONCE]
        async with open_uow() as uow:
            living = await deletions.living(uow.conn, some)
        for job_id in some:
            if job_id not in living:
                await storage.delete_prefix(job_prefix(job_id))
                count += 1
    return count


def _old_job(name: str, *, now: datetime) -> UUID | None:
    try:
        job_id = UUID(name)
    except ValueError:
        return None
    return job_id if job_id.version == 7 and made_at(job_id) < now - ORPHAN_AGE else None
