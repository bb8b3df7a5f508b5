"""Somebody wants a message to be sent once more."""

from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict, NotFound
from libs.common.uow import UnitOfWork
from services.gateway.repositories import webhook_log
from services.gateway.repositories.webhook_log import Logged
from services.gateway.use_cases.change_webhook import find_webhook
from services.gateway.use_cases.queue_webhooks import CHANNEL
from services.gateway.use_cases.try_webhook import check_enabled


async def redeliver_webhook(
    workspace_id: UUID, endpoint_id: UUID, *, delivery_id: UUID, now: datetime, uow: UnitOfWork
) -> Logged:
    """Due now, under the same id as ever, and tried for three days anew. Whatever has become of it before.

    Raises NotFound `webhook_not_found` and `delivery_not_found`, Conflict `webhook_disabled` and `delivery_under_way`.
    """
    endpoint = await find_webhook(workspace_id, endpoint_id, uow=uow, lock=True)
    found = await webhook_log.load(uow.conn, endpoint_id, delivery_id=delivery_id)
    if found is None:
        raise NotFound(f"the webhook {endpoint_id} has no delivery {delivery_id}", code="delivery_not_found")
    check_enabled(endpoint_id, enabled=endpoint.enabled)
    if not await webhook_log.send_again(uow.conn, delivery_id, now=now):
        msg = f"the delivery {delivery_id} is being sent right now: look at what comes of it"
        raise Conflict(msg, code="delivery_under_way")
    uow.notify(CHANNEL)
    again = await webhook_log.load(uow.conn, endpoint_id, delivery_id=delivery_id)
    return again or found
