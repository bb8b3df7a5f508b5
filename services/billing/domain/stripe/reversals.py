"""Money that goes back takes the credits it paid for with it: refunds and credit notes their part, a dispute all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.billing.domain.credits.grants import REFUND_LIFETIME
from services.billing.domain.stripe.crediting import Contradiction

ReversalKind = Literal["refund", "credit_note", "dispute", "void"]
WHOLE = frozenset({"dispute", "void"})
"""These take everything, however much of the money they are about."""

_REFUND_UNDONE = frozenset({"failed", "canceled"})
_DISPUTE_MOVED_NO_MONEY = frozenset(
    {"won", "prevented", "warning_needs_response", "warning_under_review", "warning_closed"}
)


@dataclass(frozen=True)
class Reversal:
    """What takes the money of an invoice back, or did until it fell away (`active`). `amount` is money."""

    id: str
    kind: ReversalKind
    invoice_id: str
    amount: int
    status: str
    active: bool
    reason: str
    told_at: datetime


@dataclass(frozen=True)
class Standing:
    """An invoice's credits: what it brought, how much of that its reversals ask back, how much of that was there."""

    granted: int
    taken: int
    recalled: int


@dataclass(frozen=True)
class Change:
    """What has to be done to an invoice's credits: `take` so many, or `give_back` so many of those that were recalled."""

    take: int = 0
    give_back: int = 0


def refund_is_active(status: str) -> bool:
    """Whether a refund's money is away, or on its way."""
    return status not in _REFUND_UNDONE


def dispute_is_active(status: str) -> bool:
    """Whether a dispute has taken the money, and not given it back. An inquiry has not taken any."""
    return status not in _DISPUTE_MOVED_NO_MONEY


def asked_back(granted: int, *, money: int, reversals: Sequence[Reversal]) -> int:
    """How many of an invoice's credits its reversals take, in whatever order they came. Rounded in the customer's favour,
    except that all of the money takes all of the credits."""
    active = [one for one in reversals if one.active]
    if any(one.kind in WHOLE for one in active):
        return granted
    back = min(sum(one.amount for one in active), money)
    return granted * back // money if money else 0


def change_to(wanted: int, standing: Standing) -> Change:
    """From what is taken to what should be. What could not be recalled (it had expired unused) is not given back either."""
    if wanted >= standing.taken:
        return Change(take=wanted - standing.taken)
    surplus = standing.taken - wanted
    return Change(give_back=standing.recalled * surplus // standing.taken)


def check_turn(before: Reversal, after: Reversal) -> None:
    """What has fallen away stays away. Raises Contradiction `stripe_reversal_revived` where Stripe says otherwise."""
    if after.active and not before.active:
        msg = (
            f"{after.id} was {before.status}, and is {after.status} again: its credits were given back; adjust by hand"
        )
        raise Contradiction(msg, code="stripe_reversal_revived")


def returned_until(longest: datetime | None, *, now: datetime) -> datetime | None:
    """When credits that are given back expire: with what they were taken from, but not before a month has passed for what
    had expired by then."""
    return longest if longest is None or longest > now else now + REFUND_LIFETIME


def plan_credits_until(period_ends_at: datetime, *, grace: timedelta, now: datetime) -> datetime:
    """When a period's credits expire. For a period that was over before it was heard of: a month from now."""
    until = period_ends_at + grace
    return until if until > now else now + REFUND_LIFETIME
