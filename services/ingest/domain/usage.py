"""What rows took: calls, tokens, cost and credits, summed from their receipts; what stand-ins had a hand in stays apart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from typing import Protocol

from libs.common.errors import Invalid

MOST_DAYS = 366
DAYS_SHOWN = 30
"""Without a word on how many."""


class ModelUsed(Protocol):
    """What a receipt says of a model."""

    @property
    def calls(self) -> int: ...
    @property
    def tokens_in(self) -> int: ...
    @property
    def tokens_out(self) -> int: ...
    @property
    def cost_microusd(self) -> int: ...


class Receipted(Protocol):
    """What a row's receipt says."""

    @property
    def provider_calls(self) -> Mapping[str, int]: ...
    @property
    def provider_costs(self) -> Mapping[str, int]: ...
    @property
    def by_model(self) -> Mapping[str, ModelUsed]: ...
    @property
    def tokens_in(self) -> int: ...
    @property
    def tokens_out(self) -> int: ...
    @property
    def cost_microusd(self) -> int: ...
    @property
    def cache_hits(self) -> int: ...
    @property
    def duration_ms(self) -> int: ...
    @property
    def attempts(self) -> int: ...
    @property
    def sandboxed(self) -> bool: ...


@dataclass(slots=True)
class Calls:
    """Calls to a provider or a model. A provider's tokens are told by its models."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_microusd: int = 0

    def add(self, other: ModelUsed) -> None:
        """Count others' calls in."""
        self.calls += other.calls
        self.tokens_in += other.tokens_in
        self.tokens_out += other.tokens_out
        self.cost_microusd += other.cost_microusd


@dataclass(slots=True)
class Usage:
    """Sums over rows. `duration_ms` is what the rows took one by one; they are worked on side by side."""

    rows_enriched: int = 0
    rows_degraded: int = 0
    rows_failed: int = 0
    rows_skipped: int = 0
    credits: int = 0
    attempts: int = 0
    cache_hits: int = 0
    duration_ms: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_microusd: int = 0
    providers: dict[str, Calls] = field(default_factory=dict[str, Calls])
    models: dict[str, Calls] = field(default_factory=dict[str, Calls])

    @property
    def rows(self) -> int:
        """How many rows were answered."""
        return self.rows_enriched + self.rows_degraded + self.rows_failed + self.rows_skipped

    def note(self, status: str, receipt: Receipted) -> None:
        """Count a row in."""
        match status:
            case "enriched":
                self.rows_enriched += 1
            case "degraded":
                self.rows_degraded += 1
            case "failed":
                self.rows_failed += 1
            case _:
                self.rows_skipped += 1
        self.attempts += receipt.attempts
        self.cache_hits += receipt.cache_hits
        self.duration_ms += receipt.duration_ms
        self.tokens_in += receipt.tokens_in
        self.tokens_out += receipt.tokens_out
        self.cost_microusd += receipt.cost_microusd
        costs = receipt.provider_costs
        for name, calls in receipt.provider_calls.items():
            provider = self.providers.get(name) or self.providers.setdefault(name, Calls())
            provider.calls += calls
            provider.cost_microusd += costs.get(name, 0)
        for name, use in receipt.by_model.items():
            (self.models.get(name) or self.models.setdefault(name, Calls())).add(use)

    def add(self, other: "Usage") -> None:
        """Count other rows' sums in."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for mine, others in ((self.providers, other.providers), (self.models, other.models)):
            for name, calls in others.items():
                mine.setdefault(name, Calls()).add(calls)


COUNTS = tuple(one.name for one in fields(Usage) if one.type is int)
"""The sums that are not told apart by provider or model."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What really was asked of providers, and what stand-ins had a hand in."""

    real: Usage = field(default_factory=Usage)
    sandboxed: Usage = field(default_factory=Usage)

    def of(self, *, sandboxed: bool) -> Usage:
        """One of the two."""
        return self.sandboxed if sandboxed else self.real


def usage_of(rows: Iterable[tuple[str, Receipted]], *, earned: int, sandboxed: bool) -> Taken:
    """What rows (status and receipt) took. Rows go by their own mark, the credits earned by the job's, `sandboxed`."""
    taken = Taken()
    for status, receipt in rows:
        taken.of(sandboxed=receipt.sandboxed).note(status, receipt)
    taken.of(sandboxed=sandboxed).credits += earned
    return taken


def in_all(parts: Iterable[Taken]) -> Taken:
    """The sum of the parts."""
    total = Taken()
    for part in parts:
        total.real.add(part.real)
        total.sandboxed.add(part.sandboxed)
    return total


def day_of(now: datetime) -> date:
    """The UTC day that something counts for."""
    return now.astimezone(UTC).date()


def period_of(first: date | None, last: date | None, *, today: date) -> tuple[date, date]:
    """The first and the last day of what was asked for: up to today and 30 days where nothing is said.

    Raises Invalid `days_reversed`, `too_many_days`.
    """
    last = last or (today if first is None else max(first, today))
    first = first or date.fromordinal(max(1, last.toordinal() - DAYS_SHOWN + 1))
    if first > last:
        msg = f"from ({first}) is after to ({last}): name the earlier day first"
        raise Invalid(msg, code="days_reversed")
    days = (last - first).days + 1
    if days > MOST_DAYS:
        msg = f"{first} to {last} are {days} days, at most {MOST_DAYS} are shown at once: ask for them in parts"
        raise Invalid(msg, code="too_many_days", extra={"days": days, "most": MOST_DAYS})
    return first, last
