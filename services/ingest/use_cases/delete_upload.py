"""Delete an upload: its row and all that hangs on it first, then its objects; what a crash leaves is swept."""

from datetime import datetime, timedelta
from uuid import UUID

from libs.common.errors import Conflict, Transient
from libs.common.ids import made_at
from libs.common.logs import get_logger
from libs.common.storage import Storage
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest.domain.storage_keys import upload_prefix
from services.ingest.repositories import plain_lists, unused_uploads

log = get_logger()

_AT_ONCE = 1
_BATCHES = 500
"""Each in a transaction of its own: of a sheet with millions of rows there are many more to delete."""
ORPHAN_AGE = timedelta(days=1)
"""A file that is being sent has objects before it has a row."""
_LOOKED_UP_AT_ONCE = 500


async def delete_upload(upload_id: UUID, *, workspace_id: UUID, open_uow: OpenUow, storage: Storage) -> None:
    """The upload is gone when this answers.

    Raises NotFound, Conflict (`upload_in_use`) while a job refers to it, or a list of it is being published.
    """
    async with open_uow() as uow:
        jobs = await unused_uploads.lock_with_jobs(uow.conn, upload_id, workspace_id=workspace_id, to_delete=True)
        if jobs:
            msg = f"job {jobs[0]} was made from this upload: delete the job first"
            raise Conflict(msg, code="upload_in_use", extra={"job_id": str(jobs[0])})
        await check_no_list_under_way(uow, upload_id)
        await unused_uploads.delete_rows(uow.conn, [upload_id])
    await delete_upload_files(upload_id, storage=storage)


async def check_no_list_under_way(uow: UnitOfWork, upload_id: UUID) -> None:
    """Raises Conflict `upload_in_use` while a list of the upload's rows is not published to the end."""
    list_id = await plain_lists.under_way(uow.conn, upload_id)
    if list_id is not None:
        msg = f"list {list_id} of this upload is still being published: wait until it is complete"
        raise Conflict(msg, code="upload_in_use", extra={"list_id": str(list_id)})


async def delete_upload_files(upload_id: UUID, *, storage: Storage) -> None:
    """Delete every object of an upload whose row is gone. A store that is away is left to the sweep of orphans."""
    try:
        count = await storage.delete_prefix(upload_prefix(upload_id))
    except Transient as error:
        log.warning("upload.files_left", upload_id=str(upload_id), error=str(error))
        return
    log.info("upload.deleted", upload_id=str(upload_id), objects=count)


async def delete_unused_uploads(*, unused_days: int, now: datetime, open_uow: OpenUow, storage: Storage) -> int:
    """Delete uploads that no job refers to and that are older than this, and those whose rest has not come in time.

    Answers how many. With `unused_days` 0 the unused are kept for ever.
    """
    count = 0
    older_than = now - timedelta(days=unused_days) if unused_days else None
    for _ in range(_BATCHES):
        async with open_uow() as uow:
            found = await unused_uploads.find(uow.conn, older_than=older_than, now=now, limit=_AT_ONCE)
            await unused_uploads.delete_rows(uow.conn, found)
        for upload_id in found:
            await delete_upload_files(upload_id, storage=storage)
        count += len(found)
        if len(found) < _AT_ONCE:
            break
    return count


async def delete_orphaned_files(*, now: datetime, open_uow: OpenUow, storage: Storage) -> int:
    """Delete the objects of uploads that have no row (any more) and were begun more than a day ago; answers how many
    uploads. When an upload was begun is in its id."""
    old = [upload_id for name in await storage.folders("uploads") if (upload_id := _old_upload(name, now=now))]
    count = 0
    for start in range(0, len(old), _LOOKED_UP_AT_ONCE):
        some = old[start : start + _LOOKED_UP_AT_ONCE]
        async with open_uow() as uow:
            known = await unused_uploads.known(uow.conn, some)
        for upload_id in some:
            if upload_id not in known:
                await delete_upload_files(upload_id, storage=storage)
                count += 1
    return count


def _old_upload(name: str, *, now: datetime) -> UUID | None:
    try:
        upload_id = UUID(name)
    except ValueError:
        return None
    return upload_id if upload_id.version == 7 and made_at(upload_id) < now - ORPHAN_AGE else None
