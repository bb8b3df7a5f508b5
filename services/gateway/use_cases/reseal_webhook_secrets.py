"""After a fresh encryption key has been put in front, seal what lies under the older ones anew."""

from dataclasses import replace
from uuid import UUID

from libs.common.keyring import Sealed, Unreadable
from libs.common.logs import get_logger
from libs.common.uow import OpenUow, UnitOfWork
from services.gateway.clients.webhook_secrets import WebhookRing
from services.gateway.repositories import webhooks
from services.gateway.repositories.webhooks import Secrets

log = get_logger()

BATCH = 200


async def reseal_webhook_secrets(open_uow: OpenUow, ring: WebhookRing) -> int:
    """Batch after batch until none is left that this ring can open; answers how many endpoints' were sealed anew."""
    current = ring.ring.current
    if current is None:
        return 0
    resealed = 0
    while True:
        async with open_uow() as uow:
            old = await webhooks.sealed_otherwise(uow.conn, current, known=ring.ring.names, limit=BATCH)
            done = [await _reseal(endpoint_id, secrets, ring=ring, uow=uow) for endpoint_id, secrets in old]
        resealed += sum(done)
        if not any(done):
            break
    if resealed:
        log.info("webhook_secrets.resealed", webhooks=resealed)
    return resealed


async def _reseal(endpoint_id: UUID, secrets: Secrets, *, ring: WebhookRing, uow: UnitOfWork) -> bool:
    def anew(sealed: Sealed) -> Sealed:
        return ring.seal(ring.open(sealed, endpoint_id), endpoint_id)

    try:
        fresh = replace(secrets, secret=anew(secrets.secret), old=anew(secrets.old) if secrets.old else None)
    except Unreadable as error:
        log.warning("webhook_secrets.unreadable", webhook_id=str(endpoint_id), error=error.message)
        return False
    await webhooks.save_secrets(uow.conn, endpoint_id, fresh)
    return True
