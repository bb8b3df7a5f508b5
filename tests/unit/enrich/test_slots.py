"""Row slots are shared fairly."""

from __future__ import annotations

import asyncio
from uuid import UUID

from services.enrich.in_flight.slots import FairSlots

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
