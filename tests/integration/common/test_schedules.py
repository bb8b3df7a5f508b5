"""Schedules: one runner per cluster by lease, missed runs caught up once, failures recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from libs.common import schedules
from libs.common.clock import utc_now
from libs.common.schedules import Schedule, ScheduleRunner, last_runs
from libs.common.uow import UnitOfWorkFactory
from tests.support.waiting import eventually


def _runner(open_uow: UnitOfWorkFactory, *schedules: Schedule) -> ScheduleRunner:
    return ScheduleRunner(service="ingest", schedules=schedules, open_uow=open_uow)


def _counting(runs: list[int], *, gate: asyncio.Event | None = None) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        runs[0] += 1
        if gate is not None:
            await gate.wait()

    return work


async def _set(open_uow: UnitOfWorkFactory, what: str) -> None:
    async with open_uow() as uow:
        await uow.conn.execute(text(f"UPDATE ingest.schedules SET {what}"))  # noqa: S608 - the test's own words


async def test_of_many_runners_one_runs(open_uow: UnitOfWorkFactory) -> None:
    """Red when the claim does not look at the lease, or is not one statement."""
    runs, gate = [0], asyncio.Event()
    schedule = Schedule("sweep", 60, _counting(runs, gate=gate))
    at_once = [asyncio.create_task(_runner(open_uow).run_due(schedule)) for _ in range(5)]
    await eventually(lambda: sum(task.done() for task in at_once) == 4)
    gate.set()
    assert sorted(await asyncio.gather(*at_once)) == [False, False, False, False, True]
    assert runs == [1]


async def test_it_is_not_run_again_before_it_is_due(open_uow: UnitOfWorkFactory) -> None:
    runs = [0]
    schedule = Schedule("sweep", 60, _counting(runs))
    assert [await _runner(open_uow).run_due(schedule) for _ in range(3)] == [True, False, False]
    assert runs == [1]


async def test_a_lease_whose_runner_died_ends(open_uow: UnitOfWorkFactory) -> None:
    """Red when a crashed runner keeps its schedule for ever, or when nobody waits for the end of its lease."""
    runs = [0]
    schedule = Schedule("sweep", 60, _counting(runs))
    await _runner(open_uow).run_due(schedule)
    await _set(open_uow, "due_at = now(), lease_token = gen_random_uuid(), lease_until = now() + interval '1 minute'")
    assert await _runner(open_uow).run_due(schedule) is False
    await _set(open_uow, "lease_until = now() - interval '1 second'")
    assert await _runner(open_uow).run_due(schedule) is True
    assert runs == [2]


async def test_a_runner_that_lost_its_lease_does_not_write_over_the_next_ones_run(open_uow: UnitOfWorkFactory) -> None:
    """Red when `_finish` goes by the name alone."""
    gate, runs = asyncio.Event(), [0]
    slow = asyncio.create_task(_runner(open_uow).run_due(Schedule("sweep", 60, _counting(runs, gate=gate))))
    await eventually(lambda: runs == [1])
    await _set(open_uow, "due_at = now(), lease_token = gen_random_uuid(), lease_until = now() + interval '1 minute'")
    gate.set()
    await slow
    async with open_uow() as uow:
        held = (await uow.conn.execute(text("SELECT lease_token FROM ingest.schedules"))).scalar_one()
    assert held is not None


async def test_a_long_run_keeps_its_lease_and_a_killed_one_is_waited_for_no_longer_than_a_lease(
    open_uow: UnitOfWorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when the lease is as long as a run may take, or is not renewed while the run lasts."""
    monkeypatch.setattr(schedules, "LEASE_S", 0.3)
    gate, runs = asyncio.Event(), [0]
    slow = asyncio.create_task(
        _runner(open_uow).run_due(Schedule("sweep", 60, _counting(runs, gate=gate), timeout_s=3600))
    )
    await eventually(lambda: runs == [1])
    first = await _leased_until(open_uow)
    assert first < utc_now() + timedelta(minutes=1)
    await eventually(lambda: _is_later(open_uow, first))
    gate.set()
    assert await slow is True


async def test_a_run_whose_lease_another_took_is_ended(
    open_uow: UnitOfWorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when two runners are at it, each for as long as it likes."""
    monkeypatch.setattr(schedules, "LEASE_S", 0.3)
    gate, runs = asyncio.Event(), [0]
    slow = asyncio.create_task(_runner(open_uow).run_due(Schedule("sweep", 60, _counting(runs, gate=gate))))
    await eventually(lambda: runs == [1])
    await _set(open_uow, "lease_token = gen_random_uuid()")
    assert await slow is False
    assert not gate.is_set()


async def test_a_run_ends_when_its_lease_cannot_be_renewed(
    open_uow: UnitOfWorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database hangs for the one that renews. Red when a run goes on after its lease has run out."""
    monkeypatch.setattr(schedules, "LEASE_S", 0.3)
    began, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    running = asyncio.create_task(_runner(open_uow).run_due(Schedule("sweep", 60, work)))
    await began.wait()
    async with open_uow() as uow:
        await uow.conn.execute(text("SELECT 1 FROM ingest.schedules FOR UPDATE"))
        await eventually(ended.is_set)
    assert await running is False


async def _leased_until(open_uow: UnitOfWorkFactory) -> datetime:
    async with open_uow() as uow:
        return (await uow.conn.execute(text("SELECT lease_until FROM ingest.schedules"))).scalar_one()


async def _is_later(open_uow: UnitOfWorkFactory, than: datetime) -> bool:
    return await _leased_until(open_uow) > than


async def test_missed_runs_are_caught_up_once(open_uow: UnitOfWorkFactory) -> None:
    """Down for ten periods: one run, then the usual rhythm. Red when none is caught up, or each."""
    runs = [0]
    schedule = Schedule("sweep", 60, _counting(runs))
    await _runner(open_uow).run_due(schedule)
    await _set(open_uow, "due_at = now() - interval '10 minutes'")
    assert [await _runner(open_uow).run_due(schedule) for _ in range(2)] == [True, False]
    assert runs == [2]


async def test_a_failure_is_recorded_and_counted_and_the_last_success_kept(open_uow: UnitOfWorkFactory) -> None:
    """Red when a failing sweeper looks like one that ran."""
    failing = [False]

    async def work() -> None:
        if failing[0]:
            raise ValueError("the sweeper broke")

    schedule = Schedule("fragile", 60, work)
    await _runner(open_uow).run_due(schedule)
    (before,) = await last_runs(open_uow)
    succeeded = _metric("schedule_last_success_timestamp_seconds")
    failing[0] = True
    await _set(open_uow, "due_at = now()")
    assert await _runner(open_uow).run_due(schedule) is False
    (after,) = await last_runs(open_uow)
    assert after["last_error"] == "ValueError: the sweeper broke"
    assert after["last_success_at"] == before["last_success_at"] is not None
    assert _metric("schedule_last_success_timestamp_seconds") == succeeded
    assert _metric("schedule_failures_total") == 1


def _metric(name: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"service": "ingest", "schedule": "fragile"})


async def test_a_run_that_takes_too_long_is_ended(open_uow: UnitOfWorkFactory) -> None:
    """A run is bounded by its lease. Red when it goes on while another runner may have begun."""
    hangs = Schedule("sweep", 60, asyncio.Event().wait, timeout_s=0.1)
    assert await _runner(open_uow).run_due(hangs) is False
    (state,) = await last_runs(open_uow)
    assert str(state["last_error"]).startswith("TimeoutError")


async def test_a_runner_that_is_stopped_hands_its_lease_back(open_uow: UnitOfWorkFactory) -> None:
    """The next start need not wait two minutes. Red when a cancelled run keeps its lease."""
    runs, gate = [0], asyncio.Event()
    schedule = Schedule("sweep", 60, _counting(runs, gate=gate))
    running = asyncio.create_task(_runner(open_uow, schedule).run())
    await eventually(lambda: runs == [1])
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    gate.set()
    assert await _runner(open_uow).run_due(schedule) is True


async def test_each_schedule_keeps_its_own_rhythm_and_none_waits_for_anothers_run(open_uow: UnitOfWorkFactory) -> None:
    """One look serves all. Red when all go by the shortest or the longest period, or when a run holds up the looks."""
    often, seldom, slow = [0], [0], [0]
    runner = _runner(
        open_uow,
        Schedule("often", 0.05, _counting(often)),
        Schedule("seldom", 60, _counting(seldom)),
        Schedule("slow", 0.05, _counting(slow, gate=asyncio.Event())),
    )
    running = asyncio.create_task(runner.run())
    await eventually(lambda: often[0] >= 5)
    assert (seldom, slow) == ([1], [1])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_somebody_makes_due_is_run_within_seconds(
    open_uow: UnitOfWorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when a runner sleeps until the due time it saw last."""
    monkeypatch.setattr(schedules, "_LOOK_S", 0.1)
    runs, first = [0], [0]
    sweep, other = (
        Schedule("sweep", 3600, _counting(runs)),
        Schedule("other", 3600, _counting(first, gate=asyncio.Event())),
    )
    await _runner(open_uow).run_due(sweep)
    running = asyncio.create_task(_runner(open_uow, sweep, other).run())
    await eventually(lambda: first == [1])
    await _set(open_uow, "due_at = now() WHERE name = 'sweep'")
    await eventually(lambda: runs == [2])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
