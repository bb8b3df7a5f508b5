"""What has happened is to be told to the endpoints that want to hear it."""

from collections.abc import Sequence
from uuid import UUID

import orjson

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Envelope
from libs.common.uow import UnitOfWork
from services.gateway.domain.webhook_events import Kind, body_of, kind_of
from services.gateway.repositories import webhook_deliveries
from services.gateway.repositories.webhook_deliveries import Queued, Subscriber

CHANNEL = "gateway_webhooks"
"""Notified when there is something to send."""


async def queue_webhooks(envelopes: Sequence[Envelope], *, uow: UnitOfWork) -> int:
    """Key: endpoint and event. Where no workspace of these events has an endpoint it costs one look, and nothing is written
    out. Answers how many messages are new."""
    told = [(envelope, kind, workspace_id) for envelope in envelopes for kind, workspace_id in _public(envelope)]
    if not told:
        return 0
    workspaces = sorted({workspace_id for _, _, workspace_id in told})
    subscribers = await webhook_deliveries.subscribers(uow.conn, workspaces)
    messages = [message for one in told for message in _messages(*one, subscribers=subscribers)]
    queued = await webhook_deliveries.queue(uow.conn, messages, now=utc_now())
    if queued:
        uow.notify(CHANNEL)
    return queued


def _public(envelope: Envelope) -> list[tuple[Kind, UUID]]:
    kind = kind_of(envelope.type)
    return [] if kind is None or envelope.tenant_id is None else [(kind, envelope.tenant_id)]


def _messages(envelope: Envelope, kind: Kind, workspace_id: UUID, *, subscribers: Sequence[Subscriber]) -> list[Queued]:
    wanting = [one for one in subscribers if one.workspace_id == workspace_id and kind.name in one.events]
    if not wanting:
        return []
    body = orjson.dumps(
        body_of(kind, envelope.data, workspace_id=workspace_id, happened_at=envelope.occurred_at), default=str
    )
    return [Queued(one.endpoint_id, envelope.id, kind.name, body) for one in wanting]
