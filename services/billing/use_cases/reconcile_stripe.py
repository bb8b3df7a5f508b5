"""What Stripe has told nobody, or nobody took: its own list of changes is read, and applied as if it had just been told."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.common.contracts.billing import StripeEventStored
from libs.common.logs import get_logger
from services.billing import metrics
from services.billing.clients.stripe.listing import list_events, list_objects
from services.billing.domain.stripe.told import EventState, ToldEvent
from services.billing.repositories.stripe import told as stripe_told
from services.billing.use_cases.apply_stripe_object import Desk, apply_stripe_object
from services.billing.use_cases.store_stripe_event import store_stripe_event

log = get_logger()

CURSOR = "events"
OVERLAP = timedelta(hours=2)
"""Events may appear in the list a little after the time that they bear."""
TOLD_FOR = timedelta(days=29)
"""Stripe's list of events goes back 30 days."""
PAID_LATE = timedelta(days=62)
"""How much older than what was missed an invoice may be that was paid in that time."""
ON_ITS_WAY = timedelta(minutes=5)
"""An event this young may still be on its way: to have it from the list first repairs nothing."""
STUCK_AFTER = timedelta(minutes=10)
LOOK_AGAIN_FOR = timedelta(days=7)
"""How long refused events are looked at again, each time: whoever mends their cause need do nothing else."""
_AT_ONCE = 200


@dataclass(frozen=True)
class Reconciled:
    """What was found: events that concern us, those among them that nobody had told us of, waiting or refused ones that are
    looked at again, and objects applied directly because events no longer tell of them."""

    events: int
    missed: int
    again: int
    objects: int


async def reconcile_stripe(*, desk: Desk, now: datetime) -> Reconciled:
    """Read on from where it was read to last, two hours earlier. Safe to repeat and to break off: the cursor moves last."""
    desk.stripe.account.require()
    async with desk.open_uow() as uow:
        reached = await stripe_told.read_cursor(uow.conn, CURSOR)
    begin = now - TOLD_FOR if reached is None else reached - OVERLAP
    objects = 0
    if begin < now - TOLD_FOR:
        objects = await _apply_objects(begin - PAID_LATE, desk=desk, now=now)
    found = await list_events(since=max(begin, now - TOLD_FOR), stripe=desk.stripe)
    missed = sum([await _store(found[at : at + _AT_ONCE], desk=desk, now=now) for at in range(0, len(found), _AT_ONCE)])
    again = await _take_up_again(desk=desk, now=now)
    async with desk.open_uow() as uow:
        await stripe_told.move_cursor(uow.conn, CURSOR, reached_at=now)
    if missed:
        log.warning("stripe.repaired", missed=missed, note="events that were not delivered; are webhooks arriving?")
    return Reconciled(len(found), missed, again, objects)


async def _store(events: list[ToldEvent], *, desk: Desk, now: datetime) -> int:
    missed = 0
    async with desk.open_uow() as uow:
        for event in events:
            fresh = await store_stripe_event(event, source="reconciliation", body=None, uow=uow, now=now)
            missed += fresh and abs(now - event.told_at) > ON_ITS_WAY
    metrics.STRIPE_REPAIRED.inc(missed)
    return missed


async def _take_up_again(*, desk: Desk, now: datetime) -> int:
    async with desk.open_uow() as uow:
        taken = await stripe_told.take_up_again(
            uow.conn, waiting_since=now - STUCK_AFTER, refused_since=now - LOOK_AGAIN_FOR, limit=_AT_ONCE
        )
        for event_id in taken:
            uow.publish(StripeEventStored(stripe_event_id=event_id), tenant_id=None)
    return len(taken)


async def _apply_objects(since: datetime, *, desk: Desk, now: datetime) -> int:
    found = await list_objects(since=since, stripe=desk.stripe)
    for kind, id_ in found:
        outcome = await apply_stripe_object(kind, id_, desk=desk, now=now)
        metrics.STRIPE_EVENTS.labels(kind, outcome.state).inc()
        if outcome.state is EventState.REFUSED:
            log.error("stripe_object.refused", about=id_, code=outcome.code, reason=outcome.reason)
    return len(found)
