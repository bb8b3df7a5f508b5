"""The relay: outbox → exchange. Any number of relays may run; a row is done only when the broker has confirmed it."""

import asyncio
import contextlib
import math
import time

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import metrics, outbox
from libs.common.listener import Listener
from libs.common.logs import get_logger
from libs.common.messaging import dead_letters
from libs.common.messaging.bus import BrokerUnavailable, Bus
from libs.common.outbox import OutboxRow
from libs.common.uow import UnitOfWorkFactory

log = get_logger()

BATCH = 200
LEASE_S = 15
POLL_S = 2
MAX_DELAY_S = 60
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

    async def run(self) -> None:
        """Work until `stop` (or until cancelled: the rows in hand then wait for the end of their lease)."""
        if self._listener is None:
            await self._loop()
            return
        channel = outbox.outbox_channel(self._open_uow.tables.outbox.schema or "")
        async with self._listener.wait_for(channel) as self._woken:
            await self._loop()

    def stop(self) -> None:
        """Publish what is due, then let `run` return."""
        self._stopping = True
        self._woken.set()

    async def drain(self) -> int:
        """Publish everything that is due; answers how many rows were confirmed."""
        confirmed = 0
        while self._bus.is_connected:
            async with self._open_uow() as uow:
                rows = await outbox.lease(uow.conn, self._open_uow.tables.outbox, limit=BATCH, lease_s=LEASE_S)
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

    async def _publish(self, rows: list[OutboxRow]) -> int:
        results = await asyncio.gather(
            *(self._bus.publish_event(row.routing_key, row.body, message_id=str(row.id)) for row in rows),
            return_exceptions=True,
        )
        table = self._open_uow.tables.outbox
        done = [row.id for row, result in zip(rows, results, strict=True) if result is None]
        async with self._open_uow() as uow:
            if done:
                await outbox.mark_published(uow.conn, table, done)
            for row, result in zip(rows, results, strict=True):
                if result is not None:
                    await self._put_off(uow.conn, row, result)
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
        async with self._open_uow() as uow:
            state = await outbox.state(uow.conn, self._open_uow.tables.outbox)
            dead = await dead_letters.count_open(uow.conn, self._open_uow.tables.dead_letters)
        metrics.OUTBOX_PENDING.labels(self._service).set(state.pending)
        metrics.OUTBOX_LAG.labels(self._service).set(state.oldest_seconds)
        metrics.DEAD_LETTERS_OPEN.labels(self._service).set(dead)
