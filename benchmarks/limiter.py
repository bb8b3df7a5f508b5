"""How much of a limit of 600 requests a minute three replicas use, while one is killed and one stands still for a while."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections import deque
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks import leads
from benchmarks.customers import addresses, customer
from benchmarks.figures import Figure, at_least
from benchmarks.serving import ask, dial
from deploy.local.stack import LocalStack
from libs.cli.api import Api
from libs.cli.console import say
from libs.cli.waiting import until
from libs.client.generated import models

NAME = "limiter"

SECONDS = float(os.environ.get("BENCH_SECONDS", "180"))
LIMIT = 600
GOAL = 0.95
_WINDOW_S = 60.0
_TENANTS = 3
_REPLICAS = 3
_KILLED, _FROZEN = "enrich-2", "enrich-3"


async def run() -> list[Figure]:
    """Three tenants with more rows than can be done, three replicas; what counts is when requests arrived at the sandbox."""
    emails = addresses(_TENANTS)
    rows = int(SECONDS / 60 * LIMIT)
    env = {
        "ADMIN_EMAILS": ",".join(emails),
        "ENV": "test",
        "PLAN_LIMITS": "off",
        "WORKER_COUNT": str(_REPLICAS),
        "SERPER_REQUESTS_PER_MINUTE": str(LIMIT),
        "ENRICH_ROWS_IN_FLIGHT": "64",
    }
    with tempfile.TemporaryDirectory(prefix="corofy-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        async with AsyncExitStack() as running:
            stack = await running.enter_async_context(LocalStack(folder / "state", env=env, say=say))
            sandbox = stack.url("sandbox")
            await dial(sandbox)
            await ask(sandbox, "PUT", "/dials", json={"serper": {"rate_limit_per_minute": LIMIT}})
            people = [await running.enter_async_context(customer(stack, email, grant=2 * rows)) for email in emails]
            for nth, api in enumerate(people):
                await _start(api, folder, first=nth * rows, rows=rows)
            await until(lambda: _some(sandbox), what="The first request", seconds=120)
            began = time.monotonic()
            say(f"{LIMIT} requests a minute, {_REPLICAS} replicas, {SECONDS:.0f} s")
            await _hurt(stack, ends_at=began + SECONDS)
            seconds = time.monotonic() - began
            arrived = await _arrived(sandbox)
            refused = await _refused(sandbox)
    return figures_of(arrived, refused=refused, seconds=seconds)


async def _start(api: Api, folder: Path, *, first: int, rows: int) -> None:
    file = folder / f"leads-{first}.csv"
    leads.write_csv(file, first=first, rows=rows)
    upload = await api.upload(file)
    await api.start_job(models.JobIn(upload_id=upload.id), idempotency_key=file.name)


async def _hurt(stack: LocalStack, *, ends_at: float) -> None:
    """In the first third nothing; then one is killed and comes back a sixth later, and one stands still from the middle on
    for a sixth. Neither is asked to."""
    part = (ends_at - time.monotonic()) / 6
    await asyncio.sleep(2 * part)
    say(f"{_KILLED} is killed")
    await stack.kill(_KILLED)
    await asyncio.sleep(part)
    say(f"{_KILLED} is back; {_FROZEN} is stopped")
    stack.processes[_FROZEN].send(signal.SIGSTOP)
    await stack.start_service(_KILLED, wait=False)
    await asyncio.sleep(part)
    say(f"{_FROZEN} goes on")
    stack.processes[_FROZEN].send(signal.SIGCONT)
    await asyncio.sleep(max(0.0, ends_at - time.monotonic()))


async def _some(sandbox: str) -> bool | None:
    return bool(await _arrived(sandbox)) or None


async def _arrived(sandbox: str) -> list[float]:
    return (await ask(sandbox, "GET", "/arrivals", params={"provider": "serper"})).json()["arrived"]


async def _refused(sandbox: str) -> int:
    endpoints = (await ask(sandbox, "GET", "/calls", params={"provider": "serper"})).json()["totals"]["serper"]
    return sum(one["by_status"].get("429", 0) for one in endpoints.values())


def most_in_a_window(arrived: list[float], *, window_s: float) -> int:
    """The most arrivals that lie within one window, wherever it begins."""
    most, window = 0, deque[float]()
    for at in sorted(arrived):
        window.append(at)
        while window[0] <= at - window_s:
            window.popleft()
        most = max(most, len(window))
    return most


def figures_of(arrived: list[float], *, refused: int, seconds: float) -> list[Figure]:
    """The used part is of the measured time; a window is looked for in all that arrived."""
    used = sum(at <= arrived[0] + seconds for at in arrived)
    allowed = LIMIT * seconds / 60
    most = most_in_a_window(arrived, window_s=_WINDOW_S)
    over = max(refused, most - LIMIT)
    return [
        Figure(NAME, f"requests in {seconds:.0f} s", used, "requests", "the limit", round(used / allowed, 4)),
        at_least(NAME, "of the limit used", round(used / allowed, 4), "", goal=GOAL),
        Figure(NAME, "most requests in any 60 s", most, "requests", "the limit", round(most / LIMIT, 4)),
        Figure(NAME, "requests over the limit", over, "requests", goal="0", holds=over == 0),
    ]
