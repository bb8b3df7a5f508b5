"""A round of the dispatcher: one planner at a time, whose turn it is, and what waits and is under way."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, and_, bindparam, exists, false, func, or_, select, true, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db import is_lock_timeout
from services.ingest.domain.chunks import ChunkState
from services.ingest.domain.fairness import Outlook, Seat, Turns, Waiting
from services.ingest.domain.jobs import TAKES_ANSWERS, Job, JobKind, JobState
from services.ingest.repositories.jobs import COLUMNS, to_job
from services.ingest.tables import chunks, dispatch_rounds, jobs

_PATIENCE_MS = "200"
"""So long the dispatcher waits for a job that is in somebody's hands: an answer holds it for less."""
_IS_LIMITED = and_(jobs.c.credits_held < jobs.c.credits_needed, jobs.c.credits_per_row > 0)


async def begin(conn: AsyncConnection) -> Turns | None:
    """Whose turn it is, locked until the end of the transaction; None while another planner has it."""
    row = (await conn.execute(select(dispatch_rounds.c.turns).with_for_update(skip_locked=True))).first()
    return None if row is None else _turns_of(row.turns)


async def wait_for_turn(conn: AsyncConnection) -> None:
    """Wait for the end of a round at work; none begins until the end of the transaction."""
    await conn.execute(select(dispatch_rounds.c.idle_since).with_for_update())


async def end(conn: AsyncConnection, turns: Turns) -> None:
    """Keep whose turn is next."""
    await conn.execute(update(dispatch_rounds).values(turns=_json_of(turns)))


async def note_idleness(conn: AsyncConnection, *, idle: bool, now: datetime) -> datetime | None:
    """Since when everything has been seen idle; None when it is not."""
    since = func.coalesce(dispatch_rounds.c.idle_since, now) if idle else None
    row = await conn.execute(update(dispatch_rounds).values(idle_since=since).returning(dispatch_rounds.c.idle_since))
    return row.scalar_one()


_UNDER_WAY = (
    select(func.coalesce(func.sum(chunks.c.row_count), 0))
    .select_from(chunks.join(jobs, chunks.c.job_id == jobs.c.id))
    .where(
        jobs.c.state.in_([state.value for state in TAKES_ANSWERS]),
        chunks.c.epoch == jobs.c.epoch,
        chunks.c.state.in_([ChunkState.PUBLISHING.value, ChunkState.QUEUED.value]),
    )
)


async def rows_under_way(conn: AsyncConnection) -> int:
    """Rows that are being published or queued, of jobs that still take answers."""
    return (await conn.execute(_UNDER_WAY)).scalar_one()


_FIRST_DUE = (
    select(chunks.c.chunk_no, chunks.c.row_count)
    .where(
        chunks.c.job_id == jobs.c.id,
        chunks.c.epoch == jobs.c.epoch,
        chunks.c.state == ChunkState.PENDING.value,
        chunks.c.due_at <= func.now(),
    )
    .order_by(chunks.c.chunk_no)
    .limit(bindparam("per_job", type_=Integer()))
    .lateral()
)
_EXPIRED = exists().where(chunks.c.state == ChunkState.PUBLISHING.value, chunks.c.lease_until < func.now())
_OUTLOOK = (
    select(
        select(_EXPIRED).scalar_subquery(),
        func.min(_FIRST_DUE.c.row_count),
        func.coalesce(func.bool_or(or_(jobs.c.kind == JobKind.TRIAL.value, _IS_LIMITED)), false()),
        _UNDER_WAY.scalar_subquery(),
    )
    .select_from(jobs.join(_FIRST_DUE, true()))
    .where(jobs.c.state == JobState.PROCESSING.value)
)


async def outlook(conn: AsyncConnection, *, per_job: int) -> Outlook:
    """What a round would find, in one look that locks nothing."""
    return Outlook(*(await conn.execute(_OUTLOOK, {"per_job": per_job})).one())


async def lock_limited(conn: AsyncConnection) -> dict[UUID, Job]:
    """The jobs at work that are not paid in full, in the order of their ids, locked until the end of the transaction.

    Before any of their chunks is: that is the order of locks. Somebody may have one in hand for long (a person who reruns
    a large one): everybody else's chunks do not wait for that, and it is left out of this round.
    """
    is_limited = (jobs.c.state == JobState.PROCESSING.value, _IS_LIMITED)
    # Mostly there are none, and then this is all: one that becomes limited after this look waits for the next round.
    if not (await conn.execute(select(exists().where(*is_limited)))).scalar_one():
        return {}
    limited = select(*COLUMNS).where(*is_limited).order_by(jobs.c.id)
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
    is_trial, due = jobs.c.kind == JobKind.TRIAL.value, _FIRST_DUE.c
    rows = await conn.execute(
        select(jobs.c.workspace_id, jobs.c.id, due.chunk_no, due.row_count, is_trial, _IS_LIMITED)
        .select_from(jobs.join(_FIRST_DUE, true()))
        .where(jobs.c.state == JobState.PROCESSING.value, is_trial if only_urgent else true())
        .order_by(jobs.c.id, due.chunk_no),
        {"per_job": per_job},
    )
    return [Waiting(*row) for row in rows]


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
