"""When all accounts are proven again."""

from datetime import UTC, datetime, timedelta

import pytest

from services.billing.domain.credits.proof import is_run_due

NOW = datetime(2026, 11, 27, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("began_hours_ago", "due"),
    [(None, True), (0, False), (11.9, False), (12.1, True), (24, True)],
)
def test_a_run_is_due_when_none_has_begun_since_two_in_the_night(began_hours_ago: float | None, due: bool) -> None:
    """Red when a day is counted from the last run, so that runs wander through the day."""
    began = None if began_hours_ago is None else NOW - timedelta(hours=began_hours_ago)
    assert is_run_due(began, now=NOW) is due


def test_before_two_the_night_is_yesterdays() -> None:
    early = NOW.replace(hour=1)
    assert is_run_due(early - timedelta(hours=24), now=early)
    assert not is_run_due(early - timedelta(hours=22), now=early)
