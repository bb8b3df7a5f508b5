"""The database: what counts as its absence, what is refused at start, and how NOTIFY wakes tasks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from libs.common import db
from libs.common.db import DatabaseUnavailable, check_connection_budget, is_database_outage, make_engine
from libs.common.errors import Conflict
from libs.common.listener import Listener, prove_that_notify_arrives
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWorkFactory
from tests.integration.common.conftest import COMMON
from tests.support.cable import Cable, cable_to
from tests.support.waiting import PATIENCE_S, eventually


@pytest.fixture
async def cable(empty_database: str) -> AsyncGenerator[Cable]:
    async with cable_to(empty_database) as plugged_in:
        yield plugged_in


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1/0", "SELECT no_such_column", "SELECT pg_sleep(5)", "INSERT INTO ingest.outbox (id) VALUES (NULL)"],
)
async def test_our_own_mistakes_are_not_taken_for_an_outage(open_uow: UnitOfWorkFactory, statement: str) -> None:
    """An outage counts no attempt, so that a mistake taken for one would be tried for ever. Red when any database error
    (a statement that is cancelled for taking too long among them) is an outage."""

    async def run() -> None:
        async with open_uow() as uow:
            await uow.conn.execute(text("SET LOCAL statement_timeout = 100"))
            await uow.conn.execute(text(statement))

    with pytest.raises(DBAPIError) as caught:
        await run()
    assert not is_database_outage(caught.value)


async def test_a_misused_connection_is_our_mistake_and_a_closed_one_is_an_outage(empty_database: str) -> None:
    """The driver says both with one class. Red when the class decides."""
    conn = await asyncpg.connect(empty_database)
    misused = await asyncio.gather(*(conn.fetch("SELECT pg_sleep(0.1)") for _ in range(2)), return_exceptions=True)
    (mistake,) = [error for error in misused if isinstance(error, asyncpg.InterfaceError)]
    assert not is_database_outage(mistake)
    await conn.close()
    with pytest.raises(asyncpg.InterfaceError) as closed:
        await conn.fetch("SELECT 1")
    assert is_database_outage(closed.value)


async def test_a_server_whose_name_is_not_known_is_an_outage() -> None:
    """Red when only a refused connection is: a name server that is away is no handler's failure."""
    engine = make_engine("postgresql+asyncpg://nobody@nowhere.invalid/x", pool_size=1, service="ingest")
    open_uow = UnitOfWorkFactory(engine, COMMON)

    async def run() -> None:
        async with open_uow():
            raise AssertionError("it was reached")

    with pytest.raises(DatabaseUnavailable):
        await run()
    await engine.dispose()


async def test_a_connection_that_breaks_inside_a_transaction_is_an_outage(cable: Cable) -> None:
    """Red when it surfaces as some driver error: each edge would have to know them all."""
    engine = make_engine(normalise_database_url(cable.url), pool_size=1, service="ingest")
    open_uow = UnitOfWorkFactory(engine, COMMON)

    async def run() -> None:
        async with open_uow() as uow:
            await uow.conn.execute(text("SELECT 1"))
            cable.cut()
            await uow.conn.execute(text("SELECT 1"))

    with pytest.raises(DatabaseUnavailable):
        await run()
    async with open_uow() as uow:
        assert (await uow.conn.execute(text("SELECT 1"))).scalar_one() == 1, "the pool has made a new connection"
    await engine.dispose()


async def test_a_connection_that_breaks_at_rest_is_replaced(cable: Cable) -> None:
    """Postgres was restarted while nobody used the pool. Red when the first one to use it hears of an outage."""
    engine = make_engine(normalise_database_url(cable.url), pool_size=1, service="ingest")
    open_uow = UnitOfWorkFactory(engine, COMMON)
    async with open_uow() as uow:
        raw = await uow.conn.get_raw_connection()
        driver = raw.driver_connection
    assert driver is not None
    cable.cut()
    await eventually(driver.is_closed)
    async with open_uow() as uow:
        assert (await uow.conn.execute(text("SELECT 1"))).scalar_one() == 1
    await engine.dispose()


async def test_after_a_long_rest_a_connection_is_asked_whether_it_still_leads_anywhere(
    cable: Cable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something on the way can forget a connection and tell nobody. Red when only what the driver knows is looked at."""
    monkeypatch.setattr(db, "_RESTED_S", 0.0)
    engine = make_engine(normalise_database_url(cable.url), pool_size=1, service="ingest")
    open_uow = UnitOfWorkFactory(engine, COMMON)
    async with open_uow() as uow:
        await uow.conn.execute(text("SELECT 1"))
    cable.cut()  # Nothing is awaited before the next use, so that the driver has not heard of it.
    async with open_uow() as uow:
        assert (await uow.conn.execute(text("SELECT 1"))).scalar_one() == 1
    await engine.dispose()


async def test_a_server_that_refuses_is_an_outage_and_found_again(cable: Cable) -> None:
    engine = make_engine(normalise_database_url(cable.url), pool_size=1, service="ingest")
    open_uow = UnitOfWorkFactory(engine, COMMON)

    async def run() -> None:
        async with open_uow() as uow:
            await uow.conn.execute(text("SELECT 1"))

    await run()
    await cable.unplug()
    with pytest.raises(DatabaseUnavailable):
        await run()
    with pytest.raises(DatabaseUnavailable):
        await run()
    await cable.plug_in()
    await run()
    await engine.dispose()


async def test_no_connection_to_be_had_is_an_outage(empty_database: str) -> None:
    """Red when an exhausted pool costs a message an attempt."""
    engine = make_engine(normalise_database_url(empty_database), pool_size=1, service="ingest")
    engine.sync_engine.pool._timeout = 0.1  # pyright: ignore[reportAttributeAccessIssue] - 30 s in production
    open_uow = UnitOfWorkFactory(engine, COMMON)

    async def one_more() -> None:
        async with open_uow():
            raise AssertionError("there was a second connection")

    async with open_uow():
        with pytest.raises(DatabaseUnavailable):
            await one_more()
    await engine.dispose()


async def test_errors_do_not_repeat_the_values_of_a_statement(open_uow: UnitOfWorkFactory) -> None:
    """They go into logs and dead letters. Red when the engine shows its parameters."""

    async def run() -> None:
        async with open_uow() as uow:
            await uow.conn.execute(
                text("SELECT 1 / CAST(:n AS integer), :secret ::text"), {"n": 0, "secret": "hunter2"}
            )

    with pytest.raises(DBAPIError) as caught:
        await run()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(("pool_size", "fits"), [(8, True), (100, False)])
async def test_a_pool_that_would_ask_too_much_of_the_server_is_refused_at_start(
    open_uow: UnitOfWorkFactory, pool_size: int, *, fits: bool
) -> None:
    """Services × pool ≤ what the server allows. Red without the check: the last service to start would find no place."""
    async with open_uow() as uow:
        if fits:
            await check_connection_budget(uow.conn, pool_size=pool_size)
        else:
            with pytest.raises(Conflict, match="lower DB_POOL_SIZE"):
                await check_connection_budget(uow.conn, pool_size=pool_size)


async def test_a_pooler_that_swallows_notify_is_refused_with_that_sentence(empty_database: str) -> None:
    """A transaction-mode pooler takes LISTEN on one server connection and sends NOTIFY to another. Red without the proof
    at start: every wake-up would silently be a poll. (The pooler is a notify that does not arrive.)"""
    listener = Listener(normalise_database_url(empty_database), service="ingest")
    await listener.start()

    async def swallowed(_channel: str) -> None:
        return

    with pytest.raises(Conflict, match="transaction-mode pooler"):
        await prove_that_notify_arrives(listener, notify=swallowed, channel="probe", within_s=0.2)
    await listener.stop()


async def test_many_tasks_come_and_go_on_one_listener(empty_database: str) -> None:
    """A connection does one thing at a time, and channels of jobs are many. Red when two LISTEN at once, when a channel
    nobody waits for stays listened to, or when one waiter's leaving deafens another."""
    listener = Listener(normalise_database_url(empty_database), service="ingest")
    await listener.start()

    async def wait_for(no: int) -> None:
        async with listener.wait_for(f"job_{no % 10}") as heard:
            started.append(no)
            await asyncio.wait_for(heard.wait(), PATIENCE_S)

    started: list[int] = []
    waiting = [asyncio.create_task(wait_for(no)) for no in range(50)]
    await eventually(lambda: len(started) == 50)
    database = await asyncpg.connect(empty_database)
    for no in range(10):
        await database.execute("SELECT pg_notify($1, '')", f"job_{no}")
    await asyncio.gather(*waiting)
    await database.close()
    assert listener.channels == frozenset()
    await listener.stop()


async def test_a_listener_whose_connection_breaks_hears_again(cable: Cable, empty_database: str) -> None:
    """And whoever waits is woken once, for what may have been missed. Red when it stays deaf."""
    listener = Listener(normalise_database_url(cable.url), service="ingest")
    await listener.start()
    async with listener.wait_for("jobs") as heard:
        heard.clear()
        cable.cut()
        await asyncio.wait_for(heard.wait(), PATIENCE_S)
        heard.clear()
        database = await asyncpg.connect(empty_database)
        await database.execute("SELECT pg_notify('jobs', '')")
        await asyncio.wait_for(heard.wait(), PATIENCE_S)
        await database.close()
    await listener.stop()


async def test_a_statement_alone_is_committed_by_itself(open_uow: UnitOfWorkFactory) -> None:
    """Without a transaction around it. Red when what `alone` ran is rolled back with its connection, or leaks into the next."""
    async with open_uow.alone() as conn:
        await conn.execute(text("CREATE TABLE ingest.alone (no int)"))
        await conn.execute(text("INSERT INTO ingest.alone VALUES (1)"))

    async def fail_after_writing() -> None:
        async with open_uow() as uow:
            await uow.conn.execute(text("INSERT INTO ingest.alone VALUES (2)"))
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        await fail_after_writing()
    async with open_uow.alone() as conn:
        assert list((await conn.execute(text("SELECT no FROM ingest.alone"))).scalars()) == [1]


async def test_a_statement_alone_meets_an_outage_as_a_transaction_does(cable: Cable) -> None:
    """Loops wait it out by its name. Red when `alone` lets the driver's error through."""
    engine = make_engine(normalise_database_url(cable.url), pool_size=1, service="ingest")
    open_uow = UnitOfWorkFactory(engine, COMMON)

    async def look(*, cut: bool = False) -> None:
        async with open_uow.alone() as conn:
            await conn.execute(text("SELECT 1"))
            if cut:
                cable.cut()
                await conn.execute(text("SELECT 1"))

    with pytest.raises(DatabaseUnavailable):
        await look(cut=True)
    await cable.unplug()
    with pytest.raises(DatabaseUnavailable):
        await look()
    await cable.plug_in()
    await look()
    await engine.dispose()
