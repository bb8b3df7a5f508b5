"""Chunks on their way out: claimed by a lease, published with their job's sheet, marked by compare-and-swap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Uuid, bindparam, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONPATH
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.chunks import ChunkState
from services.ingest.domain.fairness import Waiting
from services.ingest.domain.jobs import JobState
from services.ingest.repositories.chunks import REF_COLUMNS, free, to_ref
from services.ingest.segments import ChunkRef
from services.ingest.tables import chunks, jobs, uploads

_NAMES = cast("$[*].name", JSONPATH)
"""Of `uploads.columns`. Its headers may be megabytes, and a round needs none of them."""


@dataclass(frozen=True)
class Dispatch:
    """One chunk on its way out: the claim is `dispatch_no`, and the job's version is of the moment it was claimed.

    `chosen` are the rows that the job wants of it; None stands for all.
    """

    workspace_id: UUID
    job_id: UUID
    chunk_no: int
    epoch: int
    dispatch_no: int
    job_version: int
    ref: ChunkRef
    chosen: frozenset[int] | None = None


@dataclass(frozen=True)
class JobSheet:
    """What every chunk of a job carries: the research spec, the names of the columns, the list that its rows belong to."""

    family_id: UUID
    spec: Mapping[str, Any]
    names: Sequence[str]


async def take_back_expired(conn: AsyncConnection) -> int:
    """`publishing → pending` where the lease has run out: the dispatcher that held it is gone, or was slow."""
    done = await conn.execute(
        update(chunks)
        .where(free(chunks.c.state == ChunkState.PUBLISHING.value, chunks.c.lease_until < func.now()))
        .values(state=ChunkState.PENDING.value, due_at=func.now(), lease_until=None)
    )
    return done.rowcount


async def claim(conn: AsyncConnection, chosen: Sequence[Waiting], *, lease: timedelta) -> list[Dispatch]:
    """`pending → publishing` with a lease; each claim raises the chunk's dispatch number."""
    taken = await conn.execute(
        update(chunks)
        .where(
            *_one_of([(chunk.job_id, chunk.chunk_no, None) for chunk in chosen]),
            chunks.c.job_id == jobs.c.id,
            jobs.c.state == JobState.PROCESSING.value,
            chunks.c.epoch == jobs.c.epoch,
            chunks.c.state == ChunkState.PENDING.value,
        )
        .values(
            state=ChunkState.PUBLISHING.value,
            dispatch_no=chunks.c.dispatch_no + 1,
            lease_until=func.now() + literal(lease),
        )
        .returning(
            jobs.c.workspace_id,
            chunks.c.job_id,
            chunks.c.epoch,
            chunks.c.dispatch_no,
            jobs.c.version.label("job_version"),
            chunks.c.row_nos,
            *REF_COLUMNS,
        )
    )
    found = [
        Dispatch(
            workspace_id=row.workspace_id,
            job_id=row.job_id,
            chunk_no=row.chunk_no,
            epoch=row.epoch,
            dispatch_no=row.dispatch_no,
            job_version=row.job_version,
            ref=to_ref(row),
            chosen=None if row.row_nos is None else frozenset(row.row_nos),
        )
        for row in taken
    ]
    place = {(chunk.job_id, chunk.chunk_no): index for index, chunk in enumerate(chosen)}
    return sorted(found, key=lambda dispatch: place[dispatch.job_id, dispatch.chunk_no])


async def mark_queued(conn: AsyncConnection, published: Sequence[Dispatch]) -> int:
    """`publishing → queued` where the chunk is still on this very dispatch; answers how many were."""
    done = await conn.execute(
        update(chunks)
        .where(
            *_one_of([(d.job_id, d.chunk_no, d.dispatch_no) for d in published]),
            chunks.c.state == ChunkState.PUBLISHING.value,
        )
        .values(state=ChunkState.QUEUED.value, queued_at=func.now(), lease_until=None, publish_failures=0)
    )
    return done.rowcount


async def note_failure(conn: AsyncConnection, dispatch: Dispatch) -> int:
    """Count that this dispatch could not be published; answers how many in a row, 0 when it is not the present one."""
    noted = await conn.execute(
        update(chunks)
        .where(
            *_one_of([(dispatch.job_id, dispatch.chunk_no, dispatch.dispatch_no)]),
            chunks.c.state == ChunkState.PUBLISHING.value,
        )
        .values(publish_failures=chunks.c.publish_failures + 1)
        .returning(chunks.c.publish_failures)
    )
    return noted.scalar() or 0


async def sheet_of(conn: AsyncConnection, job_id: UUID) -> JobSheet:
    """The spec of a job, the column names of its sheet, and the list whose sheet that is."""
    family_id = func.coalesce(jobs.c.root_id, jobs.c.id).label("family_id")
    row = (
        await conn.execute(
            select(family_id, jobs.c.spec, func.jsonb_path_query_array(uploads.c.columns, _NAMES).label("names"))
            .join(uploads, uploads.c.id == jobs.c.upload_id)
            .where(jobs.c.id == job_id)
        )
    ).one()
    return JobSheet(family_id=row.family_id, spec=row.spec, names=row.names)


def _one_of(keys: Sequence[tuple[UUID, int, int | None]]) -> list[ColumnElement[bool]]:
    wanted = (
        select(
            func.unnest(bindparam("jobs", [key[0] for key in keys], ARRAY(Uuid), unique=True)).label("job_id"),
            func.unnest(bindparam("nos", [key[1] for key in keys], ARRAY(Integer), unique=True)).label("chunk_no"),
            func.unnest(bindparam("ds", [key[2] for key in keys], ARRAY(Integer), unique=True)).label("dispatch_no"),
        )
        .subquery()
        .alias("wanted")
    )
    conditions = [chunks.c.job_id == wanted.c.job_id, chunks.c.chunk_no == wanted.c.chunk_no]
    if keys and keys[0][2] is not None:
        conditions.append(chunks.c.dispatch_no == wanted.c.dispatch_no)
    return conditions
