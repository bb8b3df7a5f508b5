"""What of Stripe's events waits or is refused, as a metric that every replica measures for itself."""

from datetime import datetime

from libs.common.uow import UnitOfWork
from services.billing import metrics
from services.billing.repositories.stripe import told as stripe_told


async def measure_stripe(*, uow: UnitOfWork, now: datetime) -> None:
    """The age of the oldest event that waits (0: none does), and how many stand refused."""
    found = await stripe_told.backlog(uow.conn)
    age_s = 0.0 if found.oldest is None else max(0.0, (now - found.oldest).total_seconds())
    metrics.STRIPE_OLDEST_UNAPPLIED.set(age_s)
    metrics.STRIPE_REFUSED.set(found.refused)
