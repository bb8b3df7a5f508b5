"""The relay: outbox → exchange. Any number of relays may run; a row is done only when the broker has confirmed it.

What its own process writes it has in hand, under a lease that begins with the row; what others leave behind it reads.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import metrics, outbox
from libs.common.listener import Listener
from libs.common.logs import get_logger
from libs.common.messaging import dead_letters
from libs.common.messaging.bus import BrokerUnavailable, Bus
from libs.common.outbox import OutboxRow
from libs.common.sealing import Sealed
from libs.common.uow import UnitOfWorkFactory

log = get_logger()

BATCH = 200
LEASE_S = 15
POLL_S = 2
MAX_DELAY_S = 60
MAX_HELD_BYTES = 32 * 1024 * 1024
"""Of events that wait for their turn in memory; what is beyond waits in the outbox."""
MEASURE_S = 10
"""Who collects the measures does so every 15 s or more seldom."""
_AFTER_OUTAGE_S = 0.5


class Relay:
    """Publishes what the outbox holds. Woken by NOTIFY, with polling behind it."""

    def __init__(self, *, service: str, open_uow: UnitOfWorkFactory, bus: Bus, listener: Listener | None) -> None:
        self._service = service
        self._open_uow = open_uow
        self._bus = bus
        self._listener = listener
        self._woken = asyncio.Event()
        self._stopping = False
        self._measured_at = -math.inf
        self._handed: list[OutboxRow] = []
        self._has_handed = asyncio.Event()

    async def run(self) -> None:
        """Work until `stop` (or until cancelled: the rows in hand then wait for the end of their lease)."""
        if self._listener is None:
            await self._loop()
            return
        channel = outbox.outbox_channel(self._open_uow.tables.outbox.schema or "")
        async with self._listener.wait_for(channel) as self._woken, asyncio.TaskGroup() as group:
            self._open_uow.publisher = self
            try:
                group.create_task(self._publish_handed())
                await self._loop()
            finally:
                self._open_uow.publisher = None

    def stop(self) -> None:
        """Publish what is due, then let `run` return."""
        self._stopping = True
        self._woken.set()
        self._has_handed.set()

    def lease_s(self, events: Sequence[Sealed]) -> float:
        """For how long what is written now would be in our hands: not while the broker is away, nor beyond what we hold."""
        held = sum(len(event.body) for event in (*self._handed, *events))
        room = len(self._handed) + len(events) <= BATCH and held <= MAX_HELD_BYTES
        return LEASE_S if room and self._bus.is_connected and not self._stopping else 0

    def take(self, events: Sequence[Sealed]) -> None:
        """Publish what this process has just committed. Read back from the outbox it would cost a statement and its bytes."""
        self._handed += [OutboxRow(event.id, event.routing_key, event.body) for event in events]
        self._has_handed.set()

    async def drain(self) -> int:
        """Publish everything that is due; answers how many rows were confirmed."""
        confirmed = 0
        while self._bus.is_connected:
            async with self._open_uow.alone() as conn:
                rows = await outbox.lease(conn, self._open_uow.tables.outbox, limit=BATCH, lease_s=LEASE_S)
            if rows:
                confirmed += await self._publish(rows)
            if len(rows) < BATCH:
                break
        return confirmed

    async def _loop(self) -> None:
        while True:
            self._woken.clear()
            last_round = self._stopping
            try:
                await self.drain()
                await self._measure()
            except (SQLAlchemyError, OSError) as error:
                log.warning("relay.stumbled", error=str(error))
            if last_round:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), timeout=0 if self._stopping else POLL_S)

    async def _publish_handed(self) -> None:
        """Until we stop, and then what is left. What comes while a batch is on its way is the next."""
        while self._handed or not self._stopping:
            self._has_handed.clear()
            rows, self._handed = self._handed, []
            if not rows:
                await self._has_handed.wait()
                continue
            try:
                await self._publish(rows)
            except (SQLAlchemyError, OSError) as error:
                log.warning("relay.stumbled", error=str(error))

    async def _publish(self, rows: list[OutboxRow]) -> int:
        results = await asyncio.gather(
            *(self._bus.publish_event(row.routing_key, row.body, message_id=str(row.id)) for row in rows),
            return_exceptions=True,
        )
        table = self._open_uow.tables.outbox
        done = [row.id for row, result in zip(rows, results, strict=True) if result is None]
        async with self._open_uow.alone() as conn:
            if done:
                await outbox.mark_published(conn, table, done)
            for row, result in zip(rows, results, strict=True):
                if result is not None:
                    await self._put_off(conn, row, result)
        metrics.OUTBOX_PUBLISHED.labels(self._service).inc(len(done))
        return len(done)

    async def _put_off(self, conn: AsyncConnection, row: OutboxRow, error: BaseException) -> None:
        """Keep the row, with what the broker said. While the broker is away the wait does not grow: it is not the row's fault."""
        reason = getattr(error, "code", type(error).__name__)
        metrics.OUTBOX_FAILED.labels(self._service, reason).inc()
        log.warning("outbox_row.not_published", routing_key=row.routing_key, id=str(row.id), error=str(error))
        delay = min(0.5 * 2 ** min(row.attempts, 10), MAX_DELAY_S)
        if isinstance(error, BrokerUnavailable):
            delay = _AFTER_OUTAGE_S
        await outbox.mark_failed(conn, self._open_uow.tables.outbox, row, error=str(error), delay_s=delay)

    async def _measure(self) -> None:
        if time.monotonic() - self._measured_at < MEASURE_S:
            return
        self._measured_at = time.monotonic()
        async with self._open_uow.alone() as conn:
            state = await outbox.state(conn, self._open_uow.tables.outbox)
            dead = await dead_letters.count_open(conn, self._open_uow.tables.dead_letters)
        metrics.OUTBOX_PENDING.labels(self._service).set(state.pending)
        metrics.OUTBOX_LAG.labels(self._service).set(state.oldest_seconds)
        metrics.DEAD_LETTERS_OPEN.labels(self._service).set(dead)
