"""The dispatcher's side of chunks: one planner at a time, chunks claimed by a lease and marked by compare-and-swap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Uuid, and_, bindparam, cast, func, literal, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONPATH
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db import is_lock_timeout
from services.ingest.domain.chunks import ChunkState
from services.ingest.domain.fairness import Seat, Turns, Waiting
from services.ingest.domain.jobs import TAKES_ANSWERS, Job, JobKind, JobState
from services.ingest.repositories.chunks import REF_COLUMNS, free, to_ref
from services.ingest.repositories.jobs import COLUMNS, to_job
from services.ingest.segments import ChunkRef
from services.ingest.tables import chunks, dispatch_rounds, jobs, uploads

_NAMES = cast("$[*].name", JSONPATH)
"""Of `uploads.columns`. Its headers may be megabytes, and a round needs none of them."""


_PATIENCE_MS = "200"
"""So long the dispatcher waits for a job that is in somebody's hands: an answer holds it for less."""
_IS_LIMITED = and_(jobs.c.credits_held < jobs.c.credits_needed, jobs.c.credits_per_row > 0)


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


async def begin(conn: AsyncConnection) -> Turns | None:
    """Whose turn it is, locked until the end of the transaction; None while another planner has it."""
    row = (await conn.execute(select(dispatch_rounds.c.turns).with_for_update(skip_locked=True))).first()
    return None if row is None else _turns_of(row.turns)


async def end(conn: AsyncConnection, turns: Turns) -> None:
    """Keep whose turn is next."""
    await conn.execute(update(dispatch_rounds).values(turns=_json_of(turns)))


async def note_idleness(conn: AsyncConnection, *, idle: bool, now: datetime) -> datetime | None:
    """Since when everything has been seen idle; None when it is not."""
    since = func.coalesce(dispatch_rounds.c.idle_since, now) if idle else None
    row = await conn.execute(update(dispatch_rounds).values(idle_since=since).returning(dispatch_rounds.c.idle_since))
    return row.scalar_one()


async def take_back_expired(conn: AsyncConnection) -> int:
    """`publishing → pending` where the lease has run out: the dispatcher that held it is gone, or was slow."""
    done = await conn.execute(
        update(chunks)
        .where(free(chunks.c.state == ChunkState.PUBLISHING.value, chunks.c.lease_until < func.now()))
        .values(state=ChunkState.PENDING.value, due_at=func.now(), lease_until=None)
    )
    return done.rowcount


async def rows_under_way(conn: AsyncConnection) -> int:
    """Rows that are being published or queued, of jobs that still take answers."""
    rows = await conn.execute(
        select(func.coalesce(func.sum(chunks.c.row_count), 0))
        .select_from(chunks.join(jobs, chunks.c.job_id == jobs.c.id))
        .where(
            jobs.c.state.in_([state.value for state in TAKES_ANSWERS]),
            chunks.c.epoch == jobs.c.epoch,
            chunks.c.state.in_([ChunkState.PUBLISHING.value, ChunkState.QUEUED.value]),
        )
    )
    return rows.scalar_one()


async def lock_limited(conn: AsyncConnection) -> dict[UUID, Job]:
    """The jobs at work that are not paid in full, in the order of their ids, locked until the end of the transaction.

    Before any of their chunks is: that is the order of locks. Somebody may have one in hand for long (a person who reruns
    a large one): everybody else's chunks do not wait for that, and it is left out of this round.
    """
    limited = select(*COLUMNS).where(jobs.c.state == JobState.PROCESSING.value, _IS_LIMITED).order_by(jobs.c.id)
    async with conn.begin_nested() as savepoint:
        try:
            await conn.execute(select(func.set_config("lock_timeout", _PATIENCE_MS, True)))
            rows = (await conn.execute(limited.with_for_update(key_share=True, of=jobs))).all()
            await conn.execute(select(func.set_config("lock_timeout", "0", True)))
        except DBAPIError as error:
            if not is_lock_timeout(error):
                raise
            await savepoint.rollback()
            rows = None
    if rows is None:
        skipping = limited.with_for_update(key_share=True, of=jobs, skip_locked=True)
        rows = (await conn.execute(skipping)).all()
    return {job.id: job for job in map(to_job, rows)}


async def waiting(conn: AsyncConnection, *, per_job: int, only_urgent: bool = False) -> list[Waiting]:
    """The first due chunks of every job at work; of trials only, where only those may go."""
    is_trial = jobs.c.kind == JobKind.TRIAL.value
    due = (
        select(chunks.c.chunk_no, chunks.c.row_count)
        .where(
            chunks.c.job_id == jobs.c.id,
            chunks.c.epoch == jobs.c.epoch,
            chunks.c.state == ChunkState.PENDING.value,
            chunks.c.due_at <= func.now(),
        )
        .order_by(chunks.c.chunk_no)
        .limit(per_job)
        .lateral()
    )
    rows = await conn.execute(
        select(jobs.c.workspace_id, jobs.c.id, due.c.chunk_no, due.c.row_count, is_trial, _IS_LIMITED)
        .select_from(jobs.join(due, true()))
        .where(jobs.c.state == JobState.PROCESSING.value, is_trial if only_urgent else true())
        .order_by(jobs.c.id, due.c.chunk_no)
    )
    return [Waiting(*row) for row in rows]


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


def _turns_of(stored: Mapping[str, Any]) -> Turns:
    jobs_of = {UUID(tenant): _seats_of(seats) for tenant, seats in stored.get("jobs", {}).items()}
    return Turns(_seats_of(stored.get("tenants", [])), jobs_of)


def _seats_of(stored: Sequence[Sequence[Any]]) -> tuple[Seat, ...]:
    return tuple(Seat(UUID(key), deficit, on_turn) for key, deficit, on_turn in stored)


def _json_of(turns: Turns) -> dict[str, Any]:
    jobs_of = {str(tenant): _json_of_seats(seats) for tenant, seats in turns.jobs.items()}
    return {"tenants": _json_of_seats(turns.tenants), "jobs": jobs_of}


def _json_of_seats(seats: Sequence[Seat]) -> list[list[Any]]:
    return [[str(seat.key), seat.deficit, seat.on_turn] for seat in seats]
