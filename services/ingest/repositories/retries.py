"""Retries of a list: which rows of its sheet did not come out, and the chunks of a retry that wants just those."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.jobs import NOT_REACHED, TERMINAL, Job
from services.ingest.domain.overlay import LAST_RANK, RANK
from services.ingest.repositories.jobs import COLUMNS, to_job
from services.ingest.tables import jobs

_OUTCOMES = f"""
    family AS (SELECT id FROM ingest.jobs WHERE id = :root_id OR root_id = :root_id),
    outcomes AS (
        SELECT r.row_no, CASE WHEN r.status = 'skipped' AND r.reason = '{NOT_REACHED}' THEN {LAST_RANK}
                         {" ".join(f"WHEN r.status = '{name}' THEN {rank}" for name, rank in RANK.items())} END AS rank
        FROM ingest.results r JOIN family ON r.job_id = family.id
        UNION ALL
        SELECT n.row_no, {RANK["failed"]}
        FROM ingest.chunks c
        JOIN family ON c.job_id = family.id
        CROSS JOIN LATERAL generate_series(c.first_row_no, c.first_row_no + c.stored_rows - 1) AS n(row_no)
        WHERE c.state = 'failed'
          AND (c.row_nos IS NULL OR n.row_no = ANY (c.row_nos))
          AND NOT EXISTS (SELECT FROM ingest.results r WHERE r.job_id = c.job_id AND r.row_no = n.row_no)
    ),
    effective AS (SELECT row_no, min(rank) AS rank FROM outcomes GROUP BY row_no)
"""  # noqa: S608 - made of our own constants
"""The best outcome of each row of a family's sheet. Rows of a given-up chunk without a result are failed."""
_UNREACHED = f"""
    unreached AS (
        SELECT row_no FROM effective WHERE rank = {LAST_RANK}
        UNION
        SELECT n.row_no
        FROM ingest.chunks c
        JOIN family ON c.job_id = family.id
        CROSS JOIN LATERAL generate_series(c.first_row_no, c.first_row_no + c.stored_rows - 1) AS n(row_no)
        WHERE :include_not_reached AND c.state IN ('pending', 'publishing', 'queued')
          AND (c.row_nos IS NULL OR n.row_no = ANY (c.row_nos))
          AND NOT EXISTS (SELECT FROM effective e WHERE e.row_no = n.row_no)
    )
"""  # noqa: S608 - made of our own constants
"""The rows that nobody got to: skipped as such when a person finished the job, or left in a job that was cancelled or failed."""

# The chunk of a row is the last one that begins at or before it: one sort, where a join by ranges would look at every pair.
_LAY_OUT = text(
    f"""
    WITH {_OUTCOMES}, {_UNREACHED},
    marks AS (
        SELECT first_row_no AS row_no, chunk_no, 0 AS is_row FROM ingest.upload_chunks WHERE upload_id = :upload_id
        UNION ALL
        SELECT row_no, NULL, 1 FROM effective WHERE rank = ANY (:ranks)
        UNION ALL
        SELECT row_no, NULL, 1 FROM unreached WHERE :include_not_reached
    ),
    placed AS (SELECT row_no, is_row, max(chunk_no) OVER (ORDER BY row_no, is_row) AS chunk_no FROM marks),
    chosen AS (
        SELECT chunk_no, array_agg(row_no ORDER BY row_no) AS row_nos FROM placed WHERE is_row = 1 GROUP BY chunk_no
    ),
    laid AS (
        INSERT INTO ingest.chunks (job_id, epoch, chunk_no, first_row_no, segment_key, byte_offset, byte_length,
                                   stored_rows, row_count, row_nos)
        SELECT :job_id, 0, u.chunk_no, u.first_row_no, u.segment_key, u.byte_offset, u.byte_length,
               u.row_count, cardinality(c.row_nos), c.row_nos
        FROM chosen c JOIN ingest.upload_chunks u ON u.upload_id = :upload_id AND u.chunk_no = c.chunk_no
        RETURNING row_nos, row_count
    )
    SELECT coalesce(sum(row_count), 0)::int AS rows,
           coalesce(sum((SELECT count(*) FROM unnest(row_nos) AS n WHERE n = ANY (:free_rows))), 0)::int AS free
    FROM laid
    """  # noqa: S608 - made of our own constants
)

_COUNT = text(f"WITH {_OUTCOMES} SELECT rank, count(*) AS rows FROM effective GROUP BY rank")  # noqa: S608 - as above


@dataclass(frozen=True)
class Order:
    """What a list was ordered with."""

    mapping: Mapping[str, int]
    spec: Mapping[str, Any]


@dataclass(frozen=True)
class Wanted:
    """The rows that a retry does once more; `free` of them are not charged."""

    rows: int
    free: int


async def order_of(conn: AsyncConnection, job_id: UUID) -> Order:
    """The mapping and the spec of a job."""
    row = (await conn.execute(select(jobs.c.mapping, jobs.c.spec).where(jobs.c.id == job_id))).one()
    return Order(row.mapping, row.spec)


async def live_retry(conn: AsyncConnection, root_id: UUID) -> tuple[Job, str] | None:
    """The retry of a list that has not ended, with the fingerprint of the request for it. There is one at most."""
    at_work = jobs.c.state.not_in([state.value for state in TERMINAL])
    row = (
        await conn.execute(select(*COLUMNS, jobs.c.request_fingerprint).where(jobs.c.root_id == root_id, at_work))
    ).first()
    return None if row is None else (to_job(row), row.request_fingerprint)


async def lay_out(conn: AsyncConnection, retry: Job, *, include_degraded: bool, include_not_reached: bool) -> Wanted:
    """Make the chunks of a new retry from the sheet as its family, which has ended, left it: failed rows and, if so wished,
    degraded ones and those that nobody got to."""
    statuses = ("failed", "degraded") if include_degraded else ("failed",)
    laid = await conn.execute(
        _LAY_OUT,
        {
            "root_id": retry.root_id,
            "job_id": retry.id,
            "upload_id": retry.upload_id,
            "ranks": [RANK[status] for status in statuses],
            "free_rows": list(retry.free_rows),
            "include_not_reached": include_not_reached,
        },
    )
    return Wanted(*laid.one())


async def size(conn: AsyncConnection, retry: Job) -> None:
    """Note how many rows a retry has, and what they may cost. Nobody has seen it yet: its version stays."""
    await conn.execute(
        update(jobs)
        .where(jobs.c.id == retry.id)
        .values(rows_total=retry.rows_total, credits_needed=retry.credits_needed)
    )


async def note_overlay(conn: AsyncConnection, root_id: UUID) -> None:
    """Count the rows of a list's sheet by status, with what its retries delivered, and keep that with the list."""
    counted = {row.rank: row.rows for row in await conn.execute(_COUNT, {"root_id": root_id})}
    overlay = {status: counted.get(rank, 0) for status, rank in RANK.items()}
    overlay["skipped"] += counted.get(LAST_RANK, 0)
    await conn.execute(update(jobs).where(jobs.c.id == root_id).values(overlay=overlay))
