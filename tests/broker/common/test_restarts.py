"""Servers that crash and come back: relay, bus, consumers and listener recover by themselves, and nothing is lost or dead.

On a private pair of servers: those that the other tests share are not ours to restart.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import pytest

from deploy.local.stack import LocalStack
from libs.common.app import ServiceSpec, create_app
from libs.common.messaging.consumer import Subscription
from libs.common.platform import Parts, Platform
from tests.broker.common.parts import EFFECTS, TABLES, WORK, Bench, bench_on, created, open_workspace
from tests.support.stack import state_folder
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def stack() -> AsyncGenerator[LocalStack]:
    with state_folder() as folder:
        async with LocalStack(folder, services=(), fsync=False) as running:
            yield running


@pytest.fixture
async def platform(stack: LocalStack) -> AsyncGenerator[tuple[Bench, Platform]]:
    """A whole service on the private pair, and a bench to look at it with."""
    opened: list[Platform] = []

    @contextlib.asynccontextmanager
    async def start(platform: Platform) -> AsyncGenerator[Parts]:
        opened.append(platform)
        yield Parts(subscriptions=[Subscription(WORK, open_workspace, max_attempts=1)])

    async with bench_on(stack.database_url, stack.rabbitmq_url) as bench:
        async with bench.open_uow() as uow:
            await uow.conn.execute(EFFECTS.delete())
        app = create_app(ServiceSpec(bench.settings, TABLES, [], start, title="A service", description="Of the tests."))
        async with app.router.lifespan_context(app):
            yield bench, opened[0]


async def _effects(bench: Bench, names: list[str]) -> bool:
    return sorted(await bench.effects()) == names


async def _in_order(bench: Bench) -> None:
    """Nothing died, nothing is left."""
    assert await bench.count(TABLES.dead_letters) == 0
    await eventually(lambda: _all_published(bench))


async def _all_published(bench: Bench) -> bool:
    return all(row["published_at"] is not None for row in await bench.rows(TABLES.outbox))


async def test_a_broker_that_crashes_and_comes_back_is_found_again(
    stack: LocalStack, platform: tuple[Bench, Platform]
) -> None:
    """Red when bus or consumers need a restart of the process, when what was said meanwhile is lost, or when the wait for
    the broker's return grows with its absence."""
    bench, running = platform
    await bench.say(created("1 before"))
    await eventually(lambda: _effects(bench, ["1 before"]))

    restarting = asyncio.create_task(stack.restart_rabbitmq(crash=True))
    await eventually(lambda: not running.bus.is_connected)
    await bench.say(created("2 meanwhile"))
    await restarting

    await bench.say(created("3 after"))
    await eventually(lambda: _effects(bench, ["1 before", "2 meanwhile", "3 after"]))
    await _in_order(bench)


async def test_a_database_that_crashes_and_comes_back_is_found_again(
    stack: LocalStack, platform: tuple[Bench, Platform]
) -> None:
    """Red when the pool keeps dead connections, the listener stays deaf, or an outage counts as an attempt: there is one."""
    bench, running = platform
    await bench.say(created("1 before"))
    await eventually(lambda: _effects(bench, ["1 before"]))

    restarting = asyncio.create_task(stack.restart_postgres(crash=True))
    await bench.deliver(created("2 meanwhile"))
    await restarting

    async with running.listener.wait_for("a_channel") as heard:
        await eventually(lambda: _notified(bench, heard))
    await bench.say(created("3 after"))
    await eventually(lambda: _effects(bench, ["1 before", "2 meanwhile", "3 after"]))
    await _in_order(bench)


async def _notified(bench: Bench, heard: asyncio.Event) -> bool:
    async with bench.open_uow() as uow:
        uow.notify("a_channel")
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(heard.wait(), timeout=0.5)
    return heard.is_set()
