"""How long a short list takes that enters last, behind ten tenants with ten jobs each, beside its time alone."""

from __future__ import annotations

import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from uuid import UUID

from benchmarks import leads
from benchmarks.customers import addresses, customer, enrich
from benchmarks.figures import Figure
from benchmarks.serving import dial
from deploy.local.stack import LocalStack
from libs.cli.api import Api
from libs.cli.console import say
from libs.client.generated import models

NAME = "fairness"

_TENANTS, _JOBS, _ROWS = 10, 10, 400
_SHORT = 20
_GOAL = 2.0
_RUNS = 3
_LONGEST_S = 900


async def run() -> list[Figure]:
    """The newcomer alone, three times; then the crowd, and the newcomer behind it, three times while it waits."""
    emails = addresses(_TENANTS + 1)
    env = {"ADMIN_EMAILS": ",".join(emails), "ENV": "test", "PLAN_LIMITS": "off"}
    with tempfile.TemporaryDirectory(prefix="corofy-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        async with AsyncExitStack() as running:
            stack = await running.enter_async_context(LocalStack(folder / "state", env=env, say=say))
            await dial(stack.url("sandbox"))
            people = [
                await running.enter_async_context(customer(stack, email, grant=10 * _JOBS * _ROWS)) for email in emails
            ]
            newcomer, crowd = people[0], people[1:]
            await _short(newcomer, folder, nth=0)
            say(f"A list of {_SHORT} rows, alone, {_RUNS} times")
            alone = [await _short(newcomer, folder, nth=nth) for nth in range(1, _RUNS + 1)]
            waiting = await _crowd(crowd, folder)
            say(f"The same behind {len(waiting)} jobs of {_TENANTS} tenants, {_RUNS} times")
            behind = [await _short(newcomer, folder, nth=nth) for nth in range(11, _RUNS + 11)]
            left = await _left(waiting)
    return _figures(alone, behind, left=left)


async def _short(api: Api, folder: Path, *, nth: int) -> float:
    """Seconds from the creation of a short job to its workbook, by the job's own record."""
    file = folder / f"short-{nth}.csv"
    leads.write_csv(file, first=200_000 + nth * _SHORT, rows=_SHORT)
    job = await enrich(api, file, key=file.name, seconds=_LONGEST_S)
    created, finished = job.created_at, job.finished_at
    assert finished is not None
    return (finished - created).total_seconds()


async def _crowd(crowd: list[Api], folder: Path) -> list[tuple[Api, UUID]]:
    """Every tenant's jobs, made one after the other, none of them waited for."""
    say(f"{_TENANTS} tenants with {_JOBS} jobs of {_ROWS} rows each")
    jobs: list[tuple[Api, UUID]] = []
    for tenant, api in enumerate(crowd):
        for nth in range(_JOBS):
            file = folder / f"crowd-{tenant}-{nth}.csv"
            leads.write_csv(file, first=(tenant * _JOBS + nth) * _ROWS, rows=_ROWS)
            upload = await api.upload(file)
            job = await api.start_job(models.JobIn(upload_id=upload.id), idempotency_key=file.name)
            jobs.append((api, job.id))
    return jobs


async def _left(waiting: list[tuple[Api, UUID]]) -> int:
    """How many rows of the crowd are not done: with none left, the newcomer would not have been behind anybody."""
    jobs = [await api.show_job(job) for api, job in waiting]
    return sum(job.rows_total - job.rows_done for job in jobs if job.state == "processing")


def _figures(alone: list[float], behind: list[float], *, left: int) -> list[Figure]:
    ratio = round(median(behind) / median(alone), 2)
    return [
        Figure(NAME, f"{_SHORT} rows alone, median of {_RUNS}", round(median(alone), 2), "s"),
        Figure(
            NAME,
            f"{_SHORT} rows behind {_TENANTS * _JOBS} jobs, median of {_RUNS}",
            round(median(behind), 2),
            "s",
            "alone",
            ratio,
            goal=f"ratio <= {_GOAL:g}",
            holds=ratio <= _GOAL,
        ),
        Figure(
            NAME,
            "rows of the crowd still waiting afterwards",
            left,
            "rows",
            goal=f"> {_TENANTS * _ROWS}",
            holds=left > _TENANTS * _ROWS,
        ),
    ]
