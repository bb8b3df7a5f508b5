"""What Stripe said, word by word, is let go of after 90 days. That it came, and what became of it, stays."""

from datetime import datetime, timedelta

from libs.common.uow import OpenUow
from services.billing.repositories.stripe import told as stripe_told

KEEP_BODIES = timedelta(days=90)
_BATCH = 1_000


async def forget_stripe_bodies(*, open_uow: OpenUow, now: datetime) -> int:
    """In batches, each a transaction of its own. Answers how many."""
    forgotten, last = 0, _BATCH
    while last == _BATCH:
        async with open_uow() as uow:
            last = await stripe_told.forget_bodies(uow.conn, received_before=now - KEEP_BODIES, limit=_BATCH)
        forgotten += last
    return forgotten
