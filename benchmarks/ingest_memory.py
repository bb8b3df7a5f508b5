"""Peak memory of every long-lived process for a list of a million rows, beside its peak for ten thousand."""

from __future__ import annotations

import asyncio
import csv
import os
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from rustpy_xlsxwriter import FastExcel

from benchmarks import leads
from benchmarks.customers import customer, enrich
from benchmarks.figures import Figure
from benchmarks.processes import Children, children_of, peak_mib
from deploy.local.services import DEMO_EMAIL
from deploy.local.stack import LocalStack
from libs.cli.api import Api
from libs.cli.console import say

NAME = "ingest-memory"

_SMALL = 10_000
_LARGE = int(os.environ.get("BENCH_LARGE_ROWS", "1000000"))
_SERVICES = ("gateway", "ingest", "billing", "sender")
_GROWTH, _PEAK_MIB, _READER_MIB = 1.2, 150, 1200
_LONGEST_S = 3600


async def run() -> list[Figure]:
    """Small, then large: from the upload to the workbook and the published list. Then a workbook of as many rows is read.

    Enrich is stood in for: its memory depends on rows in flight, not on those of a file, and a million rows would take it hours.
    """
    with tempfile.TemporaryDirectory(prefix="corofy-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        async with (
            LocalStack(
                folder / "state", services=_SERVICES, env={"ENV": "test", "PLAN_LIMITS": "off"}, say=say
            ) as stack,
            _answering(stack),
            customer(stack, DEMO_EMAIL, grant=2 * (_SMALL + _LARGE)) as api,
        ):
            before, _ = await _list_of(_SMALL, stack, api, folder)
            after, children = await _list_of(_LARGE, stack, api, folder)
            reading, read = await _workbook(stack, api, folder)
    return [
        *(_flat(service, before[service], after[service], what=f"a list of {_LARGE:,} rows") for service in _SERVICES),
        Figure(NAME, f"children of ingest, {_LARGE:,} rows of CSV", round(children.peak_mib), "MiB"),
        _flat("ingest", before["ingest"], reading["ingest"], what=f"reading a workbook of {_LARGE:,} rows"),
        Figure(
            NAME,
            f"the child that reads a workbook of {_LARGE:,} rows",
            round(read.peak_mib),
            "MiB",
            goal=f"<= {_READER_MIB} MiB, gone after reading",
            holds=read.peak_mib <= _READER_MIB and read.alive == 0,
        ),
    ]


def _flat(service: str, before: float, after: float, *, what: str) -> Figure:
    ratio = round(after / before, 2)
    goal = f"<= {_PEAK_MIB} MiB, ratio <= {_GROWTH}"
    holds = after <= _PEAK_MIB and ratio <= _GROWTH
    return Figure(NAME, f"{service}, {what}", round(after), "MiB", f"{_SMALL:,} rows", ratio, goal=goal, holds=holds)


async def _list_of(rows: int, stack: LocalStack, api: Api, folder: Path) -> tuple[dict[str, float], Children]:
    """Upload, enrich, download; the peaks so far."""
    say(f"A list of {rows:,} rows")
    file = folder / f"{rows}.csv"
    with file.open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(leads.HEADER)
        writer.writerows(leads.lead(nth) for nth in range(rows))
    async with children_of(_pid(stack, "ingest")) as children:
        job = await enrich(api, file, key=file.name, seconds=_LONGEST_S)
        if job.credits_total != rows:
            raise RuntimeError(f"not every row was enriched: {job}")
        await api.download_result_job(job.id).save(folder / "result.xlsx")
    file.unlink()
    return _peaks(stack), children


async def _workbook(stack: LocalStack, api: Api, folder: Path) -> tuple[dict[str, float], Children]:
    say(f"A workbook of {_LARGE:,} rows, to be read only")
    file = folder / "large.xlsx"
    rows = (dict(zip(leads.HEADER, leads.lead(nth), strict=True)) for nth in range(_LARGE))
    await asyncio.to_thread(lambda: FastExcel(str(file)).sheet("Leads", rows).save())
    async with children_of(_pid(stack, "ingest")) as children:
        await api.upload(file)
    return _peaks(stack), children


def _peaks(stack: LocalStack) -> dict[str, float]:
    return {service: peak_mib(_pid(stack, service)) for service in _SERVICES}


def _pid(stack: LocalStack, service: str) -> int:
    pid = stack.processes[service].pid
    assert pid is not None
    return pid


@asynccontextmanager
async def _answering(stack: LocalStack) -> AsyncGenerator[None]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks.answering", stack.rabbitmq_url)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()
