"""What has changed at Stripe since some time: its own list of events, which goes back 30 days."""

from collections.abc import AsyncIterator
from datetime import datetime

import stripe as sdk

from services.billing.clients.stripe.account import Stripe
from services.billing.domain.stripe.told import ToldEvent, moment

_PAGE = 100


async def list_events(*, since: datetime, stripe: Stripe) -> list[ToldEvent]:
    """Every event since then that concerns us, the oldest first, whether it was delivered or not."""
    with stripe.asking("events") as client:
        page = await client.v1.events.list_async({"created": {"gte": int(since.timestamp())}, "limit": _PAGE})
        found = [_event(one) async for one in page.auto_paging_iter()]
    return [one for one in reversed(found) if one.concerns_us]


async def list_objects(*, since: datetime, stripe: Stripe) -> list[tuple[str, str]]:
    """Kind and id of every invoice, refund, dispute and subscription made since then, for a time that events no longer tell
    of. Money that went back comes after what it was paid for."""
    made = int(since.timestamp())
    with stripe.asking("objects") as client:
        v1 = client.v1
        subscriptions = await v1.subscriptions.list_async({"created": {"gte": made}, "status": "all", "limit": _PAGE})
        invoices = await v1.invoices.list_async({"created": {"gte": made}, "limit": _PAGE})
        refunds = await v1.refunds.list_async({"created": {"gte": made}, "limit": _PAGE})
        disputes = await v1.disputes.list_async({"created": {"gte": made}, "limit": _PAGE})
        return [
            *await _all("subscription", subscriptions.auto_paging_iter()),
            *await _all("invoice", invoices.auto_paging_iter()),
            *await _all("refund", refunds.auto_paging_iter()),
            *await _all("dispute", disputes.auto_paging_iter()),
        ]


async def _all(kind: str, found: AsyncIterator[sdk.StripeObject]) -> list[tuple[str, str]]:
    return [(kind, str(one["id"])) async for one in found]


def _event(found: sdk.Event) -> ToldEvent:
    about = found.data.object
    kind, id_ = str(getattr(about, "object", "")), str(getattr(about, "id", ""))
    return ToldEvent(found.id, found.type, kind, id_, live=found.livemode, told_at=moment(found.created))
