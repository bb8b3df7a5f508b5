"""Holds and captures per second through billing's real handlers, beside pgbench; and what ten million entries cost a reader."""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import mean
from uuid import UUID

import uvloop
from sqlalchemy import text

from benchmarks import ledger_large, pgbench
from benchmarks.figures import Figure
from benchmarks.ledger_driving import IN_FLIGHT, Driven, body_of, consumer_of, drive
from benchmarks.processes import watching
from deploy.local.ports import ports_of
from deploy.local.postgres import Postgres, start_postgres
from deploy.local.state import State
from libs.cli.console import say
from libs.common import migrations
from libs.common.clock import utc_now
from libs.common.contracts.ingest import ChunkCompleted, JobCreated
from libs.common.db import make_engine
from libs.common.garbage import FEW_IN_FLIGHT, seldom_collected
from libs.common.ids import new_id
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWorkFactory
from services.billing.domain.credits.ledger import GrantKind
from services.billing.tables import COMMON
from services.billing.use_cases.grant_credits import GrantRequest, grant_credits
from services.billing.use_cases.prove_ledger import prove_ledger

NAME = "ledger"

MESSAGES = int(os.environ.get("BENCH_MESSAGES", "6000"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "8"))
_ACCOUNTS = 1000
_SPREAD_IN_FLIGHT = 128
"""What the queue lets a replica have at once. The goal speaks of 16 for one account."""
_POOL = 8
_HOT_GOAL, _SPREAD_GOAL, _P99_GOAL_MS = 0.5, 0.3, 50.0


def run() -> list[Figure]:
    """A private server with fsync on. pgbench before and after each kind of hold, so that both see the same machine."""
    with tempfile.TemporaryDirectory(prefix="corofy-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        state = State.open(folder / "state")
        port = ports_of(state.path)["postgres"]
        postgres = asyncio.run(start_postgres(state, port=port, password=new_id().hex, fsync=True))
        try:
            # The loop that uvicorn gives to billing.
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(_measure(postgres, folder))
        finally:
            asyncio.run(postgres.stop())


async def _measure(postgres: Postgres, folder: Path) -> list[Figure]:
    server = postgres.process.pid
    assert server is not None
    async with watching({"postgres": server, "here": os.getpid()}) as usage:
        # As billing's app has it.
        with seldom_collected(FEW_IN_FLIGHT):
            figures = await _rates(postgres.url, folder)
    others = Figure(NAME, "processors taken by others", round(usage.others_share, 3), "")
    return [*figures, others, *await ledger_large.run(postgres.url)]


async def _rates(url: str, folder: Path) -> list[Figure]:
    await migrations.upgrade("billing", url)
    await pgbench.prepare(url)
    engine = make_engine(normalise_database_url(url), pool_size=_POOL, service="billing")
    open_uow = UnitOfWorkFactory(engine, COMMON)
    try:
        hot, crowd = await _open(open_uow, 1), await _open(open_uow, _ACCOUNTS)
        await _hold(open_uow, hot, MESSAGES // 10)
        figures: list[Figure] = []
        for accounts, in_flight, goal in (
            (hot, IN_FLIGHT, _HOT_GOAL),
            (crowd, IN_FLIGHT, None),
            (crowd, _SPREAD_IN_FLIGHT, _SPREAD_GOAL),
        ):
            is_hot = len(accounts) == 1
            what = f"holds, {len(accounts):,} account(s), {in_flight} in flight"
            say(what[0].upper() + what[1:])
            before = await pgbench.updates_per_s(url, folder, hot=is_hot, seconds=SECONDS)
            driven = await _hold(open_uow, accounts, MESSAGES, in_flight=in_flight)
            after = await pgbench.updates_per_s(url, folder, hot=is_hot, seconds=SECONDS)
            figures += _figures(
                driven, what, updates=mean((before, after)), goal=goal, is_prompt=in_flight == IN_FLIGHT
            )
        say("Captures on 1 account")
        captured = await _capture(open_uow, hot[0])
        figures.append(Figure(NAME, "captures, 1 account", round(captured.per_s), "1/s"))
        figures.append(Figure(NAME, "  99 % of them within", round(captured.p99_ms, 1), "ms"))
        refused = await _refused(open_uow)
        figures.append(
            Figure(NAME, "holds refused although there were credits", refused, "", goal="= 0", holds=refused == 0)
        )
        async with open_uow() as uow:
            checks = await prove_ledger(hot[0], uow=uow, now=utc_now())
        failed = [check.name for check in checks if not check.holds]
        figures.append(Figure(NAME, "checks of the proof that fail", len(failed), "", goal="= 0", holds=not failed))
    finally:
        await engine.dispose()
    return figures


async def _open(open_uow: UnitOfWorkFactory, count: int) -> list[UUID]:
    accounts = [new_id() for _ in range(count)]
    for workspace_id in accounts:
        async with open_uow() as uow:
            await grant_credits(
                GrantRequest(1_000_000_000, "a benchmark", GrantKind.PURCHASED),
                workspace_id=workspace_id,
                idempotency_key="bench",
                uow=uow,
                now=utc_now(),
                actor="bench",
            )
    return accounts


async def _hold(open_uow: UnitOfWorkFactory, accounts: list[UUID], count: int, *, in_flight: int = IN_FLIGHT) -> Driven:
    bodies = [
        body_of(JobCreated(job_id=new_id(), credits=10, price_version=1), accounts[nth * 7 % len(accounts)])
        for nth in range(count)
    ]
    return await drive(consumer_of("billing.place_hold", open_uow), bodies, in_flight=in_flight)


async def _capture(open_uow: UnitOfWorkFactory, workspace_id: UUID) -> Driven:
    """The chunks of a hundred jobs, one of each in turn."""
    jobs = [new_id() for _ in range(100)]
    holds = [JobCreated(job_id=job, credits=MESSAGES, price_version=1) for job in jobs]
    await drive(consumer_of("billing.place_hold", open_uow), [body_of(one, workspace_id) for one in holds])
    chunks = (ChunkCompleted(job_id=jobs[nth % 100], chunk_no=nth // 100, credits=1) for nth in range(MESSAGES))
    bodies = [body_of(chunk, workspace_id) for chunk in chunks]
    return await drive(consumer_of("billing.capture_chunk", open_uow), bodies)


async def _refused(open_uow: UnitOfWorkFactory) -> int:
    """Every account has enough, so that each request that is not held was refused falsely."""
    async with open_uow() as uow:
        return (await uow.conn.execute(text("SELECT count(*) FROM billing.holds WHERE state <> 'held'"))).scalar_one()


def _figures(driven: Driven, what: str, *, updates: float, goal: float | None, is_prompt: bool) -> list[Figure]:
    """With a goal for the ratio, if there is one, and for the time of each, if it `is_prompt`."""
    ratio, p99, per_s = round(driven.per_s / updates, 3), round(driven.p99_ms, 1), round(driven.per_s)
    against, within = f"pgbench UPDATE, {updates:,.0f}/s", "  99 % of them within"
    rate = Figure(NAME, what, per_s, "1/s", against, ratio)
    if goal is not None:
        rate = replace(rate, goal=f"ratio >= {goal:g}", holds=ratio >= goal)
    took = Figure(NAME, within, p99, "ms")
    if is_prompt:
        took = replace(took, goal=f"<= {_P99_GOAL_MS:g} ms", holds=p99 <= _P99_GOAL_MS)
    return [rate, took]
