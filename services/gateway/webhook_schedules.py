"""The clock of outgoing webhooks. What is due is sent by the postman, not by this."""

import functools
from collections.abc import Sequence

from libs.common.clock import utc_now
from libs.common.schedules import Schedule
from libs.common.uow import OpenUow
from services.gateway.clients.webhook_secrets import WebhookRing
from services.gateway.use_cases.reseal_webhook_secrets import reseal_webhook_secrets
from services.gateway.use_cases.sweep_webhooks import sweep_webhooks


def webhook_schedules(open_uow: OpenUow, *, ring: WebhookRing) -> Sequence[Schedule]:
    """What runs by itself."""

    async def sweep() -> None:
        await sweep_webhooks(now=utc_now(), open_uow=open_uow)

    return [
        Schedule("sweep_webhooks", 600, sweep),
        Schedule("reseal_webhook_secrets", 3600, functools.partial(reseal_webhook_secrets, open_uow, ring)),
    ]
