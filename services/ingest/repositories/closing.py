"""Closing what is open of a job: rows that nobody got to, and the chunks they are in. Some chunks at a time, in their order."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.jobs import NOT_REACHED, Job

_OPEN = "c.job_id = :job_id AND c.epoch = :epoch AND c.state IN ('pending', 'publishing', 'queued')"
_THESE = "c.job_id = :job_id AND c.chunk_no = ANY(:chunk_nos)"
_WANTED = """coalesce(c.row_nos, ARRAY(SELECT generate_series(c.first_row_no, c.first_row_no + c.stored_rows - 1)))"""

_COUNT = text(f"SELECT count(*) FROM ingest.chunks AS c WHERE {_OPEN}")  # noqa: S608 - put together from constants
_LOCK = text(
    f"SELECT c.chunk_no FROM ingest.chunks AS c WHERE {_OPEN} ORDER BY c.chunk_no LIMIT :most FOR UPDATE SKIP LOCKED"  # noqa: S608 - put together from constants
)
_SKIP = text(
    f"""
    INSERT INTO ingest.results (job_id, row_no, status, reason, receipt)
    SELECT c.job_id, wanted.row_no, 'skipped', :reason, '{{}}'
    FROM ingest.chunks AS c CROSS JOIN LATERAL unnest({_WANTED}) AS wanted(row_no)
    WHERE {_THESE}
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
        FROM ingest.chunks AS c WHERE {_THESE}
    ),
    paid AS (
        SELECT chunk_no, least(sum(row_count) OVER (ORDER BY chunk_no), :payable) AS up_to_it,
               least(sum(row_count) OVER (ORDER BY chunk_no) - row_count, :payable) AS before_it
        FROM earned
    )
    UPDATE ingest.chunks AS c
    SET state = 'completed', completed_at = now(), lease_until = NULL, credits = :price * (p.up_to_it - p.before_it)
    FROM paid AS p
    WHERE {_THESE} AND c.chunk_no = p.chunk_no
    RETURNING c.chunk_no, c.credits
    """  # noqa: S608 - put together from constants
)


async def lock_open_chunks(conn: AsyncConnection, job: Job, *, most: int) -> list[int]:
    """Have the first open chunks of a locked job in hand, at most so many; answers their numbers.

    Those that somebody else has are left out: the dispatcher holds chunks for moments, several at once and in no order, and
    who kept some and waited for the others might wait for ever.
    """
    return list((await conn.execute(_LOCK, {"job_id": job.id, "epoch": job.epoch, "most": most})).scalars())


async def count_open_chunks(conn: AsyncConnection, job: Job) -> int:
    """How many chunks of a job are open, whoever has them in hand."""
    return (await conn.execute(_COUNT, {"job_id": job.id, "epoch": job.epoch})).scalar_one()


async def skip_open_rows(conn: AsyncConnection, job: Job, *, chunk_nos: Sequence[int]) -> int:
    """Give every row of these chunks that waits for its outcome one: `skipped`, not reached. Answers how many there were."""
    these = {"job_id": job.id, "chunk_nos": list(chunk_nos)}
    return (await conn.execute(_SKIP, {**these, "reason": NOT_REACHED})).rowcount


async def complete_chunks(conn: AsyncConnection, job: Job, *, chunk_nos: Sequence[int]) -> Sequence[tuple[int, int]]:
    """Complete these open chunks, each with what its enriched rows have earned; answers number and credits.

    Of a chunk that was handed back, rows may be stored whose credits another has used since: beyond what is held they
    are free.
    """
    price = job.credits_per_row
    payable = (job.credits_held - job.credits_total) // price if price else 0
    values = {
        "job_id": job.id,
        "chunk_nos": list(chunk_nos),
        "price": price,
        "free": list(job.free_rows),
        "payable": payable,
    }
    return [(row.chunk_no, row.credits) for row in await conn.execute(_COMPLETE, values)]
