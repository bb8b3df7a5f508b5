"""Jobs whose rows are looked at: one that is really done, and a long one whose results are copies of that one's."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import asyncpg

from benchmarks import leads
from benchmarks.customers import enrich
from deploy.local.stack import LocalStack
from libs.cli.api import Api
from libs.cli.console import say
from libs.client.generated import models

_COPIES = """
    INSERT INTO ingest.results (job_id, row_no, status, research, line, reason, receipt, extra, product)
    SELECT $1, made.row_no, known.status, known.research, known.line, known.reason, known.receipt, known.extra, known.product
    FROM generate_series(1, $3::int) AS made(row_no)
    JOIN ingest.results AS known ON known.job_id = $2 AND known.row_no = (made.row_no - 1) % $4::int + 1
    ON CONFLICT DO NOTHING
"""
_CHUNKS = "UPDATE ingest.chunks SET state = 'completed', completed_at = now() WHERE job_id = $1"
_DONE = """
    UPDATE ingest.jobs AS job
    SET state = 'completed', version = version + 1, chunks_answered = chunks_total, finished_at = now(),
        rows_enriched = many.enriched, rows_degraded = many.degraded, rows_failed = many.failed,
        rows_skipped = many.skipped
    FROM (SELECT count(*) FILTER (WHERE status = 'enriched') AS enriched,
                 count(*) FILTER (WHERE status = 'degraded') AS degraded,
                 count(*) FILTER (WHERE status = 'failed') AS failed,
                 count(*) FILTER (WHERE status = 'skipped') AS skipped
          FROM ingest.results WHERE job_id = $1) AS many
    WHERE job.id = $1
"""


async def short_job(api: Api, folder: Path, *, rows: int) -> models.JobOut:
    """A list that is researched as ever."""
    file = folder / "short.csv"
    leads.write_csv(file, first=0, rows=rows)
    return await enrich(api, file, key="short", seconds=300)


async def long_job(stack: LocalStack, api: Api, folder: Path, *, rows: int, like: models.JobOut) -> UUID:
    """A list of so many rows, read and ordered as ever and paused at once; its results are written by two statements."""
    say(f"A job of {rows:,} rows is made")
    file = folder / "long.csv"
    leads.write_csv(file, first=0, rows=rows)
    upload = await api.checked(await api.upload(file))
    job = await api.start_job(models.JobIn(upload_id=upload.id), idempotency_key="long")
    await api.pause_job(job.id)
    database = await asyncpg.connect(stack.database_url)
    try:
        await database.execute(_COPIES, job.id, like.id, rows, like.rows_total)
        async with database.transaction():
            await database.execute(_CHUNKS, job.id)
            await database.execute(_DONE, job.id)
        await database.execute("VACUUM ANALYZE ingest.results")
    finally:
        await database.close()
    return job.id
