"""`create_app`: HTTP edge, bus edge, relay, clock and probes of one service in one lifespan.

Stop is graceful: no new work, then what is in hand is finished or handed back within `SHUTDOWN_SECONDS`.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import structlog
from fastapi import APIRouter, FastAPI
from faststream.rabbit import RabbitBroker
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as ASGIMessage

from libs.common import metrics
from libs.common.db import check_connection_budget, make_engine
from libs.common.http import health, operations
from libs.common.http.problems import install_problem_handlers
from libs.common.listener import Listener
from libs.common.logs import configure_logs, get_logger
from libs.common.messaging.bus import Bus
from libs.common.messaging.consumer import Consumer, Subscription
from libs.common.messaging.delivery import Hands
from libs.common.messaging.relay import Relay
from libs.common.messaging.undertaker import Undertaker
from libs.common.migrations import newest_revision
from libs.common.platform import Parts, Platform
from libs.common.retention import retention_schedules
from libs.common.schedules import ScheduleRunner
from libs.common.settings import CommonSettings
from libs.common.signals import set_at_stop
from libs.common.tables import CommonTables
from libs.common.tracing import TRACEPARENT_HEADER, within_trace
from libs.common.uow import UnitOfWorkFactory

log = get_logger()

VERSION = "0.1.0"
StartParts = Callable[[Platform], AbstractAsyncContextManager[Parts]]
_RESTART_DELAY_S = 1
_LAST_PUBLISH_S = 3


@dataclass(frozen=True)
class ServiceSpec:
    """What makes one service: its settings, tables, routes, and `start`, which opens its clients and names its parts."""

    settings: CommonSettings
    tables: CommonTables
    routers: Sequence[APIRouter]
    start: StartParts
    title: str
    description: str
    openapi_url: str | None = "/openapi.json"
    """None for the gateway, which serves the merged document instead of its own."""


def create_app(spec: ServiceSpec) -> FastAPI:
    """Build the service's application. Nothing is opened before the lifespan starts."""
    app = FastAPI(
        title=spec.title,
        description=spec.description,
        version=VERSION,
        lifespan=lambda app: _lifespan(app, spec),
        docs_url=None,
        redoc_url=None,
        openapi_url=spec.openapi_url,
        separate_input_output_schemas=False,
    )
    install_problem_handlers(app)
    app.add_middleware(Observe, service=spec.settings.service)
    for router in (health.router, operations.router, *spec.routers):
        app.include_router(router)
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI, spec: ServiceSpec) -> AsyncGenerator[None]:
    settings = spec.settings
    configure_logs(service=settings.service, level=settings.log_level, fmt=settings.log_format)
    async with contextlib.AsyncExitStack() as stack:
        platform = await _open_platform(spec, stack)
        stack.enter_context(set_at_stop(platform.stopping))
        parts = await stack.enter_async_context(spec.start(platform))
        app.state.platform, app.state.parts = platform, parts
        broker, hands = make_broker(settings), Hands()
        attach(broker, parts.subscriptions, platform=platform, hands=hands)
        background = _Background(platform, parts)
        background.start()
        stack.push_async_callback(background.stop)
        stack.push_async_callback(_stop_broker, broker, hands, grace_s=grace_of(settings))
        await broker.start()
        app.state.broker = broker
        log.info("service.started", queues=[subscription.queue for subscription in parts.subscriptions])
        try:
            yield
        finally:
            platform.stopping.set()
            log.info("service.stopping")


async def _open_platform(spec: ServiceSpec, stack: contextlib.AsyncExitStack) -> Platform:
    settings = spec.settings
    engine = make_engine(settings.database_url, pool_size=settings.db_pool_size, service=settings.service)
    stack.push_async_callback(_dispose, engine)
    async with engine.connect() as conn:
        await check_connection_budget(conn, pool_size=settings.db_pool_size)
    listener = Listener(settings.database_url, service=settings.service)
    stack.push_async_callback(listener.stop)
    await listener.start()
    bus = Bus(settings.rabbitmq_url.get_secret_value(), service=settings.service)
    stack.push_async_callback(bus.close)
    await bus.connect()
    open_uow = UnitOfWorkFactory(engine, spec.tables)
    open_uow.transient_sink = bus.publish_transient
    revision = newest_revision(settings.service)
    return Platform(settings, engine, open_uow, bus, listener, asyncio.Event(), revision)


async def _dispose(engine: AsyncEngine) -> None:
    await engine.dispose()


def grace_of(settings: CommonSettings) -> float:
    """How long handlers may go on once we are told to stop. The rest of `shutdown_seconds` is for the relay and the pools."""
    return max(settings.shutdown_seconds - 5, 1)


def make_broker(settings: CommonSettings) -> RabbitBroker:
    """The consuming side. At a stop it takes no new message and waits for its handlers (`_stop_broker` bounds that)."""
    return RabbitBroker(
        settings.rabbitmq_url.get_secret_value(),
        graceful_timeout=grace_of(settings) + 1,
        reconnect_interval=1.0,
        apply_types=False,
        logger=None,
        app_id=settings.service,
    )


def attach(
    broker: RabbitBroker, subscriptions: Sequence[Subscription], *, platform: Platform, hands: Hands | None = None
) -> None:
    """Register each subscription and its dead queue."""
    for subscription in subscriptions:
        Consumer(subscription, open_uow=platform.open_uow, bus=platform.bus, hands=hands).attach(broker)
        Undertaker(subscription, open_uow=platform.open_uow, hands=hands).attach(broker)


async def _stop_broker(broker: RabbitBroker, hands: Hands, *, grace_s: float) -> None:
    """Handlers may finish within the grace; what is then still in hand is let go while its connection lives."""

    def let_go() -> None:
        if count := hands.let_go():
            log.warning("service.let_go", messages=count, note="they are redelivered")

    timer = asyncio.get_running_loop().call_later(grace_s, let_go)
    try:
        async with asyncio.timeout(grace_s + 3):
            await broker.stop()
    except TimeoutError:
        log.warning("service.stopped_late", note="what was in hand is redelivered")
    finally:
        timer.cancel()


class _Background:
    """The relay, the clock and the service's own tasks. One that falls over is started again, visibly."""

    def __init__(self, platform: Platform, parts: Parts) -> None:
        service = platform.settings.service
        relay = Relay(service=service, open_uow=platform.open_uow, bus=platform.bus, listener=platform.listener)
        schedules = [*parts.schedules, *retention_schedules(platform.open_uow)]
        runner = ScheduleRunner(service=service, schedules=schedules, open_uow=platform.open_uow)
        self._work: list[Callable[[], Awaitable[None]]] = [runner.run, *parts.tasks]
        self._relay = relay
        self._tasks: list[asyncio.Task[None]] = []
        self._relaying: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._relaying = asyncio.create_task(_keep_running(self._relay.run))
        self._tasks = [asyncio.create_task(_keep_running(work)) for work in self._work]

    async def stop(self) -> None:
        """The relay goes last, so that what the others have said on their way out is published."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._relaying is not None:
            self._relay.stop()
            await asyncio.wait([self._relaying], timeout=_LAST_PUBLISH_S)
            self._relaying.cancel()
            await asyncio.gather(self._relaying, return_exceptions=True)


async def _keep_running(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except Exception as error:
            log.exception("task.fell_over", task=getattr(work, "__qualname__", str(work)), error=str(error))
        else:
            return
        await asyncio.sleep(_RESTART_DELAY_S)


class Observe:
    """Counts and times every answer. Plain ASGI, so that streams pass through untouched."""

    def __init__(self, app: ASGIApp, *, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, headers = time.perf_counter(), 500, Headers(scope=scope)
        context = structlog.contextvars.bound_contextvars(request_id=headers.get("X-Request-Id", ""))

        async def send_and_look(message: ASGIMessage) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with context, within_trace(headers.get(TRACEPARENT_HEADER)):
            try:
                await self._app(scope, receive, send_and_look)
            finally:
                route = getattr(scope.get("route"), "path", "unmatched")
                metrics.HTTP_REQUESTS.labels(self._service, scope["method"], route, str(status)).inc()
                metrics.HTTP_SECONDS.labels(self._service, route).observe(time.perf_counter() - started)
