"""How many mails a second leave through the whole sender, beside a bare loop of aiosmtplib into the same inbox."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean

import asyncpg
import orjson

from benchmarks.customers import customer
from benchmarks.figures import Figure
from benchmarks.mailing import Arrived, Mailing, arrived, count
from benchmarks.processes import Usage, watching
from benchmarks.quota_kills_tenant import zones_at
from benchmarks.serving import ask
from deploy.local.services import DEMO_EMAIL
from deploy.local.stack import LocalStack
from libs.cli.console import say
from libs.cli.waiting import until

NAME = "send"

ROWS = int(os.environ.get("BENCH_ROWS", "3000"))
CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "4"))
_WARM = 50
_GOAL = 0.5
_LONGEST_S = 900
_BESIDE = frozenset({"sandbox"})


@dataclass(frozen=True)
class Run:
    """What one side did, by the inbox's own clock, and what it cost. `loop` is in the usage of a bare run."""

    arrived: Arrived
    usage: Usage

    @property
    def cpu_s(self) -> float:
        """Everything but the inbox."""
        return sum(seconds for name, seconds in self.usage.cpu_seconds.items() if name not in _BESIDE)


async def run() -> list[Figure]:
    """A few mails first, which warm the sender up and give the loop its letter; then loop, system, loop."""
    with tempfile.TemporaryDirectory(prefix="corofy-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        env = {
            "ENV": "test",
            "PLAN_LIMITS": "off",
            "DAILY_QUOTA": str(ROWS + _WARM),
            "SMTP_CONNECTIONS": str(CONNECTIONS),
            "SANDBOX_INBOX_LIMIT": str(2 * ROWS + _WARM),
        }
        async with LocalStack(folder / "state", env=env, say=say) as stack, _customer(stack) as mailing:
            warm = await _through_the_system(stack, mailing, folder, first=300_000, rows=_WARM)
            say(f"The bare loop, the sender, the bare loop: {ROWS:,} mails each, {CONNECTIONS} connections")
            before = await _loop(stack, warm.arrived.last_raw)
            system = await _through_the_system(stack, mailing, folder, first=400_000, rows=ROWS)
            after = await _loop(stack, warm.arrived.last_raw)
    return figures_of(system, [before, after])


@asynccontextmanager
async def _customer(stack: LocalStack) -> AsyncGenerator[Mailing]:
    """With a template, in a zone where it is noon: the day does not end meanwhile."""
    async with customer(stack, DEMO_EMAIL, grant=1) as api:
        await api.sign_in_or_up(DEMO_EMAIL, stack.secrets["DEMO_PASSWORD"], workspace="Benchmark")
        mailing = Mailing(api)
        await mailing.write_template()
        await _execute(stack, "UPDATE sender.workspaces SET time_zone = $1", zones_at(datetime.now(UTC))[0])
        yield mailing


async def _through_the_system(stack: LocalStack, mailing: Mailing, folder: Path, *, first: int, rows: int) -> Run:
    """All mails are planned over the day; then everything is due at once, and counts from there on."""
    campaign_id = await mailing.start(folder, first=first, rows=rows)
    planned = "SELECT count(*) FROM sender.slots WHERE campaign_id = $1 AND state IN ('assigned', 'used')"

    async def all_planned() -> bool | None:
        return await _value(stack, planned, campaign_id) == rows or None

    await until(all_planned, what="The plan", seconds=120)
    sandbox = stack.url("sandbox")
    await ask(sandbox, "DELETE", "/inbox/api/messages")
    left = await _value(stack, planned.replace(" IN ('assigned', 'used')", " = 'assigned'"), campaign_id)
    async with watching(_processes(stack)) as usage:
        await _execute(stack, "UPDATE sender.slots SET due_at = now() WHERE state = 'assigned'")
        await _until_there(sandbox, left)
    return Run(await arrived(sandbox), usage)


async def _until_there(sandbox: str, mails: int) -> None:
    async def there() -> bool | None:
        return await count(sandbox) >= mails or None

    await until(there, what=f"The arrival of {mails} mails", seconds=_LONGEST_S, every=0.5)


def _processes(stack: LocalStack) -> dict[str, int]:
    roots = {name: process.pid for name, process in stack.processes.items() if process.pid}
    for name, server in (("postgres", stack.postgres), ("rabbitmq", stack.rabbitmq)):
        if server is not None and server.process.pid:
            roots[name] = server.process.pid
    return roots


async def _loop(stack: LocalStack, letter: str) -> Run:
    sandbox, port = stack.url("sandbox"), stack.ports["sandbox_smtp"]
    await ask(sandbox, "DELETE", "/inbox/api/messages")
    order = {"host": "127.0.0.1", "port": port, "connections": CONNECTIONS, "mails": ROWS, "letter": letter}
    command, pipe = (sys.executable, "-m", "benchmarks.send_loop"), asyncio.subprocess.PIPE
    async with watching({"sandbox": _processes(stack)["sandbox"]}) as usage:
        loop = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
        try:
            out, _ = await asyncio.wait_for(loop.communicate(orjson.dumps(order)), timeout=_LONGEST_S)
        except BaseException:
            loop.kill()
            raise
    if loop.returncode:
        raise RuntimeError(f"the loop ended with {loop.returncode}")
    usage.cpu_seconds["loop"] = orjson.loads(out)["cpu_seconds"]
    return Run(await arrived(sandbox), usage)


async def _execute(stack: LocalStack, statement: str, *values: object) -> None:
    connection = await asyncpg.connect(stack.database_url)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()


async def _value(stack: LocalStack, query: str, *values: object) -> int:
    connection = await asyncpg.connect(stack.database_url)
    try:
        return int(await connection.fetchval(query, *values))
    finally:
        await connection.close()


def figures_of(system: Run, loops: list[Run]) -> list[Figure]:
    """Of what the inbox says, and of what the processes took."""
    bare = mean(loop.arrived.per_second for loop in loops)
    ratio = system.arrived.per_second / bare
    figures = [
        Figure(
            NAME,
            f"whole sender, {CONNECTIONS} connections",
            round(system.arrived.per_second, 1),
            "emails/s",
            f"bare loop, {bare:.1f}",
            round(ratio, 3),
            goal=f"ratio >= {_GOAL:g}",
            holds=ratio >= _GOAL,
        ),
        Figure(NAME, "duplicates", system.arrived.twice, "", goal="= 0", holds=system.arrived.twice == 0),
        _cost("processor seconds per 1,000 mails", system, loops),
    ]
    figures += [
        Figure(NAME, f"of that, {name}", round(_per_thousand(system, seconds), 2), "s")
        for name, seconds in sorted(system.usage.cpu_seconds.items(), key=lambda item: -item[1])
        if seconds > 0
    ]
    return [*figures, Figure(NAME, "processors taken by others", round(system.usage.others_share, 3), "")]


def _cost(figure: str, system: Run, loops: list[Run]) -> Figure:
    ours, theirs = _per_thousand(system, system.cpu_s), mean(_per_thousand(loop, loop.cpu_s) for loop in loops)
    return Figure(NAME, figure, round(ours, 2), "s", f"bare loop, {theirs:.2f}", round(ours / theirs, 1))


def _per_thousand(run: Run, seconds: float) -> float:
    return seconds * 1000 / len(run.arrived.times)
