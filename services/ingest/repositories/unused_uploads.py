"""Uploads that may go: nobody refers to them, or their rest has not come."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import NotFound
from services.ingest.domain.uploads import UploadState
from services.ingest.tables import jobs, plain_lists, uploads

_DELETING_MS = "600000"
_REFERS = (jobs.c.upload_id == uploads.c.id) & jobs.c.deleted_at.is_(None)
_UNDER_WAY = exists().where(
    plain_lists.c.upload_id == uploads.c.id, plain_lists.c.parts_published < plain_lists.c.parts
)


async def lock_with_jobs(
    conn: AsyncConnection, upload_id: UUID, *, workspace_id: UUID, to_delete: bool = False
) -> list[UUID]:
    """Lock an upload against jobs being made from it; answers some of those that were. Raises NotFound.

    Writing findings holds the upload's key for half a minute. It may go on meanwhile; who is to delete the upload waits for
    its end here: the findings' writer waits for whoever has locked it less than that.
    """
    if to_delete:
        await take_time(conn)
    mine = (uploads.c.id == upload_id) & (uploads.c.workspace_id == workspace_id)
    if (await conn.execute(select(uploads.c.id).where(mine).with_for_update(key_share=not to_delete))).first() is None:
        msg = f"there is no upload {upload_id} in this workspace"
        raise NotFound(msg, code="unknown_upload")
    referring = select(jobs.c.id).where(jobs.c.upload_id == upload_id, jobs.c.deleted_at.is_(None))
    return list((await conn.execute(referring.order_by(jobs.c.id).limit(3))).scalars())


async def find(conn: AsyncConnection, *, older_than: datetime | None, now: datetime, limit: int) -> list[UUID]:
    """Lock uploads that have expired, or that are older than this and in no job. Those somebody holds are passed over.

    Leads have been paid for: only a person deletes them.
    """
    expired = (uploads.c.state == UploadState.RECEIVING) & (uploads.c.expires_at < now)
    where = expired
    if older_than is not None:
        bought = uploads.c.source == "apollo"
        unused = (uploads.c.state != UploadState.RECEIVING) & ~bought & (uploads.c.created_at < older_than)
        where = or_(expired, unused & ~exists().where(_REFERS) & ~_UNDER_WAY)
    found = select(uploads.c.id).where(where).order_by(uploads.c.id).limit(limit).with_for_update(skip_locked=True)
    ids = list((await conn.execute(found)).scalars())
    # A job, or a list, may have come between the look and the lock; none can come after it.
    used = (
        select(jobs.c.upload_id)
        .where(jobs.c.upload_id.in_(ids), jobs.c.deleted_at.is_(None))
        .union(
            select(plain_lists.c.upload_id).where(
                plain_lists.c.upload_id.in_(ids), plain_lists.c.parts_published < plain_lists.c.parts
            )
        )
    )
    taken = set((await conn.execute(used)).scalars())
    return [upload_id for upload_id in ids if upload_id not in taken]


async def take_time(conn: AsyncConnection) -> None:
    """Let the statements of this transaction take minutes."""
    await conn.execute(select(func.set_config("statement_timeout", _DELETING_MS, True)))


async def delete_rows(conn: AsyncConnection, upload_ids: Sequence[UUID]) -> None:
    """Delete uploads with their parts, chunks, problems and keys: of a large one millions of rows, which take their time."""
    if upload_ids:
        await take_time(conn)
        await conn.execute(delete(uploads).where(uploads.c.id.in_(upload_ids)))


async def known(conn: AsyncConnection, upload_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these have a row."""
    return set((await conn.execute(select(uploads.c.id).where(uploads.c.id.in_(upload_ids)))).scalars())
