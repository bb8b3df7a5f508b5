"""Credits that are bought by themselves: when, how much a month at most, and what ends it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from libs.common.errors import Invalid
from libs.common.money import amount_of
from services.billing.domain.selling.plans import PACKS

ASK_AGAIN_AFTER = timedelta(minutes=2)
"""A question to Stripe that nobody has recorded the answer of is asked again, under the same key."""
ANSWER_LOST = "Stripe's answer was lost for too long to ask again: what was paid brings its credits all the same"


@dataclass(frozen=True)
class AutoTopUp:
    """Below `threshold` credits buy `pack`, for `maximum_minor` a calendar month at most.

    `off_reason` says why it was turned off after a failure; a person turns it on again.
    """

    workspace_id: UUID
    threshold: int
    pack: str
    maximum_minor: int
    off_reason: str | None = None
    maximum_told_for: date | None = None

    @property
    def is_on(self) -> bool:
        return self.off_reason is None


@dataclass(frozen=True)
class PackPrice:
    """What a pack costs: whole smallest units of a currency."""

    amount_minor: int
    currency: str


@dataclass(frozen=True)
class TopUp:
    """One purchase. Its id is the key under which Stripe is asked. It counts in `month`, named by its first day."""

    id: UUID
    workspace_id: UUID
    month: date
    pack: str
    credits: int
    amount_minor: int
    currency: str
    asked_at: datetime
    created_at: datetime


@dataclass(frozen=True)
class Outcome:
    """What came of a purchase. `reason`, and perhaps `pay_url`, where it was refused or waits for its owner. `amount_minor` is
    what it came to with tax, where that is known (0 where not). `is_too_much`: more than the month's maximum leaves."""

    state: Literal["paid", "failed"]
    reason: str = ""
    invoice_id: str | None = None
    pay_url: str | None = None
    amount_minor: int = 0
    is_too_much: bool = False


def check_auto_top_up(wanted: AutoTopUp, *, price: PackPrice | None) -> None:
    """Raises Invalid: `pack_unknown`, `pack_not_sold`, `threshold_too_low`, `maximum_too_low`."""
    if wanted.pack not in PACKS:
        msg = f"there is no pack {wanted.pack!r}: choose one of {', '.join(PACKS)}"
        raise Invalid(msg, code="pack_unknown")
    if price is None:
        msg = f"the pack {wanted.pack} has no price at Stripe at present: choose another, or ask an operator"
        raise Invalid(msg, code="pack_not_sold")
    if wanted.threshold < 1:
        msg = "a threshold of 0 credits is never fallen below: give at least 1"
        raise Invalid(msg, code="threshold_too_low")
    if wanted.maximum_minor < price.amount_minor:
        msg = (
            f"the maximum of {amount_of(wanted.maximum_minor, price.currency)} a month does not pay for one pack, which costs"
            f" {amount_of(price.amount_minor, price.currency)}: raise it, or choose a smaller pack"
        )
        raise Invalid(msg, code="maximum_too_low")


def may_buy(rule: AutoTopUp, price: PackPrice, *, spent_minor: int) -> bool:
    """Whether one more fits into the month's maximum."""
    return spent_minor + price.amount_minor <= rule.maximum_minor
