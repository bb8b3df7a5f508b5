"""The log of webhooks is kept for a month, and nothing waits for ever."""

from datetime import datetime

from libs.common.uow import OpenUow
from services.gateway import metrics
from services.gateway.domain.webhooks import HELD_FOR, KEEP_LOG
from services.gateway.repositories import webhook_deliveries, webhooks


async def sweep_webhooks(*, now: datetime, open_uow: OpenUow) -> None:
    """Give up what an endpoint that is disabled has not been enabled for in time, and forget what has ended long ago; secrets
    that sign no more; and failing of which no failure is left."""
    async with open_uow() as uow:
        await webhooks.forget_old_secrets(uow.conn, now=now)
        held = await webhook_deliveries.give_up_held(uow.conn, disabled_before=now - HELD_FOR, now=now)
    metrics.WEBHOOK_DELIVERIES.labels("given_up").inc(held)
    left = 1
    while left:
        async with open_uow() as uow:
            left = await webhook_deliveries.forget(uow.conn, older_than=now - KEEP_LOG)
    async with open_uow() as uow:
        await webhooks.forget_failing(uow.conn)
