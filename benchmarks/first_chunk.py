"""Seconds from the click on Start to the first chunk on the bus, for a list of 100,000 rows beside one of 100.

The lists have been read and checked, as they are when somebody has looked at columns and price. A job that is made before
waits for the check, because repeated rows are left out of it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import asyncpg

from benchmarks import leads
from benchmarks.customers import customer
from benchmarks.figures import Figure
from deploy.local.services import DEMO_EMAIL
from deploy.local.stack import LocalStack
from libs.cli.api import Api
from libs.cli.console import say
from libs.cli.waiting import until
from libs.client.generated import models

NAME = "first-chunk"

_SMALL, _LARGE = 100, 100_000
_GOAL_S = 2.0
_RUNS = 3


async def run() -> list[Figure]:
    """Small, large, three times over, in one system; the worst of each counts."""
    with tempfile.TemporaryDirectory(prefix="corofy-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o711)
        # Enrich announces what it can hold, which is what opens the dispatcher's window; its answers take their time.
        async with (
            LocalStack(Path(folder) / "state", env={"ENV": "test", "PLAN_LIMITS": "off"}, say=say) as stack,
            customer(stack, DEMO_EMAIL, grant=_RUNS * (_SMALL + _LARGE)) as api,
        ):
            seconds: dict[int, list[float]] = {_SMALL: [], _LARGE: []}
            for nth in range(_RUNS):
                for rows, found in seconds.items():
                    found.append(await _first_chunk(stack, api, Path(folder), rows=rows, nth=nth))
    small, large = max(seconds[_SMALL]), max(seconds[_LARGE])
    return [
        Figure(NAME, f"{_SMALL} rows, worst of {_RUNS}", round(small, 2), "s"),
        Figure(
            NAME,
            f"{_LARGE:,} rows, worst of {_RUNS}",
            round(large, 2),
            "s",
            f"{_SMALL} rows",
            round(large / small, 2),
            goal=f"<= {_GOAL_S:g} s",
            holds=large <= _GOAL_S,
        ),
    ]


async def _first_chunk(stack: LocalStack, api: Api, folder: Path, *, rows: int, nth: int) -> float:
    """From the creation of the job to the broker's word for its first chunk. The job is cancelled then."""
    say(f"A list of {rows:,} rows")
    file = folder / f"{rows}-{nth}.csv"
    leads.write_csv(file, first=nth * _LARGE, rows=rows)
    upload = await api.upload(file)
    await api.checked(upload)
    job = await api.start_job(models.JobIn(upload_id=upload.id), idempotency_key=file.name)
    database = await asyncpg.connect(stack.database_url)
    try:
        query = """
            SELECT extract(epoch FROM min(chunk.queued_at) - job.created_at)::float
            FROM ingest.jobs AS job JOIN ingest.chunks AS chunk ON chunk.job_id = job.id
            WHERE job.id = $1 GROUP BY job.created_at
            """

        async def queued() -> float | None:
            return await database.fetchval(query, job.id)

        seconds = await until(queued, what="The first chunk", seconds=60, every=0.05)
    finally:
        await database.close()
    await api.cancel_job(job.id)
    return seconds
