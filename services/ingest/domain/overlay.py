"""A list and its retries as one sheet: which of a row's outcomes counts."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from services.ingest.domain.jobs import NOT_REACHED

RANK = {"enriched": 0, "degraded": 1, "skipped": 2, "failed": 3}
"""Of two outcomes of a row, the one with the lower number counts."""
LAST_RANK = 4
"""Of a row that nobody got to: whatever another job made of it says more, also that it failed."""


class Outcome(Protocol):
    """What a row came out as."""

    @property
    def status(self) -> str: ...

    @property
    def reason(self) -> str | None: ...


AnyOutcome = TypeVar("AnyOutcome", bound=Outcome)


def effective(outcomes: Sequence[AnyOutcome]) -> AnyOutcome:
    """Of a row's outcomes, oldest job first, the one that the sheet shows: the best; of equals the newest.

    Raises ValueError when there is none.
    """
    return min(reversed(outcomes), key=_rank_of)


def _rank_of(outcome: Outcome) -> int:
    is_last = outcome.status == "skipped" and outcome.reason == NOT_REACHED
    return LAST_RANK if is_last else RANK[outcome.status]
