"""A workspace names an endpoint that is to be told what happens."""

from collections.abc import Sequence
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.gateway.clients.receivers import checked_url
from services.gateway.clients.webhook_secrets import WebhookRing, secret_of
from services.gateway.domain.webhooks import MOST_ENDPOINTS
from services.gateway.repositories import webhooks, workspaces


async def make_webhook(
    workspace_id: UUID,
    *,
    endpoint_id: UUID,
    random: bytes,
    url: str,
    description: str,
    events: Sequence[str],
    ring: WebhookRing,
    loopback: bool,
    uow: UnitOfWork,
) -> str:
    """Answers the secret that its messages are signed with, made of `random` (SECRET_BYTES).

    Raises Invalid `url_refused`, Conflict `too_many_endpoints` and `sealing_off`.
    """
    target = checked_url(url, loopback=loopback)
    await workspaces.load(uow.conn, workspace_id, lock=True)
    if await webhooks.count(uow.conn, workspace_id) >= MOST_ENDPOINTS:
        msg = f"the workspace has {MOST_ENDPOINTS} webhooks: delete one that is not used"
        raise Conflict(msg, code="too_many_endpoints", extra={"limit": MOST_ENDPOINTS})
    secret = secret_of(random)
    await webhooks.add(
        uow.conn,
        endpoint_id,
        workspace_id=workspace_id,
        url=str(target),
        description=description,
        events=sorted(set(events)),
        secret=ring.seal(secret, endpoint_id),
    )
    return secret
