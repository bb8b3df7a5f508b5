"""What must be true of every ledger, checked against figures that were counted independently of each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.billing.domain.credits.ledger import Balance

OVERDUE_AFTER = timedelta(minutes=15)
"""How long a hold may stay open after its subject's end."""
NIGHT_HOUR = 2
"""When all accounts are proven, in UTC."""


@dataclass(frozen=True)
class Evidence:
    """One snapshot of a workspace: what is cached (account, grants, holds) and what its entries and captures add up to.

    `chain_break` is the first place at which the chain of entries is not what it was, `spent_by_day` what the days add up to.
    `granted_left` is grants − voided − expired − clawed back. The lists name what differs.
    """

    cached: Balance
    rebuilt: Balance
    granted_left: int
    spent_by_day: int
    chain_break: str | None
    transactions_off: Sequence[str]
    grants_off: Sequence[str]
    holds_off: Sequence[str]
    overdue: Sequence[str]


@dataclass(frozen=True)
class Check:
    """One sentence that must hold; `found` says what contradicts it."""

    name: str
    holds: bool
    found: str = ""


def prove(evidence: Evidence) -> list[Check]:
    """Every check, whether it holds or not."""
    cached = evidence.cached
    accounted = cached.available + cached.held + cached.settling + cached.spent
    return [
        Check("chain_intact", evidence.chain_break is None, evidence.chain_break or ""),
        _none("entries_sum_to_zero", evidence.transactions_off),
        _equal("equation_holds", evidence.granted_left, accounted),
        _equal("balance_equals_entries", evidence.rebuilt, cached),
        _equal("days_equal_entries", evidence.rebuilt.spent, evidence.spent_by_day),
        _none("grants_equal_entries", evidence.grants_off),
        _none("holds_equal_captures", evidence.holds_off),
        _none("no_overdue_hold", evidence.overdue),
    ]


def is_run_due(last_started_at: datetime | None, *, now: datetime) -> bool:
    """Whether no run over all accounts has begun since the last 02:00 UTC."""
    night = now.astimezone(UTC).replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    if night > now:
        night -= timedelta(days=1)
    return last_started_at is None or last_started_at < night


def _none(name: str, found: Sequence[str]) -> Check:
    return Check(name, not found, ", ".join(found))


def _equal(name: str, expected: object, cached: object) -> Check:
    return Check(name, expected == cached, "" if expected == cached else f"entries say {expected}, cached is {cached}")
