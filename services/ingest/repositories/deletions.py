"""Jobs that were deleted: a tombstone at once, then nothing but what billing may still ask for, in the end not even that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.chunks import ChunkState
from services.ingest.domain.jobs import TERMINAL, JobKind
from services.ingest.repositories import line_reviews, plain_lists, unused_uploads
from services.ingest.repositories.jobs import LIVING
from services.ingest.tables import chunks, exports, job_log, jobs, results, uploads

_NOBODY = UUID(int=0)
_ENDED = jobs.c.state.in_([state.value for state in TERMINAL])


@dataclass(frozen=True)
class Buried:
    """A deleted job with something left to clear away. `upload_id` is the upload it may take with it."""

    job_id: UUID
    upload_id: UUID | None


async def is_buried(conn: AsyncConnection, job_id: UUID, *, workspace_id: UUID) -> bool:
    """Whether a workspace had such a job and has deleted it."""
    mine = exists().where(jobs.c.id == job_id, jobs.c.workspace_id == workspace_id, jobs.c.deleted_at.is_not(None))
    return bool((await conn.execute(select(mine))).scalar())


async def trials_left_over(conn: AsyncConnection, upload_id: UUID, *, but: Sequence[UUID]) -> list[UUID]:
    """The ended trials of an upload that no other list was made from: they go with the last one."""
    other = exists().where(
        jobs.c.upload_id == upload_id, LIVING, jobs.c.kind != JobKind.TRIAL.value, jobs.c.id.not_in(but)
    )
    query = select(jobs.c.id).where(
        jobs.c.upload_id == upload_id, jobs.c.kind == JobKind.TRIAL.value, LIVING, _ENDED, ~other
    )
    return list((await conn.execute(query)).scalars())


async def lists_of(conn: AsyncConnection, job_ids: Sequence[UUID]) -> list[UUID]:
    """Which of these jobs have rows that were published, or were about to be."""
    query = select(jobs.c.id).where(jobs.c.id.in_(job_ids), jobs.c.recipient_parts.is_not(None))
    return list((await conn.execute(query.order_by(jobs.c.id))).scalars())


async def bury(conn: AsyncConnection, job_ids: Sequence[UUID], *, now: datetime) -> None:
    """Leave of each job its states, counts and credits: no name, no mapping, no spec, nobody's id, no log, no
    exports, no edited lines."""
    await conn.execute(
        update(jobs)
        .where(jobs.c.id.in_(job_ids))
        .values(
            deleted_at=now,
            filename="",
            mapping={},
            spec={},
            free_rows=[],
            overlay=None,
            user_id=_NOBODY,
            idempotency_key=None,
            request_fingerprint="",
            recipient_parts=None,
            progress_owed=False,
        )
    )
    await conn.execute(delete(job_log).where(job_log.c.job_id.in_(job_ids)))
    await conn.execute(delete(exports).where(exports.c.job_id.in_(job_ids)))
    await line_reviews.forget(conn, job_ids)


async def uncleared(conn: AsyncConnection, *, limit: int) -> list[Buried]:
    """Deleted jobs whose results or files may be there still, the oldest first. Only a list takes its upload with it."""
    query = (
        select(jobs.c.id, jobs.c.upload_id, jobs.c.kind)
        .where(jobs.c.deleted_at.is_not(None), jobs.c.cleared_at.is_(None))
        .order_by(jobs.c.deleted_at, jobs.c.id)
        .limit(limit)
    )
    rows = await conn.execute(query)
    return [Buried(row.id, row.upload_id if row.kind == JobKind.LIST.value else None) for row in rows]


async def delete_results(conn: AsyncConnection, job_id: UUID, *, limit: int) -> int:
    """Delete some of a job's results; answers how many there were."""
    some = select(results.c.job_id, results.c.row_no).where(results.c.job_id == job_id).limit(limit)
    gone = await conn.execute(delete(results).where(tuple_(results.c.job_id, results.c.row_no).in_(some)))
    return gone.rowcount


async def delete_unearned_chunks(conn: AsyncConnection, job_id: UUID) -> None:
    """Delete the chunks that billing will not ask for: those that were not completed."""
    await conn.execute(delete(chunks).where(chunks.c.job_id == job_id, chunks.c.state != ChunkState.COMPLETED.value))


async def let_go_of_upload(conn: AsyncConnection, upload_id: UUID) -> bool:
    """Delete an upload that no job was made from but deleted ones. False while there is one, or a list of it is being
    published, or it is gone already."""
    locked = select(uploads.c.id).where(uploads.c.id == upload_id).with_for_update()
    if (await conn.execute(locked)).first() is None:
        return False
    used = exists().where(jobs.c.upload_id == upload_id, LIVING)
    if (await conn.execute(select(used))).scalar() or await plain_lists.under_way(conn, upload_id):
        return False
    await unused_uploads.delete_rows(conn, [upload_id])
    return True


async def note_cleared(conn: AsyncConnection, job_id: UUID) -> None:
    """Nothing of it is left but the tombstone."""
    await conn.execute(update(jobs).where(jobs.c.id == job_id).values(cleared_at=func.now()))


async def outlived(conn: AsyncConnection, *, ended_before: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Jobs (with their workspaces) that ended before an instant, retries and all: what retention deletes next."""
    retry = jobs.alias("retry")
    younger = exists().where(
        retry.c.root_id == jobs.c.id, or_(retry.c.finished_at.is_(None), retry.c.finished_at >= ended_before)
    )
    query = (
        select(jobs.c.id, jobs.c.workspace_id)
        .where(LIVING, _ENDED, jobs.c.root_id.is_(None), jobs.c.finished_at < ended_before, ~younger)
        .order_by(jobs.c.id)
        .limit(limit)
    )
    return [(row.id, row.workspace_id) for row in await conn.execute(query)]


async def reap(conn: AsyncConnection, *, deleted_before: datetime, limit: int) -> int:
    """Delete old tombstones with their chunks. Retries go with their list."""
    old: ColumnElement[bool] = (jobs.c.deleted_at < deleted_before) & jobs.c.cleared_at.is_not(None)
    some = select(jobs.c.id).where(old, jobs.c.root_id.is_(None)).order_by(jobs.c.deleted_at).limit(limit)
    return (await conn.execute(delete(jobs).where(jobs.c.id.in_(some)))).rowcount


async def living(conn: AsyncConnection, job_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these are jobs that were not deleted."""
    return set((await conn.execute(select(jobs.c.id).where(jobs.c.id.in_(job_ids), LIVING))).scalars())
