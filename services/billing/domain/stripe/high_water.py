"""What a subscription's paid invoices bring, so that switching mints nothing.

Every paid invoice moves a subscription's sum of credits: up by what it sells, down by the time it takes back unused. Money that
is given back for that time lies on the customer's balance at Stripe and pays the next invoices. So credits are granted only
where the sum rises above the highest that it has ever been: below that they have been granted already.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

Moment = tuple[datetime, datetime, int, str]


@dataclass(frozen=True)
class Counted:
    """A paid invoice of a subscription: what its plan lines sum up to (signed), and what was granted for them so far."""

    invoice_id: str
    at: Moment
    credits: int
    granted: int = 0


def still_due(invoices: Sequence[Counted]) -> dict[str, int]:
    """Invoice → credits that are to be granted for it, beyond what has been granted to any of them.

    Each invoice is granted for once. What is granted in all is the highest sum reached, never more, in whatever order and
    however often the invoices were heard of.
    """
    in_order = sorted(invoices, key=lambda one: one.at)
    left = _highest(in_order) - sum(one.granted for one in in_order)
    due, total, highest = dict[str, int](), 0, 0
    for one in in_order:
        total += one.credits
        rise = max(0, total - highest)
        highest = max(highest, total)
        grant = min(rise, left)
        if grant > 0 and not one.granted:
            due[one.invoice_id] = grant
            left -= grant
    return due


def _highest(in_order: Sequence[Counted]) -> int:
    total = highest = 0
    for one in in_order:
        total += one.credits
        highest = max(highest, total)
    return highest
