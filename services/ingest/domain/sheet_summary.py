"""What the `Summary` sheet says: which job, how its rows came out and why, what it cost, what it rests on."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from services.ingest.domain.source_tally import SourceTally
from services.ingest.domain.usage import Calls, Taken, Usage

SummaryCell = str | int | datetime | None
SummaryRow = list[SummaryCell]

_MAX_REASONS = 200
_OTHER_REASONS = "other reasons"
_NUMBER = re.compile(r"\d[\d.:,-]*")
_REAL = "Real: researched with live providers."
_SANDBOXED = (
    "Sandboxed: stand-ins for the providers had a hand in it, and what they say is made up. Send none of it to anybody."
)
_FINAL = "Finished: every row has its outcome."
_PARTIAL = (
    "Partial: the job was still under way; rows that are `pending` had no outcome, and their new columns are blank."
)
STATUSES = ("enriched", "degraded", "failed", "skipped", "pending")


@dataclass(frozen=True)
class SheetFacts:
    """What is known of a sheet before its rows are seen. Credits, and what was `taken`, are those of the list with all its
    retries."""

    filename: str
    job_id: UUID
    made_at: datetime
    is_partial: bool
    credits_held: int
    credits_charged: int
    credits_per_row: int
    price_version: int
    sandboxed: bool
    taken: Taken = field(default_factory=Taken)


@dataclass
class SheetTally:
    """What is counted while the rows go by."""

    statuses: Counter[str] = field(default_factory=Counter[str])
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    sources: SourceTally = field(default_factory=SourceTally)
    sandboxed: int = 0

    def add(self, *, status: str, reason: str | None, sandboxed: bool) -> None:
        """Note a row's outcome."""
        self.statuses[status] += 1
        self.sandboxed += sandboxed
        if reason:
            # `duplicate of row 12` and `… of row 13` are one reason.
            key = (status, _NUMBER.sub("…", reason))
            known = key in self.reasons or len(self.reasons) < _MAX_REASONS
            self.reasons[key if known else (status, _OTHER_REASONS)] += 1


def summary_rows(facts: SheetFacts, tally: SheetTally) -> Sequence[SummaryRow]:
    """The rows of the sheet: what, value, remark. The first is its header."""
    about: list[SummaryRow] = [
        ["Summary", "Value", "Remark"],
        ["File", facts.filename],
        ["Job", str(facts.job_id)],
        ["Made at (UTC)", facts.made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)],
        ["State", _PARTIAL if facts.is_partial else _FINAL],
        ["Real or sandboxed", _SANDBOXED if facts.sandboxed or tally.sandboxed else _REAL],
    ]
    return [*about, *_rows(tally), *_credits(facts), *_took(facts.taken), *_sources(tally.sources)]


def _rows(tally: SheetTally) -> list[SummaryRow]:
    counts: list[SummaryRow] = [[f"Rows {status}", tally.statuses[status]] for status in STATUSES]
    if tally.sandboxed:
        counts.append(["Rows sandboxed", tally.sandboxed])
    reasons = sorted(tally.reasons.items(), key=lambda found: (found[0][0], -found[1], found[0][1]))
    return [
        ["Rows", tally.statuses.total()],
        *counts,
        *([f"Rows {status}, because", count, reason] for (status, reason), count in reasons),
    ]


def _credits(facts: SheetFacts) -> list[SummaryRow]:
    return [
        ["Credits held", facts.credits_held],
        ["Credits charged", facts.credits_charged],
        ["Credits per enriched row", facts.credits_per_row],
        ["Price version", facts.price_version],
    ]


def _took(taken: Taken) -> list[SummaryRow]:
    return [
        *_took_one(taken.real, suffix="", priced="by price list"),
        *_took_one(taken.sandboxed, suffix=", sandboxed", priced="had it not been the sandbox"),
    ]


def _took_one(usage: Usage, *, suffix: str, priced: str) -> list[SummaryRow]:
    if not usage.rows:
        return []
    return [
        [f"Took{suffix}: micro-dollars", usage.cost_microusd, f"{_dollars(usage.cost_microusd)}, {priced}"],
        *(
            [f"Took{suffix}: calls to {name}", one.calls, _dollars(one.cost_microusd)]
            for name, one in sorted(usage.providers.items())
        ),
        *(
            [f"Took{suffix}: tokens of {name}", one.tokens_in + one.tokens_out, _tokens(one)]
            for name, one in sorted(usage.models.items())
        ),
        [f"Took{suffix}: answers that were known already", usage.cache_hits],
    ]


def _tokens(calls: Calls) -> str:
    return f"{calls.tokens_in} in, {calls.tokens_out} out, {calls.calls} calls, {_dollars(calls.cost_microusd)}"


def _dollars(microusd: int) -> str:
    return f"US$ {microusd / 1_000_000:.4f}"


def _sources(sources: SourceTally) -> list[SummaryRow]:
    remark = None if sources.is_complete else "at least: the sheet cites more than are told apart here"
    return [
        ["Different sources", sources.total, remark],
        *([f"Sources of kind {kind}", count] for kind, count in sources.kinds),
        *([f"Sources at {host}", count] for host, count in sources.top_hosts),
    ]
