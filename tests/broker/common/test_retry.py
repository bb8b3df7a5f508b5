"""Retries: counted by our own header, one TTL queue per delay, the copy confirmed before the original is acked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.messaging.bus import BrokerUnavailable, Bus
from libs.common.messaging.consumer import Subscription
from libs.common.messaging.delivery import ATTEMPTS_HEADER, FIRST_ERROR_HEADER, LAST_ERROR_HEADER
from libs.common.messaging.topology import RETRY_DELAYS, dead_queue, retry_exchange
from libs.common.uow import Message, UnitOfWork
from tests.broker.common.parts import SERVICE, TABLES, WORK, Bench, created, open_workspace
from tests.support.waiting import eventually


async def always_fails(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
    raise RuntimeError(f"no luck with {event.name}")


@pytest.mark.parametrize(("failed_before", "delay"), [(0, "5s"), (1, "30s"), (2, "5m"), (3, "5m")])
async def test_each_failure_waits_longer_than_the_last(bench: Bench, failed_before: int, delay: str) -> None:
    """Growing delay, attempts in our own header. Red when the delay or the count stands still."""
    async with bench.consuming(Subscription(WORK, always_fails)):
        await bench.deliver(created(), headers={ATTEMPTS_HEADER: failed_before})
        copy = await bench.take(retry_exchange(SERVICE, delay))
    assert copy.headers[ATTEMPTS_HEADER] == failed_before + 1
    assert copy.headers[LAST_ERROR_HEADER] == "RuntimeError: no luck with Acme"
    assert await bench.waiting_in(WORK) == 0


async def _holds(bench: Bench, queue: str, count: int) -> bool:
    return await bench.waiting_in(queue) == count


async def test_a_short_wait_does_not_stay_behind_a_long_one(bench: Bench) -> None:
    """One queue per delay. Red when both share a queue: its head, the long wait, would hold the short one for 30 s."""
    await bench.bus.publish_to_retry(WORK, b"long", delay="30s", message_id="long", headers={})
    await bench.bus.publish_to_retry(WORK, b"short", delay="5s", message_id="short", headers={})
    came_back = await bench.take(WORK)
    assert came_back.message_id == "short"
    assert await bench.waiting_in(retry_exchange(SERVICE, "30s")) == 1


async def test_a_copy_that_comes_back_carries_none_of_the_brokers_headers_on(bench: Bench) -> None:
    """Only ours travel. Red when `x-death` is copied: every round would make the message larger."""
    failures = [RuntimeError("one"), RuntimeError("two")]

    async def fails_twice(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
        raise failures.pop(0)

    async with bench.consuming(Subscription(WORK, fails_twice)):
        await bench.deliver(created())
        copy = await bench.take(retry_exchange(SERVICE, "30s"))
    assert not [name for name in copy.headers if "death" in name]
    assert copy.headers[FIRST_ERROR_HEADER] == "RuntimeError: one"
    assert copy.headers[LAST_ERROR_HEADER] == "RuntimeError: two"


class _CannotPublish(Bus):
    """A bus whose broker confirms nothing."""

    def __init__(self, url: str) -> None:
        super().__init__(url, service=SERVICE)
        self.refused = 0

    async def publish_to_retry(
        self, queue: str, body: bytes, *, delay: str, message_id: str | None, headers: Mapping[str, object]
    ) -> None:
        self.refused += 1
        msg = f"no confirm of {message_id} for {queue} after {delay}: {len(body)} bytes, {len(headers)} headers"
        raise BrokerUnavailable(msg)


async def test_the_original_is_acked_only_when_its_copy_is_confirmed(bench: Bench) -> None:
    """Copy, confirm, ack. Red when the ack comes first: an unconfirmed copy would be a lost message."""
    await bench.deliver(created())
    silent = _CannotPublish(bench.amqp_url)
    async with replace(bench, bus=silent).consuming(Subscription(WORK, always_fails)):
        await eventually(lambda: silent.refused >= 2)
    assert (await bench.take(WORK)).headers.get(ATTEMPTS_HEADER, 0) == 0
    assert await bench.waiting_in(WORK) == 0


async def test_a_message_whose_attempts_are_used_up_is_dead(bench: Bench) -> None:
    """Poison reaches the dead letters after `max_attempts`. Red when the count has no end."""
    subscription = Subscription(WORK, always_fails, max_attempts=3)
    async with bench.consuming(subscription, file_the_dead=False):
        await bench.deliver(created(), headers={ATTEMPTS_HEADER: 2, FIRST_ERROR_HEADER: "the first"})
        await eventually(lambda: _holds(bench, dead_queue(WORK), 1))
    letter = await bench.take(dead_queue(WORK))
    assert letter.headers[ATTEMPTS_HEADER] == 3
    assert letter.headers[FIRST_ERROR_HEADER] == "the first"
    for delay, _ in RETRY_DELAYS:
        assert await bench.waiting_in(retry_exchange(SERVICE, delay)) == 0


async def test_a_handler_that_takes_too_long_has_failed(bench: Bench) -> None:
    """`timeout_s` bounds a handler. Red when one that hangs keeps its message for ever."""

    async def hangs(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
        await asyncio.Event().wait()

    async with bench.consuming(Subscription(WORK, hangs, timeout_s=0.2)):
        await bench.deliver(created())
        copy = await bench.take(retry_exchange(SERVICE, "5s"))
    assert copy.headers[ATTEMPTS_HEADER] == 1


async def test_prefetch_is_the_number_of_messages_handled_at_once(bench: Bench) -> None:
    """Red when prefetch is left unlimited (the library's default): all would be in hand."""
    inside, most, gate = [0], [0], asyncio.Event()

    async def counts(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        await gate.wait()
        inside[0] -= 1
        await open_workspace(event, uow=uow, message=message)

    async with bench.consuming(Subscription(WORK, counts, prefetch=3)):
        for no in range(9):
            await bench.deliver(created(f"w{no}"))
        await eventually(lambda: inside[0] == 3)
        assert await bench.waiting_in(WORK) == 6
        gate.set()
        await eventually(lambda: _effects(bench, 9))
    assert most == [3]
    assert await bench.count(TABLES.inbox) == 9


async def _effects(bench: Bench, count: int) -> bool:
    return len(await bench.effects()) == count
