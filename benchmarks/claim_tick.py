"""What a tick of a sending loop costs among a million planned mails, and what planning a day costs each tenant."""

from __future__ import annotations

import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import text

from benchmarks.claim_tick_tenants import MAILBOX, Tenants, make
from benchmarks.figures import Figure
from benchmarks.processes import watching
from deploy.local.ports import ports_of
from deploy.local.postgres import start_postgres
from deploy.local.state import State
from libs.cli.console import say
from libs.common import migrations
from libs.common.db import make_engine
from libs.common.garbage import FEW_IN_FLIGHT, seldom_collected
from libs.common.ids import new_id
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWorkFactory
from services.sender.domain.sending import SendTiming
from services.sender.repositories import planning
from services.sender.tables import COMMON
from services.sender.use_cases.claim_emails import claim_emails
from services.sender.use_cases.plan_day import plan_day

NAME = "claim-tick"

TENANTS = int(os.environ.get("BENCH_TENANTS", "10000"))
LEADS = 100
"""Per tenant."""
_TICKS = int(os.environ.get("BENCH_TICKS", "30"))
_LIMIT = 1000
_SAMPLE = 200
_TICK_GOAL_MS, _IDLE_GOAL_MS, _LINEAR_GOAL = 60.0, 2.0, 1.5
_DAY = datetime(2027, 3, 1, tzinfo=UTC)
_TIMING = SendTiming(call_deadline_s=10, provider_timeout_s=30, sending_lease_s=60, claim_lease_s=600)
_BARE = (
    "CREATE TABLE bare (id uuid PRIMARY KEY, due_at timestamptz NOT NULL, state text NOT NULL DEFAULT 'planned',"
    " token bigint NOT NULL DEFAULT 0)",
    "INSERT INTO bare (id, due_at) SELECT email_id, due_at FROM sender.slots WHERE state = 'assigned'",
    "CREATE INDEX ON bare (due_at) WHERE state = 'planned'",
)
_BARE_CLAIM = text(
    "WITH found AS MATERIALIZED (SELECT id FROM bare WHERE state = 'planned' AND due_at <= :now ORDER BY due_at LIMIT :limit"
    " FOR UPDATE SKIP LOCKED) UPDATE bare SET state = 'claimed', token = token + 1 FROM found WHERE bare.id = found.id"
    " RETURNING bare.id, bare.token"
)
_SERVER = text("SELECT pg_backend_pid()")
_SENT = text("UPDATE sender.slots SET state = 'used', used_token = 1 WHERE email_id = ANY (:ids)")


async def run() -> list[Figure]:
    """A private server with fsync on. Planning is measured before and after the million is there."""
    with tempfile.TemporaryDirectory(prefix="corofy-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        state = State.open(folder / "state")
        postgres = await start_postgres(state, port=ports_of(state.path)["postgres"], password=new_id().hex, fsync=True)
        try:
            server = postgres.process.pid
            assert server is not None
            # Garbage is collected as in the service.
            async with watching({"postgres": server, "here": os.getpid()}) as usage:
                with seldom_collected(FEW_IN_FLIGHT):
                    figures = await _measure(postgres.url)
            figures.append(Figure(NAME, "processors taken by others", round(usage.others_share, 3), ""))
        finally:
            await postgres.stop()
    return figures


async def _measure(url: str) -> list[Figure]:
    await migrations.upgrade("sender", url)
    engine = make_engine(normalise_database_url(url), pool_size=4, service="sender")
    open_uow = UnitOfWorkFactory(engine, COMMON)
    try:
        alone_ms = await _plan(open_uow, url, Tenants(0, _SAMPLE, LEADS))
        many = Tenants(_SAMPLE, TENANTS, LEADS)
        say(f"{TENANTS * LEADS:,} planned mails of {TENANTS:,} tenants are made")
        await make(url, many, planned=True)
        idle_ms = await _idle(open_uow)
        tick_ms, bare_ms, processor_ms = await _ticks(open_uow)
        crowded_ms = await _plan(open_uow, url, Tenants(_SAMPLE + TENANTS, _SAMPLE, LEADS))
        due_ms = await _due(open_uow)
    finally:
        await engine.dispose()
    what = f"a day of {LEADS} leads, planned"
    ratio = crowded_ms / alone_ms
    return [
        _at_most(f"a tick of {_LIMIT:,} claims, median", tick_ms, goal=_TICK_GOAL_MS, bare=bare_ms),
        Figure(NAME, "its processor time, here and in Postgres", round(processor_ms, 2), "ms"),
        _at_most("an idle tick, median", idle_ms, goal=_IDLE_GOAL_MS),
        Figure(NAME, f"{what}, median", round(alone_ms, 2), "ms"),
        Figure(
            NAME,
            f"{what} among {TENANTS:,} tenants",
            round(crowded_ms, 2),
            "ms",
            "alone",
            round(ratio, 2),
            goal=f"ratio <= {_LINEAR_GOAL:g}",
            holds=ratio <= _LINEAR_GOAL,
        ),
        Figure(NAME, f"so for all {TENANTS:,} tenants", round(crowded_ms * TENANTS / 1000, 1), "s"),
        Figure(NAME, "finding out which are due", round(due_ms, 2), "ms"),
    ]


def _at_most(figure: str, value_ms: float, *, goal: float, bare: float | None = None) -> Figure:
    against = None if bare is None else f"bare queue, {bare:.1f} ms"
    ratio = None if bare is None else round(value_ms / bare, 2)
    return Figure(
        NAME, figure, round(value_ms, 2), "ms", against, ratio, goal=f"<= {goal:g} ms", holds=value_ms <= goal
    )


async def _ticks(open_uow: UnitOfWorkFactory) -> tuple[float, float, float]:
    """A tick, one of a queue of ids alone in turn with it, and the processor time of the first. Between ticks the mails are
    begun, which takes their slots."""
    async with open_uow() as uow:
        for statement in _BARE:
            await uow.conn.execute(text(statement))
    took, bare, processor = list[float](), list[float](), list[float]()
    now = _DAY + timedelta(hours=6)
    for _ in range(_TICKS):
        began, before = time.perf_counter(), time.process_time()
        async with open_uow() as uow:
            server = (await uow.conn.execute(_SERVER)).scalar_one()
            there = _processor_s(server)
            claims = await claim_emails(uow, mailbox_id=MAILBOX, now=now, timing=_TIMING, limit=_LIMIT)
        took.append(time.perf_counter() - began)
        processor.append(time.process_time() - before + _processor_s(server) - there)
        assert len(claims) == _LIMIT, "there is less due than is asked for"
        async with open_uow() as uow:
            await uow.conn.execute(_SENT, {"ids": [claim.email_id for claim in claims]})
        began = time.perf_counter()
        async with open_uow() as uow:
            assert len((await uow.conn.execute(_BARE_CLAIM, {"now": now, "limit": _LIMIT})).all()) == _LIMIT
        bare.append(time.perf_counter() - began)
    return median(took) * 1000, median(bare) * 1000, median(processor) * 1000


def _processor_s(process: int) -> float:
    """What a process has taken of the processors, to the microsecond."""
    nanoseconds, *_ = Path(f"/proc/{process}/schedstat").read_text().split()
    return int(nanoseconds) / 1e9


async def _idle(open_uow: UnitOfWorkFactory) -> float:
    """Before the first mail is due."""
    took = list[float]()
    for _ in range(10 * _TICKS):
        began = time.perf_counter()
        async with open_uow() as uow:
            before = _DAY - timedelta(seconds=1)
            assert not await claim_emails(uow, mailbox_id=MAILBOX, now=before, timing=_TIMING, limit=_LIMIT)
        took.append(time.perf_counter() - began)
    return median(took) * 1000


async def _plan(open_uow: UnitOfWorkFactory, url: str, tenants: Tenants) -> float:
    """The first plan of a day, tenant after tenant."""
    await make(url, tenants, planned=False)
    took = list[float]()
    for workspace_id in tenants.ids:
        began = time.perf_counter()
        async with open_uow() as uow:
            planned = await plan_day(
                uow,
                workspace_id=workspace_id,
                mailbox_id=MAILBOX,
                now=_DAY + timedelta(hours=1),
                default_quota=LEADS,
                call_s=_TIMING.call_s,
            )
        took.append(time.perf_counter() - began)
        assert planned.assigned == LEADS
    return median(took) * 1000


async def _due(open_uow: UnitOfWorkFactory) -> float:
    took = list[float]()
    for _ in range(_TICKS):
        began = time.perf_counter()
        async with open_uow() as uow:
            await planning.due(uow.conn, now=_DAY + timedelta(hours=1), limit=1000)
        took.append(time.perf_counter() - began)
    return median(took) * 1000
