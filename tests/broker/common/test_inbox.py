"""Inbox and acks: an effect and the memory of its message are one, and the broker hears of it last."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable

import pytest

from libs.common import inbox
from libs.common.contracts.enrich import CapacityAnnounced
from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.errors import Busy
from libs.common.ids import new_id
from libs.common.messaging.consumer import Subscription
from libs.common.retention import retention_schedules
from libs.common.storage import StorageUnavailable
from libs.common.uow import Message, UnitOfWork, UnitOfWorkFactory
from tests.broker.common.parts import EFFECTS, TABLES, WORK, Bench, created, envelope_of, open_workspace
from tests.support.waiting import PATIENCE_S, eventually


def _done(bench: Bench, count: int) -> Callable[[], Awaitable[bool]]:
    """As many effects as there should be, and nothing left in the queue, in hand or not."""

    async def check() -> bool:
        return len(await bench.effects()) == count and await bench.waiting_in(WORK) == 0

    return check


async def test_a_message_delivered_twice_has_one_effect(bench: Bench) -> None:
    """Red when the inbox row is not looked at."""
    envelope = envelope_of(created())
    async with bench.consuming(Subscription(WORK, open_workspace)):
        await bench.deliver(envelope)
        await bench.deliver(envelope)
        await bench.deliver(created("last"))
        await eventually(_done(bench, 2))
    assert sorted(await bench.effects()) == ["Acme", "last"]
    assert await bench.count(TABLES.inbox) == 2


async def test_a_transient_event_is_handled_and_not_remembered(bench: Bench) -> None:
    """Announced every second by every replica, it would be millions of rows. Red when its message is recorded."""
    event = CapacityAnnounced(replica_id=new_id(), rows_capacity=1, rows_in_flight=0, outbox_pending=0)

    async def note(_event: CapacityAnnounced, *, uow: UnitOfWork, message: Message) -> None:
        await uow.conn.execute(EFFECTS.insert().values(name=message.envelope.type))

    async with bench.consuming(Subscription("ingest.note_capacity", note)):
        await bench.deliver(event, queue="ingest.note_capacity")
        await eventually(bench.effects)
    assert await bench.count(TABLES.inbox) == 0


async def test_the_inbox_row_lives_and_dies_with_the_effect(bench: Bench) -> None:
    """Inbox in the handler's transaction. Red when it is committed before the handler runs: the retry would be skipped."""
    failures = [RuntimeError("first time")]

    async def fails_once(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
        await open_workspace(event, uow=uow, message=message)
        if failures:
            raise failures.pop()

    async with bench.consuming(Subscription(WORK, fails_once)):
        await bench.deliver(created())
        await eventually(lambda: not failures)
        assert await bench.effects() == []
        assert await bench.count(TABLES.inbox) == 0
        await eventually(_done(bench, 1))
    assert await bench.count(TABLES.inbox) == 1


async def test_two_replicas_with_the_same_message_in_hand_have_one_effect(bench: Bench) -> None:
    """The inbox's key makes the second wait for the first. Red when it is read first and written later."""
    both, here = asyncio.Event(), [0]

    async def meets(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
        here[0] += 1
        both.set()
        await open_workspace(event, uow=uow, message=message)

    envelope = envelope_of(created())
    async with bench.consuming(Subscription(WORK, meets)), bench.consuming(Subscription(WORK, meets)):
        await asyncio.gather(*(bench.deliver(envelope) for _ in range(6)))
        await eventually(_done(bench, 1))
    assert here == [1], "whoever came second never reached the handler"


class _Research:
    """A handler that calls out: claim, call, record. It can be made to crash between the call and the record."""

    def __init__(self, open_uow: UnitOfWorkFactory) -> None:
        self._open_uow = open_uow
        self.calls = 0
        self.crash_after_call = asyncio.Event()
        self.called = asyncio.Event()

    async def __call__(self, event: WorkspaceCreated, *, message: Message) -> None:
        self.calls += 1
        self.called.set()
        if self.crash_after_call.is_set():
            await asyncio.Event().wait()
        async with self._open_uow() as uow:
            if await uow.record_inbox(message):
                await uow.conn.execute(EFFECTS.insert().values(name=event.name))


async def test_a_crash_before_the_record_is_redelivered_and_not_swallowed(bench: Bench) -> None:
    """Work that calls out writes its inbox row in the record transaction. Red when it is written before the call."""
    research = _Research(bench.open_uow)
    research.crash_after_call.set()
    async with bench.consuming(Subscription(WORK, research, calls_out=True)):
        await bench.deliver(created())
        await asyncio.wait_for(research.called.wait(), PATIENCE_S)
    assert await bench.effects() == []

    research.crash_after_call.clear()
    async with bench.consuming(Subscription(WORK, research, calls_out=True)):
        await eventually(_done(bench, 1))
    assert research.calls == 2


async def test_what_was_recorded_is_not_called_for_again(bench: Bench) -> None:
    """A redelivery after the record costs no second call. Red when the inbox is not asked before the handler."""
    research = _Research(bench.open_uow)
    envelope = envelope_of(created())
    async with bench.consuming(Subscription(WORK, research, calls_out=True)):
        await bench.deliver(envelope)
        await eventually(_done(bench, 1))
        await bench.deliver(envelope)
        await bench.deliver(created("another"))
        await eventually(_done(bench, 2))
    assert research.calls == 2


async def test_the_ack_comes_after_the_commit(bench: Bench) -> None:
    """Killed inside its transaction, a handler has neither effect nor ack. Red with auto-ack, or an ack before the commit."""
    inside = asyncio.Event()

    async def dies(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
        await open_workspace(event, uow=uow, message=message)
        inside.set()
        await asyncio.Event().wait()

    async with bench.consuming(Subscription(WORK, dies)):
        await bench.deliver(created())
        await asyncio.wait_for(inside.wait(), PATIENCE_S)
    assert await bench.effects() == []

    async with bench.consuming(Subscription(WORK, open_workspace)):
        await eventually(_done(bench, 1))


async def test_busy_waits_and_counts_no_attempt(bench: Bench) -> None:
    """Meeting another's live claim is nobody's failure. Red when Busy is counted: `max_attempts` is one here."""
    met = [0]

    async def busy_once(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
        met[0] += 1
        if met[0] == 1:
            raise Busy("somebody else is at it")
        await open_workspace(event, uow=uow, message=message)

    async with bench.consuming(Subscription(WORK, busy_once, max_attempts=1)):
        await bench.deliver(created())
        await eventually(_done(bench, 1))
    assert await bench.count(TABLES.dead_letters) == 0


async def test_a_database_outage_counts_no_attempt(bench: Bench) -> None:
    """While Postgres is away nobody's attempt has failed. Red when the outage is treated like a handler's error."""

    async def loses_its_connection(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
        await open_workspace(event, uow=uow, message=message)
        if not lost:
            lost.append(True)
            pid = (await uow.conn.exec_driver_sql("SELECT pg_backend_pid()")).scalar_one()
            async with bench.engine.connect() as other:
                await other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
            await uow.conn.exec_driver_sql("SELECT 1")

    lost: list[bool] = []
    async with bench.consuming(Subscription(WORK, loses_its_connection, max_attempts=1)):
        await bench.deliver(created())
        await eventually(_done(bench, 1))
    assert lost
    assert await bench.count(TABLES.dead_letters) == 0


@pytest.mark.parametrize(
    "outage",
    [StorageUnavailable("the store is away"), OSError(errno.ENOSPC, "No space left on device")],
    ids=["storage", "disk"],
)
async def test_storage_that_is_away_and_a_full_disk_count_no_attempt(bench: Bench, outage: Exception) -> None:
    """Red when they are a handler's error: after ten minutes without storage every job that merges would have failed."""
    met = [0]

    async def meets_it_once(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
        met[0] += 1
        if met[0] == 1:
            raise outage
        await open_workspace(event, uow=uow, message=message)

    async with bench.consuming(Subscription(WORK, meets_it_once, max_attempts=1)):
        await bench.deliver(created())
        await eventually(_done(bench, 1))
    assert await bench.count(TABLES.dead_letters) == 0


@pytest.mark.parametrize("age_days", [29, 31])
async def test_inbox_rows_are_forgotten_after_thirty_days(bench: Bench, age_days: int) -> None:
    """Red when retention is shorter than the age up to which dead letters may be replayed."""
    envelope = envelope_of(created())
    async with bench.open_uow() as uow:
        await inbox.record(uow.conn, TABLES.inbox, consumer=WORK, message_id=envelope.id)
        await uow.conn.exec_driver_sql(
            f"UPDATE ingest.inbox SET received_at = now() - interval '{age_days} days'"  # noqa: S608 - a number of ours
        )
    for schedule in retention_schedules(bench.open_uow):
        await schedule.work()
    assert await bench.count(TABLES.inbox) == (1 if age_days == 29 else 0)
