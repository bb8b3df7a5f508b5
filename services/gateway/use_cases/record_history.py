"""Keep what a browser may ask for again by `Last-Event-ID`."""

from libs.common.contracts.envelope import Event
from libs.common.outbox import encode
from libs.common.uow import Message, UnitOfWork
from services.gateway.repositories import live_events


async def record_history(event: Event, *, uow: UnitOfWork, message: Message) -> None:
    """Once per event id: `live_events.event_id` is unique."""
    envelope = message.envelope
    live = live_events.LiveEvent(
        event_id=envelope.id,
        tenant_id=envelope.tenant_id,
        correlation_id=envelope.correlation_id,
        type=event.type,
        body=encode(envelope),
    )
    await live_events.add_live_event(uow.conn, live)
