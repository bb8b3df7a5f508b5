"""Websites in the database: read once for everyone, believed for a time, and let go when their reader vanishes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

from libs.common.clock import utc_now
from libs.common.db import DatabaseUnavailable, make_engine
from libs.common.listener import Listener
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWork, UnitOfWorkFactory
from services.enrich.domain.sites.website import Page, Website, WebsiteStatus
from services.enrich.in_flight.websites import LEASE_S, Websites
from services.enrich.repositories import websites as repository
from services.enrich.repositories.websites import SiteKey
from services.enrich.tables import COMMON, company_websites
from services.enrich.use_cases.sweep_websites import KEEP, sweep_websites
from tests.support.waiting import PATIENCE_S, eventually

ACME = SiteKey("acme.example", sandboxed=False)


def site(key: SiteKey = ACME, *, status: WebsiteStatus = "read", whole: bool = True) -> Website:
    pages = (Page("home", f"https://{key.domain}/", "Acme", "Öl – Acme makes oil."),) if status == "read" else ()
    return Website(
        key.domain, status, utc_now(), pages=pages, reason="" if pages else "Why.", sandboxed=key.sandboxed, whole=whole
    )


class Cable(UnitOfWorkFactory):
    """The way to the database, which a test can cut, or hold up right after a commit."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine, COMMON)
        self.cut = False
        self.open = asyncio.Event()
        self.open.set()
        self.committed = asyncio.Event()

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncGenerator[UnitOfWork]:
        if self.cut:
            raise DatabaseUnavailable("cut")
        async with super().__call__() as uow:
            yield uow
        self.committed.set()
        await self.open.wait()


class Replica:
    """One process's cache, its own connections and its own loop of work, which a test can stop."""

    def __init__(self, engine: AsyncEngine, listener: Listener, *, lease_s: float) -> None:
        self.engine = engine
        self.open_uow = UnitOfWorkFactory(engine, COMMON)
        self.cable = Cable(engine)
        self.cache = Websites(self.cable, listener, lease_s=lease_s)
        self._task = asyncio.create_task(self.cache.run())

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def die(self) -> None:
        """Without a last word."""
        self.cable.cut = True
        await self.stop()

    async def take(self, key: SiteKey = ACME, *, within_s: float = 20) -> Website | None:
        return await self.cache.take(key, within_s=within_s)

    async def column(self, name: str) -> object:
        async with self.open_uow() as uow:
            return (await uow.conn.execute(select(company_websites.c[name]))).scalar_one_or_none()

    async def leased_until(self) -> datetime:
        async with self.open_uow() as uow:
            return (await uow.conn.execute(select(company_websites.c.lease_until))).scalar_one()

    async def believed_s(self) -> float:
        """For how long from now, by the database's clock."""
        async with self.open_uow() as uow:
            left = func.extract("epoch", company_websites.c.fresh_until - func.clock_timestamp())
            return float((await uow.conn.execute(select(left))).scalar_one())

    async def later(self, passed: timedelta) -> None:
        """As if so much time had passed since everything that is stored."""
        async with self.open_uow() as uow:
            table = company_websites
            await uow.conn.execute(
                update(table).values(fresh_until=table.c.fresh_until - passed, lease_until=table.c.lease_until - passed)
            )

    async def rows(self) -> int:
        async with self.open_uow() as uow:
            return (await uow.conn.execute(select(func.count()).select_from(company_websites))).scalar_one()


@contextlib.asynccontextmanager
async def replica_on(database: str, *, lease_s: float = LEASE_S) -> AsyncGenerator[Replica]:
    url = normalise_database_url(database)
    engine = make_engine(url, pool_size=4, service="enrich")
    listener = Listener(url, service="enrich")
    await listener.start()
    replica = Replica(engine, listener, lease_s=lease_s)
    try:
        yield replica
    finally:
        await replica.stop()
        await listener.stop()
        await engine.dispose()


@pytest.fixture
async def one(database: str) -> AsyncGenerator[Replica]:
    async with replica_on(database) as replica:
        yield replica


@pytest.fixture
async def other(database: str) -> AsyncGenerator[Replica]:
    async with replica_on(database) as replica:
        yield replica


async def test_a_site_is_read_by_one_of_two_hundred_who_ask_on_two_replicas(one: Replica, other: Replica) -> None:
    """Red when two read the same site, or one who waits gets nothing."""
    readers = 0

    async def row(replica: Replica) -> Website:
        nonlocal readers
        known = await replica.take()
        if known is not None:
            return known
        readers += 1
        replica.cache.put(site())
        return site()

    asked = [asyncio.create_task(row(one if number % 2 else other)) for number in range(200)]
    began = time.monotonic()
    found = await asyncio.gather(*asked)
    assert readers == 1
    assert {website.pages for website in found} == {site().pages}
    assert time.monotonic() - began < LEASE_S


async def test_what_is_stored_comes_back_as_it_was(one: Replica, other: Replica) -> None:
    """Red when a field is lost on the way through the database."""
    assert await one.take() is None
    told = site(whole=False)
    one.cache.put(told)
    assert await other.take() == told
    assert await one.take() == told


@pytest.mark.parametrize(
    ("website", "believed"),
    [
        (site(), timedelta(days=7)),
        (site(whole=False), timedelta(days=1)),
        (site(status="missing"), timedelta(days=1)),
        (site(status="refused"), timedelta(days=1)),
        (site(status="away"), timedelta(minutes=10)),
    ],
)
async def test_a_site_is_believed_for_its_time_and_then_read_again(
    one: Replica, website: Website, believed: timedelta
) -> None:
    """Red when a site that was down for a minute stays unread for a week, or a wrong name is looked up for each row."""
    assert await one.take() is None
    one.cache.put(website)
    assert await one.take() == website
    assert abs(await one.believed_s() - believed.total_seconds()) < 60
    await one.later(believed - timedelta(minutes=1))
    assert await one.take() == website
    await one.later(timedelta(minutes=2))
    assert await one.take() is None


async def test_what_the_sandbox_invents_is_not_taken_for_the_real_site(one: Replica) -> None:
    """Red when pages of the sandbox are served once real keys are set."""
    assert await one.take(SiteKey("acme.example", sandboxed=True)) is None
    one.cache.put(site(SiteKey("acme.example", sandboxed=True)))
    assert await one.take(SiteKey("acme.example", sandboxed=True)) is not None
    assert await one.take(SiteKey("acme.example", sandboxed=False)) is None


async def test_who_gives_up_lets_the_next_one_read(one: Replica, other: Replica) -> None:
    """Red when a row that is cancelled while it reads keeps the site from everyone until its lease runs out."""
    assert await one.take() is None
    waiting = [asyncio.create_task(replica.take()) for replica in (one, other, other)]
    one.cache.give_up(ACME)
    done, left = await asyncio.wait(waiting, timeout=LEASE_S - 1, return_when=asyncio.FIRST_COMPLETED)
    assert [task.result() for task in done] == [None]
    (one if done & {waiting[0]} else other).cache.put(site())
    assert all(await asyncio.gather(*left))


async def test_a_dead_readers_site_is_read_by_another_when_the_lease_has_run_out(database: str, other: Replica) -> None:
    """Red when a site stays claimed for good by a process that has been killed."""
    assert LEASE_S <= 15
    async with replica_on(database, lease_s=0.6) as dying:
        assert await dying.take() is None
        await dying.die()
        began = time.monotonic()
        assert await other.take(within_s=LEASE_S - 1) is None
        assert time.monotonic() - began < LEASE_S
        other.cache.put(site())


async def test_a_slow_reader_keeps_its_site(database: str, other: Replica) -> None:
    """Red when the lease is not renewed while the site is read: then two would read it."""
    async with replica_on(database, lease_s=0.6) as slow:
        assert await slow.take() is None
        claimed_until = await slow.leased_until()

        async def is_renewed() -> bool:
            return await slow.leased_until() > claimed_until + timedelta(seconds=1)

        await eventually(is_renewed)
        slow.cache.put(site())
        assert await other.take() is not None


async def test_who_has_lost_his_lease_does_not_overwrite_what_the_next_has_found(database: str, other: Replica) -> None:
    """Red when a process that was stopped for a while stores its old pages over newer ones."""
    async with replica_on(database, lease_s=0.6) as stopped:
        assert await stopped.take() is None
        holder = UUID(str(await stopped.column("holder")))
        await stopped.die()
        assert await other.take(within_s=LEASE_S - 1) is None
        other.cache.put(site())
        await eventually(lambda: other.column("status"))
        async with stopped.open_uow() as uow:
            late = site(status="away")
            await repository.store(uow.conn, [(late, timedelta(days=1))], holder=holder)
        assert await other.column("status") == "read"


async def test_a_row_that_is_cancelled_while_it_waits_holds_nothing(one: Replica) -> None:
    """Red when the reading is given to somebody who has gone."""
    gone = [asyncio.create_task(one.take()) for _ in range(20)]
    for task in gone:
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    assert await one.take(within_s=LEASE_S - 1) is None


async def test_a_row_that_is_cancelled_while_the_site_is_claimed_for_it_holds_nothing(one: Replica) -> None:
    """Red when nobody reads a site that was claimed for a row that has gone meanwhile, until the lease runs out."""
    one.cable.open.clear()
    gone = asyncio.create_task(one.take())
    await asyncio.wait_for(one.cable.committed.wait(), PATIENCE_S)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    one.cable.open.set()
    assert await one.take(SiteKey("other.example", sandboxed=False)) is None
    assert await one.take(within_s=LEASE_S - 1) is None


async def test_at_shutdown_what_was_read_is_stored_and_what_was_not_is_left_to_others(
    database: str, other: Replica
) -> None:
    """Red when a restart forgets pages that were paid for, or others wait for a lease that nobody needs."""
    unread = SiteKey("other.example", sandboxed=False)
    async with replica_on(database) as leaving:
        assert await leaving.take() is None
        assert await leaving.take(unread) is None
        leaving.cache.put(site())
        await leaving.stop()
    assert await other.take() == await other.take()
    began = time.monotonic()
    assert await other.take(unread) is None
    assert time.monotonic() - began < LEASE_S


async def test_while_the_database_is_away_those_who_ask_wait_for_it(one: Replica) -> None:
    """Red when an outage counts as a site that cannot be read, or ends the loop."""
    assert await one.take() is None
    one.cable.cut = True
    one.cache.put(site())
    asked = asyncio.create_task(one.take(SiteKey("other.example", sandboxed=False)))
    await asyncio.wait([asked], timeout=0.3)
    assert not asked.done()
    one.cable.cut = False
    assert await asked is None
    assert await one.take() is not None


async def test_a_fault_of_ours_is_heard_by_those_who_ask_and_ends_nothing(one: Replica) -> None:
    """Red when a statement that the database refuses leaves every row waiting."""
    with pytest.raises(asyncpg.PostgresError):
        await one.take(SiteKey("nul\0.example", sandboxed=False))
    assert await one.take() is None


async def test_the_sites_of_a_chunk_cost_one_statement(one: Replica) -> None:
    """Red when each row of a chunk asks the database by itself."""
    keys = [SiteKey(f"firm{number}.example", sandboxed=False) for number in range(50)]
    assert set(await asyncio.gather(*map(one.take, keys))) == {None}
    for key in keys:
        one.cache.put(site(key))
    assert await one.take(keys[0]) is not None
    statements: list[str] = []

    def note(logged: Any) -> None:
        statements.append(logged.query)

    def watch(_connection: object, entry: ConnectionPoolEntry, _proxy: object) -> None:
        assert isinstance(entry.driver_connection, asyncpg.Connection)
        entry.driver_connection.add_query_logger(note)

    event.listen(one.engine.sync_engine, "checkout", watch)
    assert None not in await asyncio.gather(*map(one.take, keys))
    event.remove(one.engine.sync_engine, "checkout", watch)
    assert sum("company_websites" in statement for statement in statements) == 1


async def test_old_sites_are_swept_and_no_others(one: Replica) -> None:
    """Red when the table grows for ever, or a believed site or one that is being read goes."""
    assert await one.take() is None
    one.cache.put(site())
    assert await one.take() is not None
    assert await sweep_websites(one.open_uow) == 0
    await one.later(timedelta(days=7) + KEEP - timedelta(hours=1))
    assert await sweep_websites(one.open_uow) == 0
    await one.later(timedelta(hours=2))
    assert await sweep_websites(one.open_uow) == 1
    assert await one.rows() == 0
