"""Lost connections: the broker redelivers, nobody's attempt has failed, and nothing dies of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import aio_pika
import pytest

from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.messaging.bus import BrokerUnavailable, Bus
from libs.common.messaging.consumer import Subscription
from libs.common.messaging.relay import Relay
from libs.common.messaging.topology import DELIVERY_LIMIT, dead_queue, queues
from libs.common.uow import Message, UnitOfWork
from tests.broker.common.parts import SERVICE, TABLES, WORK, Bench, created, open_workspace
from tests.support.cable import Cable, cable_to
from tests.support.waiting import PATIENCE_S, eventually

KILLS = 30


@pytest.fixture
async def cable(bench: Bench) -> AsyncGenerator[Cable]:
    async with cable_to(bench.amqp_url) as plugged_in:
        yield plugged_in


async def test_thirty_closed_connections_leave_the_dead_letters_empty(bench: Bench, cable: Cable) -> None:
    """Only failures of a handler count. Red with a delivery limit of 3, or when a redelivery counts as an attempt."""
    for no in range(5):
        await bench.deliver(created(f"w{no}"))
    for _ in range(KILLS):
        await _take_all_and_lose_power(cable, 5)
    failures = [RuntimeError("the one attempt that fails")]

    async def fails_once(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
        if failures:
            raise failures.pop()
        await open_workspace(event, uow=uow, message=message)

    async with bench.consuming(Subscription(WORK, fails_once, max_attempts=2)):
        await eventually(lambda: _effects(bench, 5))
    assert await bench.count(TABLES.dead_letters) == 0
    assert await bench.waiting_in(dead_queue(WORK)) == 0


async def _take_all_and_lose_power(cable: Cable, count: int) -> None:
    """A worker whose machine is switched off while it has all messages in hand."""
    connection = await aio_pika.connect(cable.url)
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=count)
    in_hand: asyncio.Queue[object] = asyncio.Queue()
    await (await channel.get_queue(WORK, ensure=False)).consume(in_hand.put)
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(count):
            await in_hand.get()
    assert cable.cut() > 0
    await connection.close()


async def _effects(bench: Bench, count: int) -> bool:
    return len(await bench.effects()) == count


async def test_a_consumer_that_is_cut_off_while_it_works_goes_on_by_itself(bench: Bench, cable: Cable) -> None:
    """Red when the consumer does not come back, or when the second delivery has a second effect."""
    taken, go_on = asyncio.Event(), asyncio.Event()

    async def slow(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
        taken.set()
        await go_on.wait()
        await open_workspace(event, uow=uow, message=message)

    await bench.deliver(created("in hand"))
    async with _through(bench, cable).consuming(Subscription(WORK, slow, prefetch=4, max_attempts=1)):
        await asyncio.wait_for(taken.wait(), PATIENCE_S)
        cable.cut()
        go_on.set()
        await bench.deliver(created("after"))
        await eventually(lambda: _effects(bench, 2))
        await eventually(lambda: _empty(bench))
    assert sorted(await bench.effects()) == ["after", "in hand"]
    assert await bench.count(TABLES.dead_letters) == 0


def _through(bench: Bench, cable: Cable) -> Bench:
    settings = bench.settings.model_copy(update={"rabbitmq_url": type(bench.settings.rabbitmq_url)(cable.url)})
    return replace(bench, settings=settings)


async def _empty(bench: Bench) -> bool:
    return await bench.waiting_in(WORK) == 0


async def test_a_relay_that_is_cut_off_publishes_what_was_said_meanwhile(bench: Bench, cable: Cable) -> None:
    """The outbox keeps what the broker cannot take. Red when rows are leased, or marked, while nothing can confirm them."""
    bus = Bus(cable.url, service=SERVICE)
    await bus.connect()
    relay = Relay(service=SERVICE, open_uow=bench.open_uow, bus=bus, listener=None)
    running = asyncio.create_task(relay.run())
    await cable.unplug()
    await bench.say(created("meanwhile"))
    await eventually(lambda: not bus.is_connected)
    assert await relay.drain() == 0, "without a connection nothing is leased"
    with pytest.raises(BrokerUnavailable):
        await bus.publish_event(created().routing_key(), b"", message_id="x")
    await cable.plug_in()
    assert b"meanwhile" in (await bench.take(WORK)).body
    relay.stop()
    await running
    await bus.close()
    assert [row["published_at"] is not None for row in await bench.rows(TABLES.outbox)] == [True]


async def test_the_brokers_own_limit_is_only_a_backstop() -> None:
    """Each closed connection counts against it. Red when a queue leaves it to the version of the broker, or sets it low."""
    limits = {spec.name: spec.arguments.get("x-delivery-limit") for spec in queues() if ".retry." not in spec.name}
    assert all(isinstance(limit, int) and limit >= 100 for limit in limits.values())
    assert DELIVERY_LIMIT >= 100


class _Away(Bus):
    """A bus whose broker goes away between the look and the publish."""

    async def publish_event(self, routing_key: str, body: bytes, *, message_id: str) -> None:
        msg = f"{routing_key} {message_id}: {len(body)} bytes without a confirm"
        raise BrokerUnavailable(msg)


async def test_the_wait_for_a_broker_does_not_grow_with_its_absence(bench: Bench) -> None:
    """It is not the row's fault. Red when each try doubles the wait, as it does for a row that cannot be routed: all would
    wait for a minute after the broker is back."""
    await bench.say(created())
    away = _Away(bench.amqp_url, service=SERVICE)
    await away.connect()
    relay = Relay(service=SERVICE, open_uow=bench.open_uow, bus=away, listener=None)
    for tries in range(1, 6):
        await eventually(lambda: _tried(bench, relay, tries), within_s=6)  # noqa: B023 - awaited in this round
    await away.close()
    await eventually(bench.relay_once, within_s=6)


async def _tried(bench: Bench, relay: Relay, times: int) -> bool:
    await relay.drain()
    (row,) = await bench.rows(TABLES.outbox)
    return row["attempts"] == times


async def test_a_channel_that_the_broker_closes_is_opened_again(bench: Bench) -> None:
    """An error on a channel closes it under all who publish on it. Red when the bus stays without one."""
    with pytest.raises(BrokerUnavailable):
        await bench.bus.publish_to_retry("nobody.nothing", b"", delay="5s", message_id="x", headers={})
    await eventually(lambda: _published(bench))
    assert (await bench.take(WORK)).message_id is not None


async def _published(bench: Bench) -> bool:
    try:
        await bench.deliver(created())
    except BrokerUnavailable:
        return False
    return True
