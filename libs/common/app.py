"""`create_app`: HTTP edge, bus edge, relay, clock and probes of one service in one lifespan.

Stop is graceful: no new work, then what is in hand is finished or handed back within `SHUTDOWN_SECONDS`.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiormq
import asyncpg
from fastapi import APIRouter, FastAPI
from faststream.rabbit import RabbitBroker
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.background import Background
from libs.common.db import check_connection_budget, make_engine
from libs.common.errors import Transient
from libs.common.garbage import FEW_IN_FLIGHT, seldom_collected
from libs.common.half_restored import check_restored
from libs.common.http import health, operations
from libs.common.http.etags import NotModified
from libs.common.http.idempotency import answer_again
from libs.common.http.observe import Observe
from libs.common.http.operation_names import operation_id
from libs.common.http.problems import install_problem_handlers
from libs.common.listener import Listener
from libs.common.logs import configure_logs, get_logger
from libs.common.messaging.bus import Bus
from libs.common.messaging.consumer import Consumer, Subscription
from libs.common.messaging.delivery import Hands
from libs.common.messaging.undertaker import Undertaker
from libs.common.platform import Parts, Platform
from libs.common.repeats import AnsweredBefore
from libs.common.revisions import newest_revision
from libs.common.settings import CommonSettings
from libs.common.signals import set_at_stop
from libs.common.tables import CommonTables
from libs.common.uow import UnitOfWorkFactory

log = get_logger()

VERSION = "0.1.0"
StartParts = Callable[[Platform], AbstractAsyncContextManager[Parts]]


class ServerMissing(Transient):
    """Postgres or RabbitMQ is not to be had at start."""

    code = "server_missing"


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
    collected_every: int = FEW_IN_FLIGHT
    """Container objects between two collections of the young (`libs.common.garbage`)."""


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
        # A redirect would name the address that a service has inside, to somebody who asked the gateway.
        redirect_slashes=False,
        separate_input_output_schemas=False,
        generate_unique_id_function=operation_id,
    )
    install_problem_handlers(app)
    app.add_exception_handler(AnsweredBefore, answer_again)
    app.add_middleware(NotModified)
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
        background = Background(platform, parts)
        background.start()
        stack.push_async_callback(background.stop)
        stack.push_async_callback(_stop_broker, broker, hands, grace_s=grace_of(settings))
        await broker.start()
        app.state.broker = broker
        stack.enter_context(seldom_collected(spec.collected_every))
        log.info("service.started", queues=[subscription.queue for subscription in parts.subscriptions])
        try:
            yield
        finally:
            platform.stopping.set()
            log.info("service.stopping")


async def _open_platform(spec: ServiceSpec, stack: contextlib.AsyncExitStack) -> Platform:
    settings = spec.settings
    broker_url = settings.rabbitmq_url.get_secret_value()
    engine = make_engine(settings.database_url, pool_size=settings.db_pool_size, service=settings.service)
    stack.push_async_callback(_dispose, engine)
    listener = Listener(settings.database_url, service=settings.service)
    stack.push_async_callback(listener.stop)
    with _named("Postgres", settings.database_url, variable="DATABASE_URL"):
        async with engine.connect() as conn:
            await check_connection_budget(conn, pool_size=settings.db_pool_size)
            await check_restored(conn, schema=settings.service)
        await listener.start()
    bus = Bus(broker_url, service=settings.service)
    stack.push_async_callback(bus.close)
    with _named("RabbitMQ", broker_url, variable="RABBITMQ_URL"):
        await bus.connect()
    open_uow = UnitOfWorkFactory(engine, spec.tables)
    open_uow.transient_sink = bus.publish_transient
    revision = newest_revision(settings.service)
    return Platform(settings, engine, open_uow, bus, listener, asyncio.Event(), revision)


@contextlib.contextmanager
def _named(server: str, url: str, *, variable: str) -> Generator[None]:
    """A server that is not there at start is one sentence with what to do. Passwords stay out of it."""
    try:
        yield
    except (OSError, DBAPIError, asyncpg.PostgresError, aiormq.AMQPError) as error:
        address = urlsplit(url)
        msg = (
            f"{server} cannot be used at {address.hostname}:{address.port} ({type(error).__name__}: {error}):"
            f" start it, or correct {variable}"
        )
        log.error("service.not_started", reason=msg)  # noqa: TRY400 - the sentence, before the server's traceback
        raise ServerMissing(msg) from error


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
        async with asyncio.timeout(grace_s + 2):
            await broker.stop()
    except TimeoutError:
        log.warning("service.stopped_late", note="what was in hand is redelivered")
    finally:
        timer.cancel()
