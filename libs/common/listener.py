"""Wakes tasks by Postgres NOTIFY over one connection of its own. Polling stands behind every use."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from libs.common.errors import Conflict
from libs.common.logs import get_logger

log = get_logger()

_MAX_DELAY_S = 5
_CHECK_EVERY_S = 30
_ANSWER_WITHIN_S = 10
Notify = Callable[[str], Awaitable[None]]


class Listener:
    """Hears NOTIFY on the channels somebody waits for; reconnects by itself."""

    def __init__(self, url: str, *, service: str) -> None:
        self._dsn = _libpq_url(url)
        self._service = service
        self._waiters: dict[str, set[asyncio.Event]] = {}
        self._conn: asyncpg.Connection | None = None
        self._heard: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        # A connection does one thing at a time, and many tasks come and go.
        self._commands = asyncio.Lock()

    async def start(self) -> None:
        """Connect, then prove that a NOTIFY arrives. Raises Conflict when it does not."""
        self._task = asyncio.create_task(self._run(), name="listener")
        await asyncio.wait_for(self._ready.wait(), timeout=30)
        await prove_that_notify_arrives(self, notify=self._notify_from_outside, channel=f"{self._service}_listen_probe")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._conn is not None and not self._conn.is_closed():
            self._conn.terminate()

    @property
    def channels(self) -> frozenset[str]:
        """What it listens to."""
        return frozenset(self._heard)

    @contextlib.asynccontextmanager
    async def wait_for(self, channel: str) -> AsyncGenerator[asyncio.Event]:
        """An event that is set whenever the channel is notified (and after a reconnect). Clear it before each look."""
        event = asyncio.Event()
        self._waiters.setdefault(channel, set()).add(event)
        await self._tell_postgres()
        try:
            yield event
        finally:
            self._waiters[channel].discard(event)
            if not self._waiters[channel]:
                del self._waiters[channel]
                await self._tell_postgres()

    async def _tell_postgres(self) -> None:
        """Listen to what is waited for, and to nothing else. A connection that breaks here is made anew by `_run`."""
        async with self._commands:
            conn = self._conn
            if conn is None or conn.is_closed():
                return
            try:
                async with asyncio.timeout(_ANSWER_WITHIN_S):
                    await self._adjust(conn)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                conn.terminate()

    async def _adjust(self, conn: asyncpg.Connection) -> None:
        heard, wanted = self._heard, set(self._waiters)
        for channel in wanted - heard:
            await conn.add_listener(channel, self._on_notify)
            heard.add(channel)
        for channel in set(heard - wanted):
            heard.discard(channel)
            await conn.remove_listener(channel, self._on_notify)

    def _on_notify(self, _conn: object, _pid: int, channel: str, _payload: object) -> None:
        for event in self._waiters.get(channel, ()):
            event.set()

    async def _run(self) -> None:
        delay = 0.1
        while True:
            try:
                await self._listen_until_lost()
                delay = 0.1
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("listener.lost", error=str(error) or type(error).__name__, retry_in_s=delay)
            await asyncio.sleep(delay)
            delay = min(delay * 2, _MAX_DELAY_S)

    async def _listen_until_lost(self) -> None:
        conn = await asyncpg.connect(
            self._dsn, timeout=10, server_settings={"application_name": f"corofy-{self._service}-listen"}
        )
        lost = asyncio.Event()
        conn.add_termination_listener(_setter(lost))
        async with self._commands:
            self._conn, self._heard = conn, set[str]()
            await self._adjust(conn)
        for waiters in self._waiters.values():
            for event in waiters:
                event.set()
        self._ready.set()
        try:
            await self._watch(conn, lost)
        finally:
            conn.terminate()

    async def _watch(self, conn: asyncpg.Connection, lost: asyncio.Event) -> None:
        """Until it is lost. A connection whose other end vanished without a word is found out by asking."""
        while not lost.is_set():
            try:
                await asyncio.wait_for(lost.wait(), timeout=_CHECK_EVERY_S)
            except TimeoutError:
                async with self._commands:
                    await conn.execute("SELECT 1", timeout=_ANSWER_WITHIN_S)

    async def _notify_from_outside(self, channel: str) -> None:
        other = await asyncpg.connect(self._dsn, timeout=10)
        try:
            await other.execute("SELECT pg_notify($1, '')", channel)
        finally:
            await other.close()


def _libpq_url(url: str) -> str:
    """The driver alone reads URLs as libpq does; the settings hold them as SQLAlchemy does."""
    plain = url.replace("postgresql+asyncpg://", "postgresql://", 1)
    return plain.replace("?ssl=", "?sslmode=").replace("&ssl=", "&sslmode=")


def _setter(event: asyncio.Event) -> Callable[[object], None]:
    def on_termination(_conn: object) -> None:
        event.set()

    return on_termination


async def keep_looking(listener: Listener, channel: str, look: Callable[[], Awaitable[None]], *, poll_s: float) -> None:
    """Look whenever the channel is notified, and anyway so often, until cancelled. A database that is away is asked again."""
    async with listener.wait_for(channel) as woken:
        while True:
            woken.clear()
            try:
                await look()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("looking.stumbled", channel=channel, error=str(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(poll_s):
                    await woken.wait()


async def prove_that_notify_arrives(listener: Listener, *, notify: Notify, channel: str, within_s: float = 5) -> None:
    """A transaction-mode pooler takes LISTEN and swallows what comes. Raises Conflict."""
    async with listener.wait_for(channel) as heard:
        heard.clear()
        await notify(channel)
        try:
            await asyncio.wait_for(heard.wait(), timeout=within_s)
        except TimeoutError:
            msg = (
                "NOTIFY does not arrive over this database URL: it is a transaction-mode pooler."
                " Use the direct or the session-mode URL."
            )
            raise Conflict(msg, code="transaction_pooler") from None
