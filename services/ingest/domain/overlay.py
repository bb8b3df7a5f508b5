"""A list and its retries as one sheet: which of a row's outcomes counts."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

RANK = {"enriched": 0, "degraded": 1, "skipped": 2, "failed": 3}
"""Of two outcomes of a row, the one with the lower number counts."""


class Outcome(Protocol):
    """What a row came out as."""

    @property
    def status(self) -> str: ...


AnyOutcome = TypeVar("AnyOutcome", bound=Outcome)


def effective(outcomes: Sequence[AnyOutcome]) -> AnyOutcome:
    """Of a row's outcomes, oldest job first, the one that the sheet shows: the best; of equals the newest.

    Raises ValueError when there is none.
    """
    return min(reversed(outcomes), key=lambda outcome: RANK[outcome.status])
