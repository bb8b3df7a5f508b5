"""An event of Stripe's: a hint that an object has changed. What it has become is asked of Stripe itself."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

CONCERNED = frozenset(
    {"invoice", "invoice_payment", "subscription", "checkout.session", "refund", "dispute", "credit_note"}
)
"""The kinds of objects that credits or entitlements depend on."""


class EventState(StrEnum):
    """What became of an event. Stored ones wait; refused ones contradict our record and are looked at again."""

    STORED = "stored"
    APPLIED = "applied"
    IGNORED = "ignored"
    REFUSED = "refused"


@dataclass(frozen=True)
class ToldEvent:
    """`object_kind` and `object_id` are what it is about; nothing else of it is believed."""

    id: str
    type: str
    object_kind: str
    object_id: str
    live: bool
    told_at: datetime

    @property
    def concerns_us(self) -> bool:
        return self.object_kind in CONCERNED and bool(self.object_id)


@dataclass(frozen=True)
class Outcome:
    """What came of looking at an object. `code` and `reason` say why where it was not applied."""

    state: EventState
    code: str | None = None
    reason: str | None = None


APPLIED = Outcome(EventState.APPLIED)


def ignored(reason: str) -> Outcome:
    """Nothing of ours."""
    return Outcome(EventState.IGNORED, reason=reason)


def refused(code: str, reason: str) -> Outcome:
    """It contradicts our record, and brings nothing."""
    return Outcome(EventState.REFUSED, code, reason)


def moment(unix_s: int) -> datetime:
    """Stripe tells time in seconds since 1970."""
    return datetime.fromtimestamp(unix_s, tz=UTC)
