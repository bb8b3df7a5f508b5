"""The relay: outbox → exchange. Any number of relays may run; a row is done only when the broker has confirmed it."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import metrics, outbox
from libs.common.db import Listener
from libs.common.logs import get_logger
from libs.common.messaging.bus import Bus
from libs.common.outbox import OutboxRow
from libs.common.uow import UnitOfWorkFactory

log = get_logger()

BATCH = 200
LEASE_S = 15
POLL_S = 2
MAX_DELAY_S = 60


class Relay:
    """Publishes what the outbox holds. Woken by NOTIFY, with polling behind it."""

    def __init__(self, *, service: str, open_uow: UnitOfWorkFactory, bus: Bus, listener: Listener | None) -> None:
        self._service = service
        self._open_uow = open_uow
        self._bus = bus
        self._listener = listener

    async def run(self) -> None:
        """Work until cancelled."""
        if self._listener is None:
            await self._loop(asyncio.Event())
            return
        async with self._listener.wait_for(outbox.outbox_channel(self._open_uow.tables.outbox.schema or "")) as woken:
            await self._loop(woken)

    async def drain(self) -> int:
        """Publish everything that is due; answers how many rows were confirmed."""
        confirmed = 0
        while True:
            async with self._open_uow() as uow:
                rows = await outbox.lease(uow.conn, self._open_uow.tables.outbox, limit=BATCH, lease_s=LEASE_S)
            if rows:
                confirmed += await self._publish(rows)
            if len(rows) < BATCH:
                return confirmed

    async def _loop(self, woken: asyncio.Event) -> None:
        while True:
            woken.clear()
            try:
                await self.drain()
                await self._measure()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("relay.stumbled", error=str(error))
                await asyncio.sleep(1)
            try:
                async with asyncio.timeout(POLL_S):
                    await woken.wait()
            except TimeoutError:
                continue

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
        reason = getattr(error, "code", type(error).__name__)
        metrics.OUTBOX_FAILED.labels(self._service, reason).inc()
        log.warning("outbox_row.not_published", routing_key=row.routing_key, id=str(row.id), error=str(error))
        delay = min(0.5 * 2 ** min(row.attempts, 10), MAX_DELAY_S)
        await outbox.mark_failed(conn, self._open_uow.tables.outbox, row, error=str(error), delay_s=delay)

    async def _measure(self) -> None:
        async with self._open_uow() as uow:
            state = await outbox.state(uow.conn, self._open_uow.tables.outbox)
        metrics.OUTBOX_PENDING.labels(self._service).set(state.pending)
        metrics.OUTBOX_LAG.labels(self._service).set(state.oldest_seconds)
