"""When a mailbox is paused for bounces and complaints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sender.domain.mailboxes.guardrails import Limits, Tally, judge

LIMITS = Limits()


@pytest.mark.parametrize(
    ("tally", "reason"),
    [
        (Tally(49, 49, 49), None),
        (Tally(50, 1, 0), None),
        (Tally(50, 2, 0), "bounces"),
        (Tally(1000, 20, 1), None),
        (Tally(1000, 21, 0), "bounces"),
        (Tally(1000, 0, 2), "complaints"),
        (Tally(50, 0, 1), "complaints"),
    ],
)
def test_a_mailbox_is_paused_above_its_shares_and_not_before_fifty_mails(tally: Tally, reason: str | None) -> None:
    """Red when a first bounce of five mails pauses, when 2 % exactly does, or when complaints are not looked at."""
    found = judge(tally, LIMITS)
    assert (found.reason if found else None) == reason


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 10_000))
def test_more_of_either_never_lets_a_mailbox_go_on(mails: int, bounces: int, complaints: int) -> None:
    """Red when a rule of one hides what the other says."""
    found = judge(Tally(mails, bounces, complaints), LIMITS)
    if found is not None:
        assert judge(Tally(mails, bounces + 1, complaints + 1), LIMITS) is not None


def test_the_sentence_says_the_numbers() -> None:
    """Red when a person is told to check a list without being told how bad it is."""
    found = judge(Tally(100, 5, 0), LIMITS)
    assert found is not None
    assert "5 of 100" in found.detail
    assert "2 %" in found.detail
