"""Send one message to one endpoint: claimed, sent, recorded. Whatever happens in between, it is sent at least once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from libs.common.contracts.gateway import WebhookDisabled
from libs.common.errors import Conflict
from libs.common.logs import get_logger
from libs.common.uow import OpenUow, UnitOfWork
from services.gateway import metrics
from services.gateway.clients.webhook_secrets import WebhookRing, signed_headers
from services.gateway.domain import notices
from services.gateway.domain.webhooks import Answer, Cause, Outcome, after_attempt, disabled_by
from services.gateway.repositories import mails, webhook_deliveries, webhooks
from services.gateway.repositories.webhook_deliveries import Delivery

log = get_logger()


class Post(Protocol):
    """What this needs of a client."""

    async def post(self, address: str, body: bytes, *, headers: Mapping[str, str]) -> Answer:
        """What the other side answers; it never raises for what that does."""
        ...


async def claim_webhooks(*, most: int, now: datetime, open_uow: OpenUow) -> Sequence[Delivery]:
    """What is due, to be delivered by the caller; with what another took and never came back from."""
    async with open_uow() as uow:
        lost = await webhook_deliveries.take_back_lost(uow.conn, now=now)
        claimed = await webhook_deliveries.claim(uow.conn, most=most, now=now)
    metrics.WEBHOOK_DELIVERIES.labels("lost").inc(lost)
    return claimed


async def deliver_webhook(
    delivery: Delivery,
    *,
    receivers: Post,
    ring: WebhookRing,
    page: str,
    spread: float,
    clock: Callable[[], datetime],
    open_uow: OpenUow,
) -> None:
    """Key: the delivery's row and lease. The receiver tells repetitions by `webhook-id`, which is the event's and stays.

    `page` is where people look after their webhooks; `spread` (0 to 1) keeps what failed together apart.
    """
    answer = await _send(delivery, receivers=receivers, ring=ring, now=clock())
    now = clock()
    async with open_uow() as uow:
        moved = await webhooks.lock_where(uow.conn, delivery.endpoint_id) != delivery.url
        outcome = after_attempt(answer, attempts=delivery.attempts + 1, moved=moved, spread=spread, now=now)
        if not await webhook_deliveries.record(uow.conn, delivery, outcome, answer=answer, now=now):
            return
        cause = None if moved else await _note_health(delivery, answer, uow=uow, now=now)
        if cause is not None:
            await _disable(delivery, cause, uow=uow, now=now, page=page)
    _count(delivery, outcome, answer)


async def _send(delivery: Delivery, *, receivers: Post, ring: WebhookRing, now: datetime) -> Answer:
    sealed = delivery.secrets
    still = sealed.old is not None and sealed.old_until is not None and now < sealed.old_until
    try:
        secrets = [
            ring.open(one, delivery.endpoint_id) for one in (sealed.secret, sealed.old if still else None) if one
        ]
    except Conflict as error:
        log.warning("webhook.secret_unreadable", webhook_id=str(delivery.endpoint_id), error=error.message)
        return Answer(error="its secret cannot be read: rotate it")
    headers = signed_headers(secrets, delivery.body, message_id=str(delivery.event_id), at=now)
    return await receivers.post(delivery.url, delivery.body, headers=headers)


async def _note_health(delivery: Delivery, answer: Answer, *, uow: UnitOfWork, now: datetime) -> Cause | None:
    """Why the endpoint is to be disabled, where it is."""
    if answer.accepted:
        await webhooks.note_success(uow.conn, delivery.endpoint_id)
        return None
    since = await webhooks.note_failure(uow.conn, delivery.endpoint_id, now=now)
    return disabled_by(answer, failing_since=since, now=now)


async def _disable(delivery: Delivery, cause: Cause, *, uow: UnitOfWork, now: datetime, page: str) -> None:
    endpoint = await webhooks.disable(uow.conn, delivery.endpoint_id, because=cause, now=now)
    if endpoint is None:
        return
    name, readers = await mails.owners_of(uow.conn, endpoint.workspace_id, and_admins=True)
    await mails.queue(
        uow.conn,
        notices.webhook_disabled(name, url=endpoint.url, cause=cause, page=page),
        source=f"webhook:{endpoint.id}:{now.isoformat()}",
        addresses=readers,
        workspace_id=endpoint.workspace_id,
    )
    disabled = WebhookDisabled(webhook_id=endpoint.id, reason=cause)
    uow.publish(disabled, tenant_id=endpoint.workspace_id, correlation_id=endpoint.id)
    metrics.WEBHOOKS_DISABLED.labels(cause).inc()
    log.info("webhook.disabled", webhook_id=str(endpoint.id), reason=cause)


def _count(delivery: Delivery, outcome: Outcome, answer: Answer) -> None:
    metrics.WEBHOOK_DELIVERIES.labels("failed" if outcome.state == "waiting" else outcome.state).inc()
    if outcome.state == "given_up":
        log.info(
            "webhook.given_up",
            webhook_id=str(delivery.endpoint_id),
            event_id=str(delivery.event_id),
            status=answer.status,
            error=answer.error,
        )
