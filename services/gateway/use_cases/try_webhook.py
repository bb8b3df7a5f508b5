"""Somebody wants to see whether an endpoint hears us."""

from datetime import datetime
from uuid import UUID

import orjson

from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.gateway.domain.webhook_events import KINDS, TEST, body_of
from services.gateway.repositories import webhook_deliveries, webhook_log
from services.gateway.repositories.webhook_deliveries import Queued
from services.gateway.repositories.webhook_log import Logged
from services.gateway.use_cases.change_webhook import find_webhook
from services.gateway.use_cases.queue_webhooks import CHANNEL

_TEST = next(kind for kind in KINDS if kind.name == TEST)


async def try_webhook(
    workspace_id: UUID, endpoint_id: UUID, *, event_id: UUID, now: datetime, uow: UnitOfWork
) -> Logged:
    """Queue a `webhook.test`, which is delivered as everything else is. Key: endpoint and `event_id`.

    Raises NotFound `webhook_not_found`, Conflict `webhook_disabled`.
    """
    endpoint = await find_webhook(workspace_id, endpoint_id, uow=uow, lock=True)
    check_enabled(endpoint.id, enabled=endpoint.enabled)
    data = {"webhook_id": endpoint_id}
    body = orjson.dumps(body_of(_TEST, data, workspace_id=workspace_id, happened_at=now), default=str)
    await webhook_deliveries.queue(uow.conn, [Queued(endpoint_id, event_id, TEST, body)], now=now)
    uow.notify(CHANNEL)
    return await webhook_log.load_of_event(uow.conn, endpoint_id, event_id=event_id)


def check_enabled(endpoint_id: UUID, *, enabled: bool) -> None:
    """Raises Conflict `webhook_disabled`."""
    if not enabled:
        msg = f"the webhook {endpoint_id} is disabled, so nothing is sent there: enable it first"
        raise Conflict(msg, code="webhook_disabled")
