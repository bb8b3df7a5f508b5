"""An endpoint's messages are to be signed with another secret."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.gateway.clients.webhook_secrets import WebhookRing, secret_of
from services.gateway.domain.webhooks import OLD_SECRET_SIGNS_FOR
from services.gateway.repositories import webhooks
from services.gateway.repositories.webhooks import Secrets
from services.gateway.use_cases.change_webhook import find_webhook


async def rotate_webhook_secret(
    workspace_id: UUID, endpoint_id: UUID, *, random: bytes, now: datetime, ring: WebhookRing, uow: UnitOfWork
) -> str:
    """Answers the fresh secret. The one before it signs as well for OLD_SECRET_SIGNS_FOR, so that receivers can change over.

    Raises NotFound `webhook_not_found`, Conflict `sealing_off`.
    """
    await find_webhook(workspace_id, endpoint_id, uow=uow, lock=True)
    were = await webhooks.load_secrets(uow.conn, endpoint_id)
    secret = secret_of(random)
    fresh = Secrets(ring.seal(secret, endpoint_id), old=were.secret, old_until=now + OLD_SECRET_SIGNS_FOR)
    await webhooks.save_secrets(uow.conn, endpoint_id, fresh)
    return secret
