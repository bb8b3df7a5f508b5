"""Keep what a browser may ask for again by `Last-Event-ID`, and have it told to webhooks."""

from collections.abc import Sequence

from libs.common.contracts.envelope import Envelope, Event
from libs.common.outbox import encode
from libs.common.uow import Message, UnitOfWork
from services.gateway.repositories import live_events
from services.gateway.repositories.live_events import LiveEvent
from services.gateway.use_cases.queue_webhooks import queue_webhooks


async def record_history(event: Event, *, uow: UnitOfWork, message: Message) -> None:
    """Once per event id: `live_events.event_id` is unique."""
    del event
    await record_histories([message.envelope], uow=uow)


async def record_histories(envelopes: Sequence[Envelope], *, uow: UnitOfWork) -> None:
    """The same for some events, in this order. What endpoints want to hear of waits for them from the same moment on."""
    await live_events.add_live_events(uow.conn, [_live(envelope) for envelope in envelopes])
    await queue_webhooks(envelopes, uow=uow)


def _live(envelope: Envelope) -> LiveEvent:
    return LiveEvent(
        event_id=envelope.id,
        tenant_id=envelope.tenant_id,
        correlation_id=envelope.correlation_id,
        type=envelope.type,
        body=encode(envelope),
    )
