"""One service's database: its engine, its checks at start, and the listener for NOTIFY."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable

import asyncpg
import sqlalchemy.exc
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from libs.common.errors import Conflict, Transient
from libs.common.logs import get_logger

log = get_logger()

SERVICES = ("gateway", "ingest", "enrich", "billing", "sender")
_CONNECTIONS_BESIDE_POOL = 2
_STATEMENT_TIMEOUT_MS = "60000"


def make_engine(url: str, *, pool_size: int, service: str) -> AsyncEngine:
    """An asyncpg engine whose pool never grows beyond `pool_size`, so that the connection budget holds."""
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=30,
        pool_pre_ping=True,
        connect_args={
            "timeout": 10,
            "server_settings": {
                "application_name": f"corofy-{service}",
                "statement_timeout": _STATEMENT_TIMEOUT_MS,
                "idle_in_transaction_session_timeout": _STATEMENT_TIMEOUT_MS,
                "timezone": "UTC",
            },
        },
    )


def is_database_outage(error: BaseException) -> bool:
    """Whether the error says that Postgres is away (restarting, unreachable, no connection to be had), not that we erred."""
    if isinstance(error, DBAPIError):
        cause = error.orig.__cause__ if error.orig is not None else None
        return error.connection_invalidated or (cause is not None and is_database_outage(cause))
    return isinstance(
        error,
        (
            sqlalchemy.exc.TimeoutError,
            asyncpg.PostgresConnectionError,
            asyncpg.OperatorInterventionError,
            asyncpg.TooManyConnectionsError,
            asyncpg.InterfaceError,
            ConnectionError,
        ),
    ) and not isinstance(error, asyncpg.QueryCanceledError)


async def check_connection_budget(conn: AsyncConnection, *, pool_size: int) -> None:
    """Refuse to start when all services with this pool size would want more connections than the server allows."""
    allowed = (
        await conn.execute(
            text(
                "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
            )
        )
    ).scalar_one()
    wanted = len(SERVICES) * (pool_size + _CONNECTIONS_BESIDE_POOL)
    if wanted > allowed:
        msg = (
            f"{len(SERVICES)} services × (DB_POOL_SIZE {pool_size} + {_CONNECTIONS_BESIDE_POOL}) want {wanted} connections,"
            f" Postgres allows {allowed}: lower DB_POOL_SIZE or raise max_connections"
        )
        raise Conflict(msg, code="connection_budget")


def _setter(event: asyncio.Event) -> Callable[[object], None]:
    def on_termination(_conn: object) -> None:
        event.set()

    return on_termination


class Listener:
    """Wakes tasks by NOTIFY over one connection of its own; reconnects by itself. Polling must stand behind every use."""

    def __init__(self, url: str, *, service: str) -> None:
        self._dsn = url.replace("postgresql+asyncpg://", "postgresql://", 1)
        self._service = service
        self._waiters: dict[str, set[asyncio.Event]] = {}
        self._conn: asyncpg.Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    async def start(self) -> None:
        """Connect; then prove that a NOTIFY arrives, which a transaction-mode pooler would swallow."""
        self._task = asyncio.create_task(self._run(), name="listener")
        await asyncio.wait_for(self._ready.wait(), timeout=30)
        probe = f"{self._service}_listen_probe"
        async with self.wait_for(probe) as heard:
            other = await asyncpg.connect(self._dsn, timeout=10)
            try:
                await other.execute("SELECT pg_notify($1, '')", probe)
                await asyncio.wait_for(heard.wait(), timeout=5)
            except TimeoutError:
                msg = (
                    "NOTIFY does not arrive over this database URL: it is a transaction-mode pooler."
                    " Use the direct or the session-mode URL."
                )
                raise Conflict(msg, code="transaction_pooler") from None
            finally:
                await other.close()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._conn is not None and not self._conn.is_closed():
            await self._conn.close()

    @contextlib.asynccontextmanager
    async def wait_for(self, channel: str) -> AsyncGenerator[asyncio.Event]:
        """An event that is set whenever the channel is notified (and after a reconnect). Clear it before each look."""
        event = asyncio.Event()
        waiters = self._waiters.setdefault(channel, set())
        waiters.add(event)
        if len(waiters) == 1 and self._conn is not None and not self._conn.is_closed():
            await self._conn.add_listener(channel, self._on_notify)
        try:
            yield event
        finally:
            waiters.discard(event)

    def _on_notify(self, _conn: object, _pid: int, channel: str, _payload: object) -> None:
        for event in self._waiters.get(channel, ()):
            event.set()

    async def _run(self) -> None:
        delay = 0.1
        while True:
            try:
                await self._listen_until_lost()
                delay = 0.1
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError, Transient) as error:
                log.warning("listener.lost", error=str(error), retry_in_s=delay)
            await asyncio.sleep(delay)
            delay = min(delay * 2, 5)

    async def _listen_until_lost(self) -> None:
        lost = asyncio.Event()
        self._conn = conn = await asyncpg.connect(
            self._dsn, timeout=10, server_settings={"application_name": f"corofy-{self._service}-listen"}
        )
        conn.add_termination_listener(_setter(lost))
        for channel in list(self._waiters):
            await conn.add_listener(channel, self._on_notify)
        for waiters in self._waiters.values():
            for event in waiters:
                event.set()
        self._ready.set()
        await lost.wait()
