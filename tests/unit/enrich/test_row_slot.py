"""A row's slot: kept while any part works, given back while all that go on only wait."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from services.enrich.in_flight.row_slot import RowSlot
from services.enrich.in_flight.slots import FairSlots
from tests.support.waiting import eventually

TENANT = UUID(int=1)


async def test_the_slot_is_given_back_only_when_no_part_works_and_one_waits() -> None:
    """Red when a part that works loses the row's slot, or a row that only waits keeps it."""
    slots = FairSlots(1)
    left: list[str] = []
    slot = RowSlot(slots, TENANT, on_leave=lambda: left.append("left"), on_return=lambda: left.append("back"))
    await slot.acquire()
    other_row, own_work = asyncio.Event(), asyncio.Event()
    slot.begin(2)

    async def waits() -> None:
        with slot.part():
            await slot.wait(other_row.wait())

    async def works() -> None:
        with slot.part():
            await own_work.wait()

    tasks = [asyncio.create_task(waits()), asyncio.create_task(works())]
    await asyncio.sleep(0)
    assert slots.in_use == 1
    own_work.set()
    await eventually(lambda: slots.in_use == 0)
    other_row.set()
    await asyncio.gather(*tasks)
    assert slots.in_use == 1
    assert left == ["left", "back"]
    slot.release()
    slot.release()
    assert slots.in_use == 0


async def test_who_comes_back_goes_before_those_who_have_not_begun() -> None:
    """Red when a row that has been paid for in part waits behind a whole chunk."""
    slots = FairSlots(1)
    order: list[str] = []
    begun, fresh, holder = (RowSlot(slots, TENANT) for _ in range(3))
    await begun.acquire()
    begun.begin(1)
    gate = asyncio.Event()

    async def comes_back() -> None:
        with begun.part():
            await begun.wait(gate.wait())
            order.append("begun")
            begun.release()

    async def begins() -> None:
        await fresh.acquire()
        order.append("fresh")

    first = asyncio.create_task(comes_back())
    await eventually(lambda: slots.in_use == 0)
    await holder.acquire()
    second = asyncio.create_task(begins())
    await asyncio.sleep(0)
    gate.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    holder.release()
    await asyncio.gather(first, second)
    assert order == ["begun", "fresh"]


async def test_a_failed_or_cancelled_wait_leaves_no_slot_behind() -> None:
    """Red when a slot is taken for a row that has ended: in the end nobody has one."""
    slots = FairSlots(1)
    slot = RowSlot(slots, TENANT)
    await slot.acquire()
    slot.begin(1)

    async def fails() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), slot.part():
        await slot.wait(fails())
    assert slots.in_use == 0
    await slot.acquire()
    slot.begin(1)

    async def waits() -> None:
        with slot.part():
            await slot.wait(asyncio.Event().wait())

    task = asyncio.create_task(waits())
    await eventually(lambda: slots.in_use == 0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert slots.in_use == 0
