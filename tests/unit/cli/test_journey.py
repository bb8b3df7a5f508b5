"""What a person reads about a job."""

from __future__ import annotations

from libs.cli.journey import outcome_of


def test_the_outcome_counts_every_row_once_and_names_only_what_happened() -> None:
    counts = {"rows_total": 1041, "rows_degraded": 0, "rows_failed": 1, "rows_skipped": 2}
    assert outcome_of(counts) == "1,038 of 1,041 rows; 1 failed; 2 skipped"
    assert outcome_of({"rows_total": 3}) == "3 of 3 rows"
