"""Which of a row's outcomes the sheet of a list and its retries shows."""

from dataclasses import dataclass

import pytest

from services.ingest.domain.overlay import effective


@dataclass(frozen=True)
class Came:
    status: str
    job: int
    reason: str | None = None


@pytest.mark.parametrize(
    ("statuses", "shown"),
    [
        (["failed"], 0),
        (["failed", "enriched"], 1),
        (["degraded", "failed"], 0),
        (["degraded", "degraded"], 1),
        (["failed", "degraded", "failed"], 1),
        (["enriched", "degraded"], 0),
        (["skipped", "enriched", "failed"], 1),
    ],
)
def test_the_best_outcome_counts_and_of_equals_the_newest(statuses: list[str], shown: int) -> None:
    """Red when a retry that fails takes away what the list had, or when a better answer is not shown."""
    outcomes = [Came(status, job) for job, status in enumerate(statuses)]
    assert effective(outcomes).job == shown


@pytest.mark.parametrize("other", ["enriched", "degraded", "failed", "skipped"])
def test_that_nobody_got_to_a_row_hides_nothing(other: str) -> None:
    """Red when a retry that was finished early takes the reason of a failure away, and the row from the next retry."""
    reached, left = Came(other, 0, "no_evidence"), Came("skipped", 1, "not_reached")
    assert effective([reached, left]) is reached
    assert effective([left, reached]) is reached
    assert effective([left]) is left
