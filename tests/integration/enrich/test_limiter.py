"""One limiter for all replicas: against the sandbox, which counts a sliding window as requests arrive."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from libs.common.clock import utc_now
from libs.common.contracts.enrich import ChunkEnriched, ChunkReturned, ProviderExhausted
from libs.common.db import make_engine
from libs.common.listener import Listener
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWorkFactory
from services.enrich.clients.gate import Gate, Gates
from services.enrich.clients.groq import Groq
from services.enrich.clients.models import Form
from services.enrich.clients.patience import Patience
from services.enrich.clients.serper import Serper
from services.enrich.domain.limits import WINDOW_S, Cost, Limits, Pace
from services.enrich.domain.searches import Query
from services.enrich.in_flight.limiter import Limiter
from services.enrich.repositories import limits as repository
from services.enrich.repositories.limits import Asked, LineKey
from services.enrich.tables import COMMON
from services.enrich.use_cases.forget_days import forget_days
from tests.integration.enrich.bench import INGRID, MODEL, OTHER_TENANT, TENANT, Bench, World, bench_on
from tests.support.limit_line import Line, booked, slot
from tests.support.waiting import PATIENCE_S, eventually

SERPER = LineKey("serper")


@dataclass
class Replica:
    """What a replica has of the limiter."""

    open_uow: UnitOfWorkFactory
    limiter: Limiter
    gates: Gates


@contextlib.asynccontextmanager
async def replica_on(
    database: str, configured: Mapping[str, Limits] | None = None, *, window_s: float = WINDOW_S, slack_s: float = 1.5
) -> AsyncGenerator[Replica]:
    url = normalise_database_url(database)
    engine = make_engine(url, pool_size=4, service="enrich")
    open_uow, listener = UnitOfWorkFactory(engine, COMMON), Listener(url, service="enrich")
    await listener.start()
    limiter = Limiter(open_uow, listener, configured=configured or {}, window_s=window_s, slack_s=slack_s)
    running = asyncio.create_task(limiter.run())
    try:
        yield Replica(open_uow, limiter, Gates(limiter.adopt))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await listener.stop()
        await engine.dispose()


async def line_of(conn: Any, *, epoch: datetime) -> Line:
    row = (await conn.execute(text("SELECT requests_at, tokens_at, shut_until FROM enrich.limit_lines"))).one()
    return Line(*((at - epoch).total_seconds() if at else -1e6 for at in row))


@pytest.mark.parametrize("requests_s", [0.0, 0.3])
@pytest.mark.parametrize("tokens_s", [0.0, 0.2])
async def test_the_database_decides_as_the_rule_does(database: str, requests_s: float, tokens_s: float) -> None:
    """The statement against the pure rule. Red when one of them is changed and the other is not."""
    epoch = utc_now()
    async with replica_on(database) as replica:
        for nth in range(8):
            asked = Asked(Cost(requests_s, tokens_s, correction_s=0.05 * (nth % 3)), {TENANT: 1}, {TENANT: 7})
            async with replica.open_uow() as uow:
                await repository.book(uow.conn, SERPER, asked) if nth == 0 else None
                before = await line_of(uow.conn, epoch=epoch)
                decision = await repository.book(uow.conn, SERPER, asked)
                after = await line_of(uow.conn, epoch=epoch)
            at = after.requests_at - requests_s if requests_s else after.tokens_at - tokens_s
            if not decision.granted:
                assert after == before
                assert decision.in_s > repository.AHEAD_S
                continue
            if requests_s or tokens_s:
                assert slot(before, asked.cost, now=at - decision.in_s) == pytest.approx(at, abs=1e-5)
                expected = booked(before, asked.cost, at=at)
                assert (after.requests_at, after.tokens_at) == pytest.approx(
                    (expected.requests_at, expected.tokens_at), abs=1e-5
                )
            else:
                assert decision.in_s == 0


async def test_of_many_that_ask_at_once_no_two_get_the_same_instant(database: str) -> None:
    """P8. Red when the line is read without its lock: `FOR UPDATE`."""
    async with replica_on(database) as replica:

        async def one() -> float:
            async with replica.open_uow() as uow:
                asked = Asked(Cost(0.01, 0.0), {TENANT: 1}, {})
                decision = await repository.book(uow.conn, SERPER, asked)
                assert decision.granted
                row = await uow.conn.execute(text("SELECT requests_at FROM enrich.limit_lines"))
                return row.scalar_one().timestamp()

        instants = sorted(await asyncio.gather(*(one() for _ in range(40))))
    assert min(b - a for a, b in itertools.pairwise(instants)) > 0.0099


async def test_three_replicas_use_a_limit_and_never_exceed_it(database: str, world: World) -> None:
    """P8, in a window of seconds. Red when replicas do not know of each other, or the pace has no slack."""
    limit, window_s, slack_s, runs_s = 60, 3.0, 0.6, 8.0
    world.turn(serper={"rate_limit_per_minute": limit, "rate_window_s": window_s, "latency_ms": 20})
    configured = {"serper": Limits(requests_per_minute=limit)}
    ends = time.monotonic() + runs_s
    async with contextlib.AsyncExitStack() as stack:

        async def works(serper: Serper, tenant: UUID) -> int:
            done, patience = 0, Patience(ends + 5, budget_s=5, tenant_id=tenant)
            while time.monotonic() < ends:
                await patience.ask(lambda: serper.search(Query("company", "Halden")), serper.gate)
                done += 1
            return done

        working = list[asyncio.Task[int]]()
        for _ in range(3):
            replica = await stack.enter_async_context(
                replica_on(database, configured, window_s=window_s, slack_s=slack_s)
            )
            serper = Serper(world.accounts()[0], concurrency=16, gates=replica.gates)
            stack.push_async_callback(serper.close)
            working += [asyncio.create_task(works(serper, UUID(int=nth % 3))) for nth in range(8)]
        done = sum(await asyncio.gather(*working))
    assert world.box.calls.counts["serper", "search", 429] == 0
    assert done >= 0.9 * runs_s * limit / (window_s + slack_s)


async def test_a_refusal_of_one_replica_shuts_the_gate_of_all(database: str) -> None:
    """Red when each replica has to be refused itself."""
    async with replica_on(database) as one, replica_on(database) as other:
        mine, theirs = one.gates.of("serper"), other.gates.of("serper")
        mine.shut(60.0, by="requests")
        await eventually(lambda: theirs.shut_s > 5)
        (wait,) = theirs.waits
        assert (wait.reason, wait.limited_by) == ("minute_limit", "requests")
    async with replica_on(database) as later:
        late = later.gates.of("serper")
        await later.limiter.look()
        assert late.shut_s > 4, "one that starts later is told too"


async def ask(groq: Groq) -> None:
    form = Form("x", {"type": "object", "properties": {}, "required": [], "additionalProperties": False}, 200)
    await Patience(time.monotonic() + PATIENCE_S, budget_s=1).ask(
        lambda: groq.ask(MODEL, system="s", user='{"task": "line"}', form=form), groq.gate(MODEL)
    )


async def test_a_limit_is_learned_from_what_the_provider_says_and_forgotten_in_time(
    database: str, world: World
) -> None:
    """All replicas keep to it. Red when headers are not read, or an old limit holds for ever."""
    world.turn(groq={"tokens_per_minute": 40})
    async with replica_on(database) as one, replica_on(database) as other:
        groq = Groq(world.accounts()[1], models=[MODEL], concurrency=4, gates=one.gates)
        theirs = other.gates.of("groq", MODEL)
        with contextlib.suppress(Exception):
            await ask(groq)
        await groq.close()
        await eventually(lambda: theirs.turns is not None)
        standing = pace_of(theirs).limits
        assert standing == Limits(tokens_per_minute=40)
        async with one.open_uow() as uow:
            await uow.conn.execute(text("UPDATE enrich.limit_lines SET learned_until = clock_timestamp()"))
        await other.limiter.look()
        assert theirs.turns is None


def pace_of(gate: Gate) -> Pace:
    pace = getattr(gate.turns, "pace", None)
    assert isinstance(pace, Pace)
    return pace


async def test_while_little_of_a_limit_is_used_nobody_asks_the_database(database: str, world: World) -> None:
    """The sandbox and most real days. Red when each call pays for a limit that is far away."""
    async with replica_on(database) as one:
        groq = Groq(world.accounts()[1], models=[MODEL], concurrency=4, gates=one.gates)
        with contextlib.suppress(Exception):
            await ask(groq)
        await groq.close()
        assert one.gates.of("groq", MODEL).is_free
        async with one.open_uow() as uow:
            assert (await uow.conn.execute(text("SELECT count(*) FROM enrich.limit_lines"))).scalar_one() == 0


async def test_a_day_that_is_used_up_parks_until_it_turns(database: str, world: World) -> None:
    """Red when a configured day is exceeded, or its end is not said."""
    async with bench_on(database, world, limits={"serper": Limits(requests_per_day=4)}) as bench:
        await bench.deliver(bench.chunk(6))
        (exhausted,) = await bench.said(ProviderExhausted)
        (returned,) = await bench.said(ChunkReturned)
    midnight = (datetime.now(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert abs(datetime.fromisoformat(exhausted["resume_at"]) - midnight) < timedelta(seconds=5)
    assert "4 requests" in exhausted["message"]
    assert returned["reason"] == "provider_exhausted"
    assert world.answered("serper") <= 4


async def test_a_workspace_that_has_had_half_of_the_day_gives_way_to_one_that_waits(
    database: str, world: World
) -> None:
    """Its chunk goes back with the time; no account is out, so that the other's job goes on. Red when a shared key's day
    belongs to whoever comes first."""
    async with bench_on(database, world, limits={"serper": Limits(requests_per_day=20)}) as bench:
        await seen_today(bench, TENANT, requests=10)
        await seen_today(bench, OTHER_TENANT, requests=1)
        await bench.deliver(bench.chunk([INGRID]))
        (returned,) = await bench.said(ChunkReturned)
        assert returned["reason"] == "out_of_time"
        assert datetime.fromisoformat(returned["retry_at"]) > utc_now() + timedelta(minutes=4)
        (wait,) = bench.floor.tools.waits
        assert (wait.reason, wait.workspace_id) == ("kept_back", TENANT)
        bench.job_id = UUID(int=77)
        await bench.deliver(bench.chunk([INGRID]), tenant=OTHER_TENANT)
        assert [row["status"] for row in await bench.rows_said(ChunkEnriched)] == ["enriched"]
        assert await bench.said(ProviderExhausted) == []


async def seen_today(bench: Bench, tenant: UUID, *, requests: int) -> None:
    asked = Asked(Cost(0.0, 0.0), {tenant: requests}, {})
    async with bench.open_uow() as uow:
        await repository.book(uow.conn, SERPER, asked, by_tenant=True)


async def test_a_minute_limit_in_the_settings_is_kept_without_being_refused_once(database: str, world: World) -> None:
    """Red when rows run into the provider's refusal although the limit is known."""
    world.turn(groq={"rate_limit_per_minute": 4, "rate_window_s": 1})
    async with bench_on(database, world, limits={"groq": Limits(requests_per_minute=120)}) as bench:
        await bench.deliver(bench.chunk([INGRID, INGRID]))
        assert [row["status"] for row in await bench.rows_said(ChunkEnriched)] == ["enriched", "enriched"]
    assert not [count for (name, _, status), count in world.box.calls.counts.items() if (name, status) == ("groq", 429)]


async def test_an_outage_of_a_whole_chunk_hands_it_back_and_degrades_nothing(database: str, world: World) -> None:
    """P6. Red when rows of an outage come out plain, or a person is not told what they wait for."""
    world.turn(groq={"fail_rate": 1, "fail_status": 503})
    async with bench_on(database, world) as bench:
        await bench.deliver(bench.chunk(30), floor=bench.with_limits(chunk_s=6))
        (returned,) = await bench.said(ChunkReturned)
        assert returned["reason"] == "out_of_time"
        assert [wait.reason for wait in bench.floor.tools.waits] in ([], ["not_answering"])
        assert await bench.rows_said(ChunkEnriched) == []
        world.reset()
        await bench.deliver(bench.chunk(30, dispatch=2))
        assert {row["status"] for row in await bench.rows_said(ChunkEnriched)} == {"enriched"}


async def test_days_that_are_over_are_forgotten(bench: Bench) -> None:
    """Red when today goes, or the table grows for ever."""
    await seen_today(bench, TENANT, requests=1)
    async with bench.open_uow() as uow:
        await uow.conn.execute(
            text(
                "INSERT INTO enrich.limit_days SELECT account, model, day - 3, tenant_id, 1, 1, asked_at"
                " FROM enrich.limit_days"
            )
        )
    assert await forget_days(bench.open_uow) == 1
    assert await forget_days(bench.open_uow) == 0


async def test_a_day_that_was_only_learned_is_ended_by_the_provider_alone(database: str, world: World) -> None:
    """It may turn at another time than ours. Red when our count of it parks jobs."""
    async with replica_on(database) as replica:
        serper = Serper(world.accounts()[0], concurrency=1, gates=replica.gates)
        replica.limiter.heard_limits(serper.gate, Limits(requests_per_day=2), used_tokens=0)
        await eventually(lambda: serper.gate.turns is not None)
        patience = Patience(time.monotonic() + PATIENCE_S, budget_s=1, tenant_id=TENANT)
        for _ in range(4):
            await patience.ask(lambda: serper.search(Query("company", "Halden")), serper.gate)
        await serper.close()
        async with replica.open_uow() as uow:
            (use,) = await repository.day_uses(uow.conn, SERPER)
    assert (use.tenant_id, use.requests) == (TENANT, 4)
