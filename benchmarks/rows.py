"""Rows per second through the whole system, beside a bare aiohttp loop that plays the same calls back; by rows in flight."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from benchmarks import leads
from benchmarks.customers import customer, enrich
from benchmarks.figures import Figure
from benchmarks.processes import watching
from benchmarks.rows_figures import Goals, Job, Run, figures_of
from benchmarks.serving import Server, ask, dial, free_port, serving
from deploy.local.services import DEMO_EMAIL, SERVICES
from deploy.local.stack import LocalStack
from libs.cli.api import Api
from libs.cli.console import say

NAME = "rows"

ROWS = int(os.environ.get("BENCH_ROWS", "4000"))
GOALS = {256: Goals(rate=0.95), 512: Goals(rate=0.9)}
"""By rows in flight."""
IN_FLIGHT = [int(rows) for rows in os.environ.get("BENCH_IN_FLIGHT", "256,512").split(",")]
_RECORDED = leads.KINDS
_GRANT = 100_000
_LONGEST_S = 900


async def run() -> list[Figure]:
    """One side after the other with each number of rows in flight, each time in a system of its own."""
    return [figure for in_flight in IN_FLIGHT for figure in await _run(in_flight)]


async def _run(in_flight: int) -> list[Figure]:
    """Record, then loop, system, loop: each with as many rows of companies that nobody has asked for before."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="corofy-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o711)
        env = {"SANDBOX_URL": f"http://127.0.0.1:{port}", "SANDBOX_SMTP_URL": f"smtp://127.0.0.1:{port}"}
        env |= {"ENRICH_ROWS_IN_FLIGHT": str(in_flight), "ENV": "test", "PLAN_LIMITS": "off"}
        async with (
            LocalStack(Path(folder) / "state", services=SERVICES, env=env, say=say) as stack,
            customer(stack, DEMO_EMAIL, grant=_GRANT) as api,
        ):
            async with serving("benchmarks.recorder:app", port=port) as sandbox:
                await dial(sandbox.url)
                say(f"Recording the calls of {_RECORDED} rows")
                await _through_the_system(stack, api, Path(folder), first=0, rows=_RECORDED)
                tape = (await ask(sandbox.url, "GET", "/recorded")).json()
            async with serving("benchmarks.playback:app", port=port) as sandbox:
                await dial(sandbox.url)
                say(f"The bare loop, the whole system, the bare loop: {ROWS:,} rows each, {in_flight} in flight")
                before = await _loop(sandbox, tape, first=100_000, in_flight=in_flight)
                job, system = await _system(stack, api, sandbox, Path(folder))
                after = await _loop(sandbox, tape, first=200_000, in_flight=in_flight)
    _check_calls(system, loops=[before, after])
    return figures_of(job, system, loops=[before, after], goals=GOALS.get(in_flight, Goals()), in_flight=in_flight)


async def _loop(sandbox: Server, tape: list[Any], *, first: int, in_flight: int) -> Run:
    order = {"base_url": sandbox.url, "first": first, "rows": ROWS, "in_flight": in_flight, "tape": tape}
    command = (sys.executable, "-m", "benchmarks.loop")
    async with watching({"sandbox": sandbox.pid}) as usage:
        loop = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        try:
            out, _ = await asyncio.wait_for(loop.communicate(orjson.dumps(order)), timeout=_LONGEST_S)
        except BaseException:
            loop.kill()
            raise
    if loop.returncode:
        raise RuntimeError(f"the loop ended with {loop.returncode}")
    told = orjson.loads(out)
    usage.cpu_seconds["loop"], usage.peak_mib["loop"] = told["cpu_seconds"], told["peak_mib"]
    return Run(ROWS, told["seconds"], usage, told["calls"])


async def _system(stack: LocalStack, api: Api, sandbox: Server, folder: Path) -> tuple[Job, Run]:
    roots = {name: process.pid for name, process in stack.processes.items() if process.pid}
    roots |= {"sandbox": sandbox.pid}
    for name, server in (("postgres", stack.postgres), ("rabbitmq", stack.rabbitmq)):
        if server is not None and server.process.pid:
            roots[name] = server.process.pid
    await ask(sandbox.url, "DELETE", "/calls")
    async with watching(roots) as usage:
        job = await _through_the_system(stack, api, folder, first=300_000, rows=ROWS)
    totals = (await ask(sandbox.url, "GET", "/calls")).json()["totals"]
    calls = sum(endpoint["count"] for endpoints in totals.values() for endpoint in endpoints.values())
    return job, Run(ROWS, job.working_s, usage, calls)


async def _through_the_system(stack: LocalStack, api: Api, folder: Path, *, first: int, rows: int) -> Job:
    """Upload, job, completion. Every row must come out enriched: a degraded one has asked less."""
    file = folder / f"leads-{first}.csv"
    leads.write_csv(file, first=first, rows=rows)
    final = await enrich(api, file, key=f"bench-{first}", seconds=_LONGEST_S)
    if final.credits_total != rows:
        raise RuntimeError(f"not every row was enriched: {final}")
    return await _records_of(stack, final.id)


async def _records_of(stack: LocalStack, job_id: UUID) -> Job:
    connection = await asyncpg.connect(stack.database_url)
    try:
        found = await connection.fetchrow(
            """
            SELECT job.created_at, job.started_at, job.finished_at, min(recorded_at) AS first, max(recorded_at) AS last
            FROM ingest.jobs AS job JOIN ingest.results ON job_id = job.id WHERE job.id = $1 GROUP BY job.id
            """,
            job_id,
        )
    finally:
        await connection.close()
    assert found is not None
    return Job(
        working_s=(found["last"] - found["started_at"]).total_seconds(),
        first_row_s=(found["first"] - found["created_at"]).total_seconds(),
        whole_s=(found["finished_at"] - found["created_at"]).total_seconds(),
    )


def _check_calls(system: Run, *, loops: list[Run]) -> None:
    """The comparison says something only when both sides have asked equally often."""
    for loop in loops:
        if abs(loop.calls / system.calls - 1) > 0.02:
            raise RuntimeError(f"the loop made {loop.calls} calls, the system {system.calls}: they do not compare")
