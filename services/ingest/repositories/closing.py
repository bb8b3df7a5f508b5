"""Closing what is open of a job: rows that nobody got to, and the chunks they are in."""

import asyncio
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.jobs import NOT_REACHED, Job

_OPEN = "c.job_id = :job_id AND c.epoch = :epoch AND c.state IN ('pending', 'publishing', 'queued')"
_WANTED = """coalesce(c.row_nos, ARRAY(SELECT generate_series(c.first_row_no, c.first_row_no + c.stored_rows - 1)))"""

_COUNT = text(f"SELECT count(*) FROM ingest.chunks AS c WHERE {_OPEN}")  # noqa: S608 - put together from constants
_LOCK = text(
    f"""
    SELECT count(*) FROM (SELECT FROM ingest.chunks AS c WHERE {_OPEN} FOR UPDATE SKIP LOCKED) AS locked
    """  # noqa: S608 - put together from constants
)
_SKIP = text(
    f"""
    INSERT INTO ingest.results (job_id, row_no, status, reason, receipt)
    SELECT c.job_id, wanted.row_no, 'skipped', :reason, '{{}}'
    FROM ingest.chunks AS c CROSS JOIN LATERAL unnest({_WANTED}) AS wanted(row_no)
    WHERE {_OPEN}
    ORDER BY wanted.row_no
    ON CONFLICT DO NOTHING
    """  # noqa: S608 - put together from constants
)
_COMPLETE = text(
    f"""
    WITH earned AS (
        SELECT c.chunk_no, (
            SELECT count(*) FROM ingest.results AS r
            WHERE r.job_id = c.job_id AND r.row_no = ANY({_WANTED}) AND r.status = 'enriched' AND r.row_no <> ALL(:free)
        ) AS row_count
        FROM ingest.chunks AS c WHERE {_OPEN}
    ),
    paid AS (
        SELECT chunk_no, least(sum(row_count) OVER (ORDER BY chunk_no), :payable) AS up_to_it,
               least(sum(row_count) OVER (ORDER BY chunk_no) - row_count, :payable) AS before_it
        FROM earned
    )
    UPDATE ingest.chunks AS c
    SET state = 'completed', completed_at = now(), lease_until = NULL, credits = :price * (p.up_to_it - p.before_it)
    FROM paid AS p
    WHERE {_OPEN} AND c.chunk_no = p.chunk_no
    RETURNING c.chunk_no, c.credits
    """  # noqa: S608 - put together from constants
)
_TRIES = 20
_WAIT_S = 0.05


async def lock_open_chunks(conn: AsyncConnection, job: Job) -> bool:
    """Have every open chunk of a locked job in hand. False when some stay in somebody else's.

    The dispatcher holds chunks for moments, several at once and in no order: who kept some and waited for the others might
    wait for ever. So it is all of them or none.
    """
    mine = {"job_id": job.id, "epoch": job.epoch}
    for _ in range(_TRIES):
        async with conn.begin_nested() as savepoint:
            locked = (await conn.execute(_LOCK, mine)).scalar_one()
            if locked == (await conn.execute(_COUNT, mine)).scalar_one():
                return True
            await savepoint.rollback()
        await asyncio.sleep(_WAIT_S)
    return False


async def skip_open_rows(conn: AsyncConnection, job: Job) -> int:
    """Give every row that waits for its outcome one: `skipped`, not reached. Answers how many there were."""
    done = await conn.execute(_SKIP, {"job_id": job.id, "epoch": job.epoch, "reason": NOT_REACHED})
    return done.rowcount


async def complete_open_chunks(conn: AsyncConnection, job: Job) -> Sequence[tuple[int, int]]:
    """Complete the chunks that were open, each with what its enriched rows have earned; answers number and credits.

    Of a chunk that was handed back, rows may be stored whose credits another has used since: beyond what is held they
    are free.
    """
    price = job.credits_per_row
    payable = (job.credits_held - job.credits_total) // price if price else 0
    values = {
        "job_id": job.id,
        "epoch": job.epoch,
        "price": price,
        "free": list(job.free_rows),
        "payable": payable,
    }
    return [(row.chunk_no, row.credits) for row in await conn.execute(_COMPLETE, values)]
