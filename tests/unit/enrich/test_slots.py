"""Row slots are shared fairly."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from uuid import UUID

import pytest

from services.enrich.in_flight.pace import Pace
from services.enrich.in_flight.slots import FairSlots
from tests.support.waiting import eventually

BIG, SMALL = UUID(int=1), UUID(int=2)


async def test_a_small_tenant_does_not_queue_behind_a_large_one() -> None:
    """Red when slots are handed out first come, first served."""
    slots = FairSlots(4)
    order: list[str] = []

    async def row(tenant: UUID, name: str) -> None:
        await slots.acquire(tenant)
        order.append(name)
        await asyncio.sleep(0)
        slots.release(tenant)

    for _ in range(4):
        await slots.acquire(BIG)
    rows = [asyncio.create_task(row(BIG, "big")) for _ in range(20)]
    await asyncio.sleep(0)
    rows.append(asyncio.create_task(row(SMALL, "small")))
    await asyncio.sleep(0)
    for _ in range(4):
        slots.release(BIG)
    await asyncio.gather(*rows)
    assert order.index("small") <= 1
    assert slots.in_use == 0


async def test_a_wait_that_is_called_off_loses_no_slot() -> None:
    slots = FairSlots(1)
    await slots.acquire(BIG)
    waiting = [asyncio.create_task(slots.acquire(SMALL)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    slots.release(BIG)
    waiting[1].cancel()
    await asyncio.gather(*waiting[:2], return_exceptions=True)
    await waiting[2]
    assert slots.in_use == 1
    slots.release(SMALL)
    assert slots.in_use == 0


async def test_a_free_slot_goes_to_who_has_the_fewest_and_not_to_who_asked_first() -> None:
    """Red when waiting tenants only take turns."""
    slots = FairSlots(3)
    for _ in range(3):
        await slots.acquire(BIG)
    large = asyncio.create_task(slots.acquire(BIG))
    await asyncio.sleep(0)
    small = [asyncio.create_task(slots.acquire(SMALL)) for _ in range(2)]
    await asyncio.sleep(0)
    slots.release(BIG)
    await asyncio.sleep(0)
    assert (small[0].done(), small[1].done(), large.done()) == (True, False, False)
    for task in (large, *small):
        task.cancel()
    await asyncio.gather(large, *small, return_exceptions=True)


async def test_the_first_of_equal_tenants_takes_its_turn() -> None:
    slots = FairSlots(1)
    await slots.acquire(BIG)
    order: list[str] = []

    async def row(tenant: UUID, name: str) -> None:
        await slots.acquire(tenant)
        order.append(name)
        slots.release(tenant)

    rows = [asyncio.create_task(row(t, n)) for t, n in ((BIG, "b1"), (BIG, "b2"), (SMALL, "s1"), (SMALL, "s2"))]
    await asyncio.sleep(0)
    slots.release(BIG)
    await asyncio.gather(*rows)
    assert order == ["b1", "s1", "b2", "s2"]


class Clock:
    """Moves when told to; processor time as well."""

    def __init__(self) -> None:
        self.now = 100.0
        self.spent = 0.0

    def pace(self) -> Pace:
        return Pace(clock=lambda: self.now, spent=lambda: self.spent)

    def rows(self, pace: Pace, count: int, *, cost_s: float) -> None:
        """So many rows, one after the other, each of which costs the processor so much."""
        for _ in range(count):
            self.now += pace.wait_s
            pace.began()
            self.spent += cost_s
            pace.finished()


@pytest.mark.parametrize("cost_s", [0.0002, 0.003, 0.008])
def test_rows_begin_as_fast_as_they_are_finished(cost_s: float) -> None:
    """Red when what rows cost is not learned: cheap rows would be held back, dear ones begin in heaps."""
    clock = Clock()
    pace = clock.pace()
    clock.rows(pace, 500, cost_s=cost_s)
    began = clock.now
    clock.rows(pace, 500, cost_s=cost_s)
    assert 0.8 * cost_s <= (clock.now - began) / 500 <= cost_s


def test_a_process_with_little_to_do_is_not_slowed_down() -> None:
    """Red when what a process spends on itself while it has hardly any rows makes the next list begin slowly."""
    clock = Clock()
    pace = clock.pace()
    clock.rows(pace, 100, cost_s=2.0)
    assert pace.wait_s <= 0.01


async def test_rows_that_come_together_begin_one_after_the_other() -> None:
    """Red when a list fills all slots at once: its rows would go in lockstep, and the first be done with the last."""
    clock = Clock()
    slots = FairSlots(100, pace=clock.pace())
    rows = [asyncio.create_task(slots.acquire(BIG)) for _ in range(100)]
    await asyncio.sleep(0)
    assert slots.in_use <= 3
    seen = [slots.in_use]
    while slots.in_use < 100:
        clock.now += 0.004
        await eventually(lambda: slots.in_use > seen[-1], every_s=0.001)
        seen.append(slots.in_use)
    await asyncio.gather(*rows)
    assert max(after - before for before, after in pairwise(seen)) <= 3


async def test_who_comes_back_is_not_paced() -> None:
    """Red when a row that has waited for another is made to wait like one that has not begun."""
    clock = Clock()
    slots = FairSlots(100, pace=clock.pace())
    beginning = [asyncio.create_task(slots.acquire(BIG)) for _ in range(20)]
    await asyncio.sleep(0)
    began = slots.in_use
    for _ in range(5):
        await slots.acquire(BIG, again=True)
    assert slots.in_use == began + 5
    for task in beginning:
        task.cancel()
    await asyncio.gather(*beginning, return_exceptions=True)
