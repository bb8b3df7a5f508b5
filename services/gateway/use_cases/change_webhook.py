"""An endpoint moves, wants to hear of something else, or is switched off and on."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from libs.common.errors import NotFound
from libs.common.uow import UnitOfWork
from services.gateway.clients.receivers import checked_url
from services.gateway.domain.webhooks import Endpoint
from services.gateway.repositories import webhooks
from services.gateway.use_cases.queue_webhooks import CHANNEL


async def change_webhook(
    workspace_id: UUID,
    endpoint_id: UUID,
    *,
    url: str | None,
    description: str | None,
    events: Sequence[str] | None,
    enabled: bool | None,
    now: datetime,
    loopback: bool,
    uow: UnitOfWork,
) -> Endpoint:
    """What is None stays. What waits for it goes where it is by then; what happens while it is off is not told later.

    Raises NotFound `webhook_not_found`, Invalid `url_refused`.
    """
    was = await find_webhook(workspace_id, endpoint_id, uow=uow, lock=True)
    await webhooks.change(
        uow.conn,
        endpoint_id,
        url=was.url if url is None else str(checked_url(url, loopback=loopback)),
        description=was.description if description is None else description,
        events=was.events if events is None else sorted(set(events)),
    )
    if enabled is True and not was.enabled:
        await webhooks.enable(uow.conn, endpoint_id)
        uow.notify(CHANNEL)
    if enabled is False and was.enabled:
        await webhooks.disable(uow.conn, endpoint_id, because="person", now=now)
    return await find_webhook(workspace_id, endpoint_id, uow=uow)


async def delete_webhook(workspace_id: UUID, endpoint_id: UUID, *, uow: UnitOfWork) -> None:
    """With its log and whatever waits for it. Raises NotFound `webhook_not_found`."""
    if not await webhooks.delete(uow.conn, workspace_id, endpoint_id=endpoint_id):
        raise not_there(endpoint_id)


async def find_webhook(workspace_id: UUID, endpoint_id: UUID, *, uow: UnitOfWork, lock: bool = False) -> Endpoint:
    """Raises NotFound `webhook_not_found`: the same for one of another workspace and for none."""
    found = await webhooks.load(uow.conn, workspace_id, endpoint_id=endpoint_id, lock=lock)
    if found is None:
        raise not_there(endpoint_id)
    return found


def not_there(endpoint_id: UUID) -> NotFound:
    return NotFound(f"there is no webhook {endpoint_id}", code="webhook_not_found")
