"""What stands in the way of credits, in plain words."""

import pytest

from services.ingest.domain.spending import reason_of, shortage


@pytest.mark.parametrize(
    ("bound", "told"),
    [
        ("credits", "2 are available: get 3 more, then start a new job"),
        ("cap_day", "your workspace's cap for today leaves 2 credits: wait, or ask"),
        ("cap_month", "your workspace's cap for this month leaves 2 credits: wait, or ask"),
        ("cap_member", "your own cap for this month leaves 2 credits: wait, or ask"),
    ],
)
def test_a_cap_is_named_and_nobody_is_told_to_buy_what_it_would_not_let_them_spend(bound: str, told: str) -> None:
    """Red when a cap reads like too few credits."""
    words = shortage(reason_of(bound), needed=5, available=2, then="start a new job")
    assert words.startswith(told)
    assert words.endswith("then start a new job")
