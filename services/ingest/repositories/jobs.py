"""Jobs in Postgres. A job is saved by compare-and-swap on its version, or not at all."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import NotFound
from services.ingest.domain.jobs import Job, JobKind, JobState, Tally
from services.ingest.domain.progress import Pace
from services.ingest.tables import jobs

_PLAIN = (
    "id",
    "workspace_id",
    "upload_id",
    "filename",
    "version",
    "epoch",
    "reason",
    "resume_at",
    "rows_total",
    "chunks_total",
    "credits_held",
    "credits_total",
    "credits_available",
    "credits_bound",
    "price_version",
    "credits_per_row",
    "credits_needed",
    "root_id",
    "first_rows",
    "affordable",
    "skip_duplicates",
    "skip_known",
    "ceiling_credits",
    "ceiling_round",
    "lowered_round",
    "sandboxed",
    "created_at",
    "state_changed_at",
    "started_at",
    "finished_at",
    "progressed_at",
    "progress_owed",
)
_FOLDED = (
    "state",
    "kind",
    "free_rows",
    "rows_enriched",
    "rows_degraded",
    "rows_failed",
    "rows_skipped",
    "chunks_answered",
    "rows_per_second",
    "pace_since",
    "pace_rows",
    "pace_seconds",
    "pace_mean",
)
COLUMNS = [
    *(jobs.c[name] for name in (*_PLAIN, *_FOLDED)),
    jobs.c.overlay,
    jobs.c.user_id,
    jobs.c.spec["accept_degraded"].as_boolean().label("accept_degraded"),
]

LIVING = jobs.c.deleted_at.is_(None)
"""Not deleted: of a deleted job nothing is left but what billing may still ask for."""


def to_job(row: Row[*tuple[Any, ...]]) -> Job:
    """The job of a row that has `COLUMNS`."""
    return Job(
        **{name: getattr(row, name) for name in _PLAIN},
        state=JobState(row.state),
        kind=JobKind(row.kind),
        user_id=row.user_id,
        free_rows=tuple(row.free_rows),
        accept_degraded=bool(row.accept_degraded),
        tally=Tally(row.rows_enriched, row.rows_degraded, row.rows_failed, row.rows_skipped, row.chunks_answered),
        pace=Pace(row.rows_per_second, row.pace_since, row.pace_rows, row.pace_seconds, row.pace_mean),
        overlay=None if row.overlay is None else Tally(**row.overlay),
    )


def _values(job: Job) -> dict[str, object]:
    return {
        **{name: getattr(job, name) for name in _PLAIN},
        "state": job.state.value,
        "kind": job.kind.value,
        "free_rows": list(job.free_rows),
        "rows_enriched": job.tally.enriched,
        "rows_degraded": job.tally.degraded,
        "rows_failed": job.tally.failed,
        "rows_skipped": job.tally.skipped,
        "chunks_answered": job.tally.chunks,
        "rows_per_second": job.pace.rows_per_second,
        "pace_since": job.pace.since,
        "pace_rows": job.pace.rows,
        "pace_seconds": job.pace.seconds,
        "pace_mean": job.pace.mean,
    }


async def insert_new(
    conn: AsyncConnection,
    job: Job,
    *,
    user_id: UUID,
    idempotency_key: str | None,
    fingerprint: str,
    mapping: Mapping[str, int],
    spec: Mapping[str, object],
) -> bool:
    """Write a new job. False when the workspace has a job under this idempotency key already."""
    written = await conn.execute(
        insert(jobs)
        .values(
            **_values(job),
            user_id=user_id,
            idempotency_key=idempotency_key,
            request_fingerprint=fingerprint,
            mapping=mapping,
            spec=spec,
        )
        .on_conflict_do_nothing(index_elements=["workspace_id", "idempotency_key"])
    )
    return written.rowcount == 1


async def load(conn: AsyncConnection, job_id: UUID, *, workspace_id: UUID, in_turn: bool = False) -> Job:
    """One job of a workspace. Raises NotFound, the same for an unknown job and for somebody else's.

    With `in_turn`, whoever else does so waits for the end of this transaction: nothing is done in vain.
    """
    return await _one(conn, job_id, workspace_id=workspace_id, living=True, in_turn=in_turn)


async def recall(conn: AsyncConnection, job_id: UUID, *, workspace_id: UUID, in_turn: bool = False) -> Job:
    """One job of a workspace as others may still speak of it: also a deleted one. Raises NotFound."""
    return await _one(conn, job_id, workspace_id=workspace_id, living=False, in_turn=in_turn)


async def _one(conn: AsyncConnection, job_id: UUID, *, workspace_id: UUID, living: bool, in_turn: bool) -> Job:
    query = _one_job(living=living, in_turn=in_turn)
    row = (await conn.execute(query, {"job_id": job_id, "of_workspace": workspace_id})).first()
    if row is None:
        raise job_not_found(job_id)
    return to_job(row)


@functools.cache
def _one_job(*, living: bool, in_turn: bool) -> Select[Any]:
    """Of fifty columns: to put this together takes longer than to run it, and every answer to a chunk asks it."""
    query = select(*COLUMNS).where(jobs.c.id == bindparam("job_id"), jobs.c.workspace_id == bindparam("of_workspace"))
    query = query.where(LIVING) if living else query
    return query.with_for_update(key_share=True) if in_turn else query


def job_not_found(job_id: UUID) -> NotFound:
    """The refusal for a job that is not there, or not this workspace's."""
    return NotFound(f"there is no job {job_id} in this workspace", code="unknown_job")


async def workspace_of(conn: AsyncConnection, job_id: UUID) -> UUID:
    """Whose job this is, for operators. Raises NotFound."""
    found = (await conn.execute(select(jobs.c.workspace_id).where(jobs.c.id == job_id, LIVING))).scalar()
    if found is None:
        raise job_not_found(job_id)
    return found


async def find_by_key(conn: AsyncConnection, *, workspace_id: UUID, key: str) -> tuple[Job, str] | None:
    """The job made under an idempotency key, with the fingerprint of the request that made it."""
    row = (
        await conn.execute(
            select(*COLUMNS, jobs.c.request_fingerprint).where(
                jobs.c.workspace_id == workspace_id, jobs.c.idempotency_key == key
            )
        )
    ).first()
    return None if row is None else (to_job(row), row.request_fingerprint)


@dataclass(frozen=True)
class JobFilter:
    """Which jobs are asked for: those of one kind, or all but trials; in one of these states, or in any; of files whose
    names have this in them, in either case."""

    kind: JobKind | None = None
    states: frozenset[JobState] = frozenset()
    containing: str = ""


async def page(
    conn: AsyncConnection, *, workspace_id: UUID, before: UUID | None, limit: int, wanted: JobFilter | None = None
) -> list[Job]:
    """A workspace's jobs, newest first. The index of its jobs is walked from the cursor on, until enough are found."""
    wanted = wanted or JobFilter()
    kind = jobs.c.kind != JobKind.TRIAL.value if wanted.kind is None else jobs.c.kind == wanted.kind.value
    query = select(*COLUMNS).where(jobs.c.workspace_id == workspace_id, LIVING, kind)
    query = query.order_by(jobs.c.id.desc()).limit(limit)
    if wanted.states:
        query = query.where(jobs.c.state.in_([state.value for state in wanted.states]))
    if wanted.containing:
        query = query.where(func.strpos(func.lower(jobs.c.filename), func.lower(wanted.containing)) > 0)
    if before is not None:
        query = query.where(jobs.c.id < before)
    return [to_job(row) for row in await conn.execute(query)]


_SAVE = update(jobs).where(jobs.c.id == bindparam("job_id"), jobs.c.version == bindparam("was"))


async def save(conn: AsyncConnection, job: Job, *, was: int) -> bool:
    """Save by compare-and-swap: False, and nothing written, when the version is not `was` any more."""
    saved = await conn.execute(_SAVE, {**_values(job), "job_id": job.id, "was": was})
    return saved.rowcount == 1


async def in_state(conn: AsyncConnection, *states: JobState, workspace_id: UUID | None = None) -> list[Job]:
    """All jobs in these states, of one workspace or of all, in the order of their ids (the order of locking)."""
    query = select(*COLUMNS).where(jobs.c.state.in_([state.value for state in states])).order_by(jobs.c.id)
    if workspace_id is not None:
        query = query.where(jobs.c.workspace_id == workspace_id)
    return [to_job(row) for row in await conn.execute(query)]
