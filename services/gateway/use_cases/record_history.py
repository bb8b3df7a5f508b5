"""Keep what a browser may ask for again by `Last-Event-ID`."""

from libs.common.contracts.envelope import Event
from libs.common.outbox import encode
from libs.common.uow import Message, UnitOfWork
from services.gateway import repository


async def record_history(event: Event, *, uow: UnitOfWork, message: Message) -> None:
    """Once per event id: `live_events.event_id` is unique."""
    envelope = message.envelope
    live = repository.LiveEvent(
        event_id=envelope.id,
        tenant_id=envelope.tenant_id,
        correlation_id=envelope.correlation_id,
        type=event.type,
        body=encode(envelope),
    )
    await repository.add_live_event(uow.conn, live)
