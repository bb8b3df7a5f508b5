"""Closing what is open of a job: rows that nobody got to, and the chunks they are in."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.jobs import NOT_REACHED, Job

_OPEN = "c.job_id = :job_id AND c.epoch = :epoch AND c.state IN ('pending', 'publishing', 'queued')"
_WANTED = """coalesce(c.row_nos, ARRAY(SELECT generate_series(c.first_row_no, c.first_row_no + c.stored_rows - 1)))"""

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
    UPDATE ingest.chunks AS c
    SET state = 'completed', completed_at = now(), lease_until = NULL, credits = :price * (
        SELECT count(*) FROM ingest.results AS r
        WHERE r.job_id = c.job_id AND r.row_no = ANY({_WANTED}) AND r.status = 'enriched' AND r.row_no <> ALL(:free)
    )
    WHERE {_OPEN}
    RETURNING c.chunk_no, c.credits
    """  # noqa: S608 - put together from constants
)


async def skip_open_rows(conn: AsyncConnection, job: Job) -> int:
    """Give every row that waits for its outcome one: `skipped`, not reached. Answers how many there were."""
    done = await conn.execute(_SKIP, {"job_id": job.id, "epoch": job.epoch, "reason": NOT_REACHED})
    return done.rowcount


async def complete_open_chunks(conn: AsyncConnection, job: Job) -> Sequence[tuple[int, int]]:
    """Complete the chunks that were open, each with what its enriched rows have earned; answers number and credits."""
    values = {"job_id": job.id, "epoch": job.epoch, "price": job.credits_per_row, "free": list(job.free_rows)}
    return [(row.chunk_no, row.credits) for row in await conn.execute(_COMPLETE, values)]
