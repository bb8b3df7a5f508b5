"""Sends webhooks for as long as the process runs: whatever is due, as soon as there is a hand free for it."""

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from libs.common.clock import utc_now
from libs.common.listener import Listener
from libs.common.logs import get_logger
from libs.common.uow import OpenUow
from services.gateway import metrics
from services.gateway.clients.receivers import Receivers
from services.gateway.clients.webhook_secrets import WebhookRing
from services.gateway.repositories import webhook_deliveries
from services.gateway.repositories.webhook_deliveries import Delivery
from services.gateway.use_cases.deliver_webhook import claim_webhooks, deliver_webhook
from services.gateway.use_cases.queue_webhooks import CHANNEL

log = get_logger()

HANDS = 200
"""Requests of one replica at a time: nearly all of it is waiting."""
_MOST_AT_ONCE = 50
_LOOK_S = 2.0
_MEASURE_S = 15.0


@dataclass
class Postman:
    """Any number of replicas have one each: what one has claimed the others leave alone."""

    open_uow: OpenUow
    listener: Listener
    receivers: Receivers
    ring: WebhookRing
    page: str
    _at_work: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _measured_at: float = 0.0

    async def run(self) -> None:
        """Look when there is news, when a hand is free, and every two seconds. What is under way at the end is sent again by
        whoever looks when its lease is over."""
        try:
            async with self.listener.wait_for(CHANNEL) as woken:
                while True:
                    woken.clear()
                    await self._look(woken)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_S):
                            await woken.wait()
        finally:
            for task in self._at_work:
                task.cancel()
            await asyncio.gather(*self._at_work, return_exceptions=True)

    async def _look(self, woken: asyncio.Event) -> None:
        try:
            await self._measure()
            while free := min(HANDS - len(self._at_work), _MOST_AT_ONCE):
                claimed = await claim_webhooks(most=free, now=utc_now(), open_uow=self.open_uow)
                for delivery in claimed:
                    self._take(delivery, woken)
                if len(claimed) < free:
                    return
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("webhooks.stumbled", error=str(error))

    def _take(self, delivery: Delivery, woken: asyncio.Event) -> None:
        def done(task: asyncio.Task[None]) -> None:
            self._at_work.discard(task)
            woken.set()

        task = asyncio.create_task(self._deliver(delivery), name=f"webhook {delivery.id}")
        self._at_work.add(task)
        task.add_done_callback(done)

    async def _deliver(self, delivery: Delivery) -> None:
        """What cannot be recorded is sent again when its lease is over."""
        try:
            await deliver_webhook(
                delivery,
                receivers=self.receivers,
                ring=self.ring,
                page=self.page,
                spread=random.random(),  # noqa: S311 - it guards nothing
                clock=utc_now,
                open_uow=self.open_uow,
            )
        except Exception as error:
            log.exception("webhook.not_recorded", delivery_id=str(delivery.id), error=str(error))

    async def _measure(self) -> None:
        if time.monotonic() - self._measured_at < _MEASURE_S:
            return
        self._measured_at = time.monotonic()
        async with self.open_uow() as uow:
            oldest = await webhook_deliveries.oldest_due(uow.conn, now=utc_now())
        metrics.WEBHOOK_OLDEST_DUE.set(oldest.total_seconds())
