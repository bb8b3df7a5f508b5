"""One service's database: its engine, its checks at start, and how we know that it is away."""

import contextlib
import time
from collections.abc import AsyncGenerator, Generator

import asyncpg
import orjson
import sqlalchemy.exc
from sqlalchemy import event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from libs.common.errors import Conflict, Transient

SERVICES = ("gateway", "ingest", "enrich", "billing", "sender")
_CONNECTIONS_BESIDE_POOL = 2
_STATEMENT_TIMEOUT_MS = "60000"
_NOTHING = text("SELECT")
_RESTED_S = 10.0
"""After so long at rest a connection is asked whether it still leads anywhere: something on the way may have forgotten it."""


class DatabaseUnavailable(Transient, ConnectionError):
    """Postgres is away: nobody's attempt has failed. A ConnectionError too, for loops that wait out any absent server."""

    code = "database_unavailable"


def make_engine(url: str, *, pool_size: int, service: str) -> AsyncEngine:
    """An asyncpg engine whose pool never grows beyond `pool_size`, so that the connection budget holds.

    What it hands out is open as far as can be known: a connection that broke at rest is replaced.
    """
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=30,
        # The last one back goes out first: few connections do nearly all the work, with their statements prepared.
        pool_use_lifo=True,
        hide_parameters=True,
        json_deserializer=orjson.loads,
        connect_args={
            # Of each connection: what is used again and again is a few dozen, the rest would only be memory, here and there.
            "prepared_statement_cache_size": 40,
            "timeout": 10,
            "server_settings": {
                "application_name": f"corofy-{service}",
                "statement_timeout": _STATEMENT_TIMEOUT_MS,
                "idle_in_transaction_session_timeout": _STATEMENT_TIMEOUT_MS,
                "timezone": "UTC",
            },
        },
    )
    # In place of `pool_pre_ping`, which asks each time, in a transaction of its own: three round trips that cost as much as
    # the statements of a short transaction.
    event.listen(engine.sync_engine, "checkin", _note_rest)
    event.listen(engine.sync_engine, "checkout", _check_open)
    return engine


def _note_rest(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
    entry.info["rests_since"] = time.monotonic()


def _check_open(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    """Raises DisconnectionError, upon which the pool opens another. An end that the server has closed is known unasked."""
    driver = entry.driver_connection
    if driver is not None and driver.is_closed():
        raise DisconnectionError
    rested_s = time.monotonic() - entry.info.get("rests_since", time.monotonic())
    if rested_s > _RESTED_S:
        try:
            connection.ping()  # pyright: ignore[reportAttributeAccessIssue] - asyncpg's adapter has it
        except Exception as error:
            raise DisconnectionError from error


def is_database_outage(error: BaseException) -> bool:
    """Whether the error says that Postgres is away (restarting, unreachable, no connection to be had), not that we erred."""
    if isinstance(error, DBAPIError):
        cause = error.orig.__cause__ if error.orig is not None else None
        return error.connection_invalidated or (cause is not None and is_database_outage(cause))
    if isinstance(error, asyncpg.QueryCanceledError | asyncpg.IdleInTransactionSessionTimeoutError):
        return False
    if isinstance(error, asyncpg.InterfaceError):
        # The same class says that an argument does not fit.
        return "connection is closed" in str(error)
    return isinstance(
        error,
        DatabaseUnavailable
        | sqlalchemy.exc.TimeoutError
        | asyncpg.PostgresConnectionError
        | asyncpg.OperatorInterventionError
        | asyncpg.TooManyConnectionsError,
    )


@contextlib.contextmanager
def outages_named() -> Generator[None]:
    """Errors that say that Postgres is away leave the block as DatabaseUnavailable, all others as they are."""
    try:
        yield
    except (
        DBAPIError,
        sqlalchemy.exc.TimeoutError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        ConnectionError,
    ) as error:
        if isinstance(error, DatabaseUnavailable) or not _is_outage(error):
            raise
        msg = f"the database is away ({type(error).__name__}): try again in a moment"
        raise DatabaseUnavailable(msg, extra={"retry_after_s": 2}) from error


@contextlib.asynccontextmanager
async def connected(engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
    """A connection of the pool. Raises DatabaseUnavailable when the server cannot be reached."""
    try:
        conn = await engine.connect()
    except OSError as error:
        # A refused, unresolved or silent address: SQLAlchemy lets the driver's own errors through here.
        msg = f"the database cannot be reached ({type(error).__name__}): try again in a moment"
        raise DatabaseUnavailable(msg, extra={"retry_after_s": 2}) from error
    try:
        yield conn
    finally:
        await conn.close()


async def driver_of(conn: AsyncConnection) -> asyncpg.Connection:
    """The driver's own connection in the transaction of `conn`, for statements by the hundred: one costs it 30 µs, and 240
    through SQLAlchemy. Parameters are `$1`, `$2`, …; errors are the driver's. Without a transaction where `conn` has none."""
    assert conn.sync_connection is not None
    driver = conn.sync_connection.connection.driver_connection
    assert driver is not None
    committing_each = conn.sync_connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
    if not committing_each and not driver.is_in_transaction():
        # SQLAlchemy begins its transaction with the first statement that goes through it.
        await conn.execute(_NOTHING)
    return driver


def _is_outage(error: Exception) -> bool:
    return isinstance(error, ConnectionError) or is_database_outage(error)


def is_unstorable_text(error: BaseException) -> bool:
    """Whether a text holds a character that Postgres takes in no column: NUL, in `text` as in `jsonb`."""
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig is not None else None
    return isinstance(cause, asyncpg.CharacterNotInRepertoireError | asyncpg.UntranslatableCharacterError)


def is_lock_timeout(error: BaseException) -> bool:
    """Whether a statement was given up because of somebody else's lock (`lock_timeout`)."""
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig is not None else None
    return isinstance(cause, asyncpg.LockNotAvailableError)


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
