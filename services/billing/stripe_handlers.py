"""The bus edge of what Stripe tells: one queue, which calls out."""

import functools
from collections.abc import Sequence

from libs.common.clock import utc_now
from libs.common.contracts.billing import StripeEventStored
from libs.common.messaging.consumer import Subscription
from libs.common.uow import Message
from services.billing.use_cases import apply_stripe_event as applying
from services.billing.use_cases.apply_stripe_object import Desk

TIMEOUT_S = 300
"""A subscription's invoices are read page by page, and Stripe may take its time."""


async def apply_stripe_event(event: StripeEventStored, *, message: Message, desk: Desk) -> None:
    """What Stripe told of is looked up and applied."""
    await applying.apply_stripe_event(event.stripe_event_id, message=message, desk=desk, now=utc_now())


def subscriptions(desk: Desk) -> Sequence[Subscription]:
    """One subscription per queue."""
    return [
        Subscription(
            "billing.apply_stripe_event",
            functools.partial(apply_stripe_event, desk=desk),
            calls_out=True,
            of_the_deleted=True,
            prefetch=4,
            timeout_s=TIMEOUT_S,
        )
    ]
