"""An event of Stripe's is applied: the object that it is about, in its present state."""

from datetime import datetime

from libs.common.logs import get_logger
from libs.common.uow import Message
from services.billing import metrics
from services.billing.domain.stripe.told import EventState
from services.billing.repositories.stripe import told as stripe_told
from services.billing.use_cases.apply_stripe_object import Desk, apply_stripe_object

log = get_logger()


async def apply_stripe_event(event_id: str, *, message: Message, desk: Desk, now: datetime) -> None:
    """Key: Stripe's event id, and beneath it the objects' own. An event that was settled meanwhile is left alone, and one that
    contradicts our record holds up no other."""
    async with desk.open_uow() as uow:
        event = await stripe_told.find_event(uow.conn, event_id)
        if event is None or event.state != EventState.STORED:
            await uow.record_inbox(message)
            return
    outcome = await apply_stripe_object(event.object_kind, event.object_id, desk=desk, now=now)
    async with desk.open_uow() as uow:
        if await uow.record_inbox(message):
            await stripe_told.settle_event(uow.conn, event_id, outcome, now=now)
    metrics.STRIPE_EVENTS.labels(event.object_kind, outcome.state).inc()
    if outcome.state is EventState.REFUSED:
        log.error(
            "stripe_event.refused", event_id=event_id, about=event.object_id, code=outcome.code, reason=outcome.reason
        )
