"""Messages of a deleted workspace: dropped before any handler sees them, but in queues that take what is owed after it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import event

from libs.common import tombstones
from libs.common.contracts.envelope import Event
from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.ids import new_id
from libs.common.messaging.consumer import Subscription
from libs.common.messaging.lane import Decide, Letter
from libs.common.tombstones import Deleted
from libs.common.uow import Message, UnitOfWork, UnitOfWorkFactory
from tests.broker.common.parts import (
    EFFECTS,
    OTHER,
    TABLES,
    TENANT,
    WORK,
    Bench,
    created,
    envelope_of,
    open_workspace,
    prices,
)
from tests.support.waiting import eventually


async def bury(bench: Bench) -> None:
    """The tests' workspace is deleted."""
    async with bench.open_uow() as uow:
        await tombstones.bury(uow.conn, TABLES.deleted_workspaces, TENANT)


class _Calling:
    """A handler that calls out."""

    def __init__(self, open_uow: UnitOfWorkFactory) -> None:
        self._open_uow = open_uow

    async def __call__(self, event: WorkspaceCreated, *, message: Message) -> None:
        async with self._open_uow() as uow:
            await open_workspace(event, uow=uow, message=message)


@asynccontextmanager
async def _together(letters: Sequence[Letter[WorkspaceCreated]], uow: UnitOfWork) -> AsyncGenerator[Decide[Event]]:
    names = list[str]()

    def decide(letter: Letter[Event]) -> None:
        assert isinstance(letter.event, WorkspaceCreated)
        names.append(letter.event.name)

    yield decide
    del letters
    for name in names:
        await uow.conn.execute(EFFECTS.insert().values(name=name))


@pytest.mark.parametrize("way", ["alone", "together", "calling out"])
async def test_what_speaks_of_a_deleted_workspace_is_dropped(bench: Bench, way: str) -> None:
    """On each way a message takes. Red when a handler brings back what is erased, or when such a message dies or is kept."""
    subscription = {
        "alone": Subscription(WORK, open_workspace),
        "together": Subscription(WORK, open_workspace, together=_together),
        "calling out": Subscription(WORK, _Calling(bench.open_uow), calls_out=True),
    }[way]
    await bury(bench)
    await bench.deliver(created("of the deleted"))
    other = envelope_of(created("of another")).model_copy(update={"tenant_id": new_id()})
    async with bench.consuming(subscription):
        await bench.deliver(other)
        await eventually(lambda: _only(bench, "of another"))
    assert await bench.waiting_in(WORK) == 0
    assert await bench.effects() == ["of another"]
    assert await bench.count(TABLES.dead_letters) == 0


async def test_what_is_owed_after_a_deletion_is_taken_once(bench: Bench) -> None:
    """Delivered twice. Red when a queue that takes what is of the deleted drops it: credits would be held for ever."""
    await bury(bench)
    owed = envelope_of(created("owed"))
    async with bench.consuming(Subscription(WORK, open_workspace, of_the_deleted=True)):
        await bench.deliver(owed)
        await bench.deliver(owed)
        await eventually(lambda: _only(bench, "owed"))
        await eventually(lambda: _empty(bench))
    assert await bench.effects() == ["owed"]


async def test_what_waits_for_its_retry_is_dropped_when_the_workspace_is_deleted_meanwhile(bench: Bench) -> None:
    """Red when only a message's first delivery is looked at: what failed before the deletion would be done after it."""
    tried = asyncio.Event()

    async def fails(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
        if event.name == "again":
            tried.set()
            raise RuntimeError("not yet")
        await open_workspace(event, uow=uow, message=message)

    again = envelope_of(created("again"))
    async with bench.consuming(Subscription(WORK, fails)):
        await bench.deliver(again)
        await asyncio.wait_for(tried.wait(), 10)
        await eventually(lambda: _in_retry(bench))
        await bury(bench)
        await eventually(lambda: bench.open_uow.deleted.has(TENANT))
        tried.clear()
        await eventually(lambda: _retried(bench), within_s=15)
        await eventually(lambda: _empty(bench))
    assert not tried.is_set()
    assert await bench.count(TABLES.dead_letters) == 0


async def test_what_names_no_workspace_is_handled(bench: Bench) -> None:
    """Red when a tombstone bars what concerns everybody."""
    await bury(bench)

    async def note(_event: Event, *, uow: UnitOfWork, message: Message) -> None:
        await uow.conn.execute(EFFECTS.insert().values(name=message.envelope.type))

    everybodys = envelope_of(prices()).model_copy(update={"tenant_id": None})
    async with bench.consuming(Subscription(OTHER, note)):
        await bench.deliver(everybodys, queue=OTHER)
        await eventually(bench.effects)


async def test_the_set_of_the_deleted_is_read_once_a_second_however_many_ask(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when each message costs a query, when all that arrive at once read, or when a deletion is never heard of."""
    deleted, reads = Deleted(TABLES.deleted_workspaces, bench.open_uow.alone), list[str]()

    def counted(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        reads.extend([statement] if "deleted_workspaces" in statement else [])

    event.listen(bench.engine.sync_engine, "before_cursor_execute", counted)
    now = 0.0
    monkeypatch.setattr(tombstones, "monotonic", lambda: now)
    assert not any(await asyncio.gather(*(deleted.has(TENANT) for _ in range(200))))
    assert len(reads) == 1
    await bury(bench)
    reads.clear()
    assert not await deleted.has(TENANT)
    now = 1.5
    assert all(await asyncio.gather(*(deleted.has(TENANT) for _ in range(200))))
    assert not await deleted.has(None)
    assert len(reads) == 1


async def _only(bench: Bench, name: str) -> bool:
    return await bench.effects() == [name]


async def _empty(bench: Bench) -> bool:
    return await bench.waiting_in(WORK) == 0


async def _in_retry(bench: Bench) -> bool:
    return await bench.waiting_in("ingest.retry.5s") == 1


async def _retried(bench: Bench) -> bool:
    return await bench.waiting_in("ingest.retry.5s") == 0
