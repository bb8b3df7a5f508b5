"""An operator has looked at what Stripe told against our record, and settled it elsewhere."""

from libs.common.errors import Conflict, NotFound
from libs.common.logs import get_logger
from libs.common.uow import UnitOfWork
from services.billing.domain.stripe.told import EventState
from services.billing.repositories.stripe import told as stripe_told

log = get_logger()


async def dismiss_stripe_event(event_id: str, *, reason: str, actor: str, uow: UnitOfWork) -> None:
    """Key: the event. It is looked at no more; who dismissed it and why stays with it.

    Raises NotFound `stripe_event_not_found`, Conflict `stripe_event_not_refused`.
    """
    event = await stripe_told.find_event(uow.conn, event_id)
    if event is None:
        msg = f"Stripe has told us of no event {event_id}"
        raise NotFound(msg, code="stripe_event_not_found")
    said = f"dismissed by {actor}: {reason}"
    if event.state == EventState.IGNORED and event.reason == said:
        return
    if not await stripe_told.dismiss_event(uow.conn, event_id, reason=said):
        msg = f"{event_id} is {event.state}: only what is refused can be dismissed"
        raise Conflict(msg, code="stripe_event_not_refused")
    log.info("stripe_event.dismissed", event_id=event_id, actor=actor, reason=reason)
