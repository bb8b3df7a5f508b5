"""Stripe has told of a change: it is kept before it is answered, and applied afterwards."""

from datetime import datetime
from typing import Literal

from libs.common.contracts.billing import StripeEventStored
from libs.common.uow import UnitOfWork
from services.billing import metrics
from services.billing.domain.stripe.told import ToldEvent, ignored
from services.billing.repositories.stripe import told as stripe_told

Source = Literal["webhook", "reconciliation"]


async def store_stripe_event(
    event: ToldEvent, *, source: Source, body: bytes | None, uow: UnitOfWork, now: datetime
) -> bool:
    """Key: Stripe's event id, for ever. False for one that is known. One that is about nothing of ours is kept as ignored, and
    nobody is woken for it."""
    fresh = await stripe_told.add_event(uow.conn, event, source=source, body=body)
    metrics.STRIPE_TOLD.labels(source, "first" if fresh else "again").inc()
    if fresh and event.concerns_us:
        uow.publish(StripeEventStored(stripe_event_id=event.id), tenant_id=None)
    elif fresh:
        outcome = ignored(f"nothing of ours depends on a {event.object_kind}")
        await stripe_told.settle_event(uow.conn, event.id, outcome, now=now)
    return fresh
