"""Outbox: a change and what is said about it are one; a row is done when the broker has confirmed it, and not before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import aio_pika
import pytest
from sqlalchemy import func, update

from libs.common import outbox
from libs.common.contracts.enrich import CapacityAnnounced
from libs.common.contracts.envelope import Envelope
from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.errors import TooLarge
from libs.common.ids import new_id
from libs.common.listener import Listener
from libs.common.messaging import relay as relay_module
from libs.common.messaging import topology
from libs.common.messaging.bus import Bus
from libs.common.messaging.consumer import Subscription
from libs.common.messaging.relay import BATCH, LEASE_S, MAX_HELD_BYTES, Relay
from libs.common.sealing import Sealed
from libs.common.uow import Message, UnitOfWork, UnitOfWorkFactory
from tests.broker.common.parts import (
    EFFECTS,
    OTHER,
    SERVICE,
    TABLES,
    TENANT,
    WORK,
    Bench,
    created,
    envelope_of,
    open_workspace,
    prices,
)
from tests.support.waiting import PATIENCE_S, eventually


async def test_a_change_that_is_rolled_back_says_nothing_and_one_that_commits_says_it(bench: Bench) -> None:
    """Outbox rows are written in the transaction of the change. Red when `flush` uses another connection."""

    async def change_and_fail() -> None:
        async with bench.open_uow() as uow:
            await uow.conn.execute(EFFECTS.insert().values(name="never"))
            uow.publish(created("never"), tenant_id=TENANT)
            await uow.flush()
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        await change_and_fail()
    async with bench.open_uow() as uow:
        await uow.conn.execute(EFFECTS.insert().values(name="kept"))
        uow.publish(created("kept"), tenant_id=TENANT)

    assert await bench.relay_once() == 1
    assert await bench.effects() == ["kept"]
    assert b'"kept"' in (await bench.take(WORK)).body
    assert await bench.waiting_in(WORK) == 0


async def test_two_relays_at_once_publish_each_row_once(bench: Bench) -> None:
    """Relays lease rows past each other's locks. Red when `lease` neither locks nor moves `due_at`."""
    ids = {str(await bench.say(created(f"w{no}"))) for no in range(300)}

    confirmed = await asyncio.gather(bench.relay_once(), bench.relay_once(), bench.relay_once())

    assert sum(confirmed) == len(ids)
    await eventually(lambda: _holds(bench, WORK, len(ids)))
    assert {(await bench.take(WORK)).message_id for _ in range(20)} <= ids


async def _holds(bench: Bench, queue: str, count: int) -> bool:
    return await bench.waiting_in(queue) == count


class _DiesBeforeTheMark(Bus):
    """A relay's bus whose process is killed right after the broker has confirmed."""

    async def publish_event(self, routing_key: str, body: bytes, *, message_id: str) -> None:
        await super().publish_event(routing_key, body, message_id=message_id)
        raise asyncio.CancelledError


async def test_a_relay_killed_between_publish_and_mark_leaves_the_row_to_the_next(bench: Bench) -> None:
    """A row is marked only after the confirm, and a lease ends. Red when rows are marked (or deleted) as they are leased."""
    await bench.say(created())
    dying = _DiesBeforeTheMark(bench.amqp_url, service=SERVICE)
    await dying.connect()
    async with bench.open_uow() as uow:
        leased = await outbox.lease(uow.conn, TABLES.outbox, limit=10, lease_s=60)
    with pytest.raises(asyncio.CancelledError):
        await dying.publish_event(leased[0].routing_key, leased[0].body, message_id=str(leased[0].id))
    await dying.close()

    assert await bench.relay_once() == 0, "the lease of the dead relay still holds"
    await _end_leases(bench)
    assert await bench.relay_once() == 1
    first, second = await bench.take(WORK), await bench.take(WORK)
    assert first.message_id == second.message_id, "the same message twice: the inbox knows it"


async def _end_leases(bench: Bench) -> None:
    async with bench.open_uow() as uow:
        await uow.conn.execute(update(TABLES.outbox).values(due_at=func.now() - timedelta(seconds=1)))


async def test_an_unroutable_event_stays_with_its_error_and_leaves_once_its_queue_exists(bench: Bench) -> None:
    """Mandatory, and a returned message is an error although it is confirmed. Red without `on_return_raises`/`mandatory`."""
    key = created().routing_key()
    await _bind(bench, key, bound=False)
    await bench.say(created())
    await bench.say(prices())

    assert await bench.relay_once() == 1, "the neighbour goes out"
    (stuck,) = [row for row in await bench.rows(TABLES.outbox) if row["published_at"] is None]
    assert "no queue takes" in str(stuck["last_error"])
    assert stuck["attempts"] == 1
    assert await bench.waiting_in(OTHER) == 1

    await _bind(bench, key, bound=True)
    await _end_leases(bench)
    assert await bench.relay_once() == 1
    assert (await bench.take(WORK)).message_id == str(stuck["id"])


async def _bind(bench: Bench, key: str, *, bound: bool) -> None:
    connection = await aio_pika.connect(bench.amqp_url)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(topology.EVENTS_EXCHANGE, ensure=False)
        for name, events in topology.LISTENERS.items():
            if key in {event.routing_key() for event in events}:
                queue = await channel.get_queue(name, ensure=False)
                await (queue.bind(exchange, key) if bound else queue.unbind(exchange, key))


async def test_a_message_on_the_wire_is_persistent_and_carries_its_id(bench: Bench) -> None:
    """Persistent messages. Red when the delivery mode is left to the library's default."""
    message_id = await bench.say(created())
    await bench.relay_once()
    message = await bench.take(WORK)
    assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert message.message_id == str(message_id)


@pytest.mark.parametrize("hears", [True, False])
async def test_a_relay_hears_of_a_commit_and_polls_when_it_hears_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, hears: bool
) -> None:
    """What others write. Red when LISTEN/NOTIFY or the polling is taken away."""
    monkeypatch.setattr(relay_module, "POLL_S", 3600 if hears else 0.5)
    other = replace(bench, open_uow=UnitOfWorkFactory(bench.engine, TABLES))
    async with _relaying(bench) as listener:
        if not hears:
            await listener.stop()
        for count in (1, 2):
            await other.say(created(f"w{count}"))
            await eventually(lambda: _holds(bench, WORK, count))  # noqa: B023 - awaited in this round


@asynccontextmanager
async def _relaying(bench: Bench) -> AsyncGenerator[Listener]:
    """A relay beside the bench, as in a running service, until what it has in hand is out."""
    listener = Listener(bench.settings.database_url, service=SERVICE)
    await listener.start()
    relay = Relay(service=SERVICE, open_uow=bench.open_uow, bus=bench.bus, listener=listener)
    running = asyncio.create_task(relay.run())
    await eventually(lambda: bench.open_uow.publisher is relay)
    try:
        yield listener
    finally:
        relay.stop()
        await asyncio.wait_for(running, PATIENCE_S)
        await listener.stop()


async def test_what_a_process_writes_it_publishes_without_reading_it_back(bench: Bench) -> None:
    """Leased as it is written, and marked. Red when the row is due for other relays too, or is not handed over."""
    async with _relaying(bench):
        message_id = await bench.say(created())
        assert (await bench.take(WORK)).message_id == str(message_id)
        await bench.relay_once()
        assert await bench.waiting_in(WORK) == 0, "nobody else has published it"
    (row,) = await bench.rows(TABLES.outbox)
    assert row["published_at"] is not None
    assert row["due_at"] == row["created_at"] + timedelta(seconds=LEASE_S)
    assert bench.open_uow.publisher is None, "who stops takes no more"


async def test_what_is_in_hand_is_out_before_a_relay_stops(bench: Bench) -> None:
    """A stop leaves nothing for the end of a lease. Red when `stop` ends the publishing of what is in hand."""
    async with _relaying(bench):
        ids = {str(await bench.say(created(f"w{no}"))) for no in range(20)}
    assert {(await bench.take(WORK)).message_id for _ in ids} == ids
    assert all(row["published_at"] for row in await bench.rows(TABLES.outbox))


async def test_what_a_process_had_in_hand_when_it_died_is_published_by_the_next(bench: Bench) -> None:
    """The lease ends. Red when rows in somebody's hand are never due again."""
    bench.open_uow.publisher = _Dying()
    message_id = await bench.say(created())
    assert await bench.relay_once() == 0, "the lease of the dead still holds"
    await _end_leases(bench)
    assert await bench.relay_once() == 1
    assert (await bench.take(WORK)).message_id == str(message_id)


class _Dying:
    """A publisher whose process is killed right after the commit."""

    def lease_s(self, events: Sequence[Sealed]) -> float:
        return 60 * len(events)

    def take(self, events: Sequence[Sealed]) -> None:
        del events


async def test_nothing_is_taken_in_hand_while_the_broker_is_away(bench: Bench) -> None:
    """It would wait for the end of its lease. Red when `lease_s` does not look at the connection."""
    bus = Bus(bench.amqp_url, service=SERVICE)
    bench.open_uow.publisher = Relay(service=SERVICE, open_uow=bench.open_uow, bus=bus, listener=None)
    await bench.say(created())
    assert await bench.relay_once() == 1


async def test_no_more_is_taken_in_hand_than_memory_has_room_for(bench: Bench) -> None:
    """What is beyond waits in the outbox. Red when `lease_s` counts neither events nor bytes."""
    relay = Relay(service=SERVICE, open_uow=bench.open_uow, bus=bench.bus, listener=None)
    small, large = Sealed(new_id(), "a.b.c.v1", b"{}"), Sealed(new_id(), "a.b.c.v1", b"x" * MAX_HELD_BYTES)
    assert relay.lease_s([small]) == LEASE_S
    assert relay.lease_s([small, large]) == 0
    relay.take([small] * BATCH)
    assert relay.lease_s([small]) == 0


async def test_a_relay_that_is_told_to_stop_publishes_what_is_due_first(bench: Bench) -> None:
    """A graceful stop leaves nothing behind for the next start. Red when `stop` cancels instead."""
    relay = Relay(service=SERVICE, open_uow=bench.open_uow, bus=bench.bus, listener=None)
    for no in range(20):
        await bench.say(created(f"w{no}"))
    relay.stop()
    await asyncio.wait_for(relay.run(), PATIENCE_S)
    assert await bench.waiting_in(WORK) == 20


async def test_an_event_too_large_for_the_broker_is_refused_where_it_is_made(bench: Bench) -> None:
    """A message over the limit would close the channel under its neighbours. Red without the check in the outbox."""
    with pytest.raises(TooLarge, match="split it"):
        await bench.say(created("x" * (outbox.MAX_MESSAGE_BYTES + 1)))
    assert await bench.count(TABLES.outbox) == 0


async def test_a_transient_event_goes_out_after_the_commit_without_a_row(bench: Bench) -> None:
    """Transient events are published beside the outbox. Red when they are said before the commit, or written to it."""
    event = CapacityAnnounced(replica_id=new_id(), rows_capacity=1, rows_in_flight=0, outbox_pending=0)

    async def say_and_fail() -> None:
        async with bench.open_uow() as uow:
            uow.publish(event, tenant_id=None)
            raise RuntimeError("rolled back")

    with pytest.raises(RuntimeError, match="rolled back"):
        await say_and_fail()
    heard_id = await bench.say(event)

    message = await bench.take("ingest.note_capacity")
    assert message.message_id == str(heard_id)
    assert await bench.waiting_in("ingest.note_capacity") == 0
    assert await bench.count(TABLES.outbox) == 0


async def test_a_commit_stands_although_its_transient_event_cannot_be_sent(bench: Bench) -> None:
    """Losing a transient event loses nothing. Red when the sink's failure reaches whoever has just committed."""

    async def broken(_: object) -> None:
        raise RuntimeError("channel closed")

    bench.open_uow.transient_sink = broken
    event = CapacityAnnounced(replica_id=new_id(), rows_capacity=1, rows_in_flight=0, outbox_pending=0)
    async with bench.open_uow() as uow:
        await uow.conn.execute(EFFECTS.insert().values(name="stands"))
        uow.publish(event, tenant_id=None)
    assert await bench.effects() == ["stands"]


async def test_what_a_handler_says_names_the_message_it_answers(bench: Bench) -> None:
    """Causation, correlation and trace run from message to message. Red when the message in hand is not remembered."""
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    async def answer(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
        await open_workspace(event, uow=uow, message=message)
        uow.publish(prices(), tenant_id=TENANT)

    question = envelope_of(created()).model_copy(update={"correlation_id": new_id(), "traceparent": trace})
    async with bench.consuming(Subscription(WORK, answer)):
        await bench.deliver(question)
        await eventually(lambda: _effects(bench, 1))
    await bench.relay_once()
    said = Envelope.model_validate_json((await bench.take(OTHER)).body)
    assert (said.causation_id, said.correlation_id, said.traceparent) == (question.id, question.correlation_id, trace)


async def _effects(bench: Bench, count: int) -> bool:
    return len(await bench.effects()) == count
