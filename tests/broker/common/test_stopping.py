"""A whole service starts and stops: no new work, what is in hand is finished or handed back, within its time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Sequence

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from libs.common.app import ServerMissing, ServiceSpec, create_app
from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.http.dependencies import Uow
from libs.common.messaging.consumer import Subscription
from libs.common.platform import Parts, Platform
from libs.common.uow import Message, UnitOfWork
from tests.broker.common.parts import OTHER, TABLES, TENANT, WORK, Bench, created, open_workspace, prices
from tests.support.waiting import PATIENCE_S, eventually


def service_of(bench: Bench, subscriptions: Sequence[Subscription], **settings: object) -> FastAPI:
    @contextlib.asynccontextmanager
    async def start(_: Platform) -> AsyncGenerator[Parts]:
        yield Parts(subscriptions=subscriptions)

    return create_app(
        ServiceSpec(
            settings=bench.settings.model_copy(update=settings),
            tables=TABLES,
            routers=[],
            start=start,
            title="A service",
            description="Of the tests.",
        )
    )


async def test_a_stop_lets_the_handler_in_hand_finish_and_takes_no_new_message(bench: Bench) -> None:
    """Graceful stop. Red when the stop cancels handlers at once, or goes on taking messages while it waits."""
    taken, go_on = asyncio.Event(), asyncio.Event()

    async def slow(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
        taken.set()
        await go_on.wait()
        await open_workspace(event, uow=uow, message=message)
        uow.publish(prices(), tenant_id=TENANT)

    app = service_of(bench, [Subscription(WORK, slow, prefetch=1)], shutdown_seconds=20)
    stopped = asyncio.Event()

    async def run() -> None:
        async with app.router.lifespan_context(app):
            await stopped.wait()

    running = asyncio.create_task(run())
    await bench.deliver(created("in hand"))
    await asyncio.wait_for(taken.wait(), PATIENCE_S)
    stopped.set()
    await eventually(lambda: app.state.platform.stopping.is_set())
    await bench.deliver(created("too late"))
    go_on.set()
    await asyncio.wait_for(running, PATIENCE_S)

    assert await bench.effects() == ["in hand"]
    assert b"too late" in (await bench.take(WORK)).body
    assert b"billing.prices.changed" in (await bench.take(OTHER)).body, "what it said on its way out is published"


async def test_a_handler_that_does_not_finish_is_let_go_and_its_message_redelivered(bench: Bench) -> None:
    """Within the time it has, never longer. Red when a hanging handler keeps the process, or its message is lost."""
    taken, ended = asyncio.Event(), list[str]()

    async def hangs(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
        taken.set()
        await open_workspace(event, uow=uow, message=message)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(event.name)

    app = service_of(bench, [Subscription(WORK, hangs)], shutdown_seconds=6)
    await bench.deliver(created())
    async with app.router.lifespan_context(app):
        await asyncio.wait_for(taken.wait(), PATIENCE_S)
        stopping_at = time.monotonic()
    assert time.monotonic() - stopping_at < 6
    assert ended == ["Acme"], "it does not go on by itself on a database that is being closed"
    assert await bench.effects() == []
    assert (await bench.take(WORK)).redelivered


async def test_readiness_says_what_is_missing_and_when_a_service_stops(bench: Bench) -> None:
    """No request is sent to a service that cannot serve it. Red when /readyz says yes before the migrations have run, or
    until the very end."""
    app = service_of(bench, [Subscription(WORK, open_workspace)])
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://s") as client:
        early = (await client.get("/readyz")).json()
        assert early["status"] == "waiting"
        assert "run the migrations" in early["missing"][0]

        async with bench.engine.begin() as conn:
            await conn.exec_driver_sql("CREATE TABLE ingest.alembic_version AS SELECT 'old' AS version_num")
            revision = app.state.platform.newest_revision
            await conn.execute(text("UPDATE ingest.alembic_version SET version_num = :new"), {"new": revision})
        assert (await client.get("/readyz")).json() == {"status": "ready", "missing": []}

        app.state.platform.stopping.set()
        late = await client.get("/readyz")
        assert (late.status_code, late.json()["missing"]) == (503, ["stopping"])


async def test_an_answer_is_sent_after_its_commit(bench: Bench) -> None:
    """One request, one transaction, committed before the answer. Red with FastAPI's default scope of dependencies."""
    app = service_of(bench, [])

    @app.post("/v1/things", status_code=201)
    async def make_thing(uow: Uow) -> dict[str, str]:  # pyright: ignore[reportUnusedFunction] - a route
        uow.publish(prices(), tenant_id=TENANT)
        return {}

    seen: list[int] = []

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            seen.append(await bench.count(TABLES.outbox))

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/things",
        "headers": [],
        "query_string": b"",
        "root_path": "",
    }
    async with app.router.lifespan_context(app):
        await app(scope, receive, send)  # pyright: ignore[reportArgumentType] - ASGI by hand
    assert seen == [1]


async def test_a_task_of_the_service_that_falls_over_is_started_again(bench: Bench) -> None:
    """Red when one exception ends the relay, the clock or a dispatcher for good."""
    runs = [0]

    async def stumbles() -> None:
        runs[0] += 1
        if runs[0] == 1:
            raise RuntimeError("stumbled")
        await asyncio.Event().wait()

    @contextlib.asynccontextmanager
    async def start(_: Platform) -> AsyncGenerator[Parts]:
        yield Parts(tasks=[stumbles])

    spec = ServiceSpec(bench.settings, TABLES, [], start, title="A service", description="Of the tests.")
    app = create_app(spec)
    async with app.router.lifespan_context(app):
        await eventually(lambda: runs == [2])


async def test_a_subscription_to_a_queue_nobody_declared_is_refused_at_start(bench: Bench) -> None:
    """Red when a misspelled queue is listened to in silence."""
    app = service_of(bench, [Subscription("ingest.no_such_use_case", open_workspace)])
    with pytest.raises(KeyError, match="no_such_use_case"):
        async with app.router.lifespan_context(app):
            raise AssertionError("it started")


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("database_url", "postgresql+asyncpg://me:hunter2@127.0.0.1:1/x", "Postgres cannot be used at 127.0.0.1:1"),
        ("rabbitmq_url", SecretStr("amqp://me:hunter2@127.0.0.1:1/"), "RabbitMQ cannot be used at 127.0.0.1:1"),
    ],
)
async def test_a_server_that_is_not_there_at_start_is_one_sentence(
    bench: Bench, setting: str, value: object, sentence: str
) -> None:
    """Which server, where, and which variable. Red when the driver's error is all there is, or shows a password."""
    app = service_of(bench, [], **{setting: value})
    with pytest.raises(ServerMissing, match=sentence) as caught:
        async with app.router.lifespan_context(app):
            raise AssertionError("it started")
    assert setting.upper() in str(caught.value)
    assert "hunter2" not in str(caught.value)
