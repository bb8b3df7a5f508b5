"""Spend caps: which one bounds a hold, and when a workspace's day and month begin."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.ids import new_id
from services.billing.domain.credits.grants import grant_credits
from services.billing.domain.credits.holds import HoldState
from services.billing.domain.credits.ledger import Books, Grant, GrantKind
from services.billing.domain.credits.placing import HoldRequest, place
from services.billing.domain.credits.postings import Subject
from services.billing.domain.credits.raising import RaiseRequest, raise_hold
from services.billing.domain.watching.caps import (
    Caps,
    DeclineReason,
    Limit,
    Spent,
    limit_of,
    month_at,
    periods_at,
    room,
)

NOW = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
TODAY = Limit(4, DeclineReason.CAP_DAY)


def books_of(size: int) -> Books:
    grant = Grant(new_id(), GrantKind.PURCHASED, 40, None, size=size)
    return grant_credits(Books(new_id()), grant, business_key="grant:a", reason="a test", now=NOW).books


def request_of(credits_: int, *, step: int | None = None) -> HoldRequest:
    return HoldRequest(Subject("job", new_id()), credits_, 1, step)


def test_a_hold_within_the_cap_is_placed_and_one_above_it_is_told_what_the_cap_leaves() -> None:
    """Red when the limit is not looked at."""
    placed = place(books_of(100), None, request_of(4), now=NOW, limit=TODAY).hold
    assert (placed.state, placed.placed) == (HoldState.HELD, 4)
    declined = place(books_of(100), None, request_of(5), now=NOW, limit=TODAY).hold
    assert (declined.state, declined.declined_available, declined.declined_reason) == (HoldState.DECLINED, 4, "cap_day")


def test_too_few_credits_are_the_reason_where_the_cap_would_leave_more() -> None:
    declined = place(books_of(3), None, request_of(5), now=NOW, limit=TODAY).hold
    assert (declined.declined_available, declined.declined_reason) == (3, "credits")


def test_a_hold_with_a_step_takes_the_greatest_multiple_that_the_cap_leaves() -> None:
    """Red when a partial hold looks at what is available only."""
    assert place(books_of(100), None, request_of(10, step=3), now=NOW, limit=TODAY).hold.placed == 3
    assert place(books_of(100), None, request_of(10, step=5), now=NOW, limit=TODAY).hold.declined_reason == "cap_day"


def test_a_raise_is_bounded_as_a_hold_is_and_what_is_held_stays_held() -> None:
    """Red when raising gets around the cap."""
    held = place(books_of(100), None, request_of(10), now=NOW)
    asked = RaiseRequest(held.hold.subject, 1, 15)
    decision, answer = raise_hold(held.books, held.hold, asked, before=None, now=NOW, limit=TODAY)
    assert (answer.credits, answer.needed, answer.available, answer.reason) == (None, 5, 4, "cap_day")
    assert decision.hold == held.hold
    within = RaiseRequest(held.hold.subject, 2, 14)
    assert raise_hold(held.books, held.hold, within, before=None, now=NOW, limit=TODAY)[1].credits == 14


def test_the_tightest_cap_is_the_one_that_is_named() -> None:
    caps = Caps(per_day=10, per_month=20, per_member=30)
    assert limit_of(caps, Spent(day=9, month=9, member=9), has_member=True) == Limit(1, DeclineReason.CAP_DAY)
    assert limit_of(caps, Spent(day=0, month=19, member=0), has_member=True) == Limit(1, DeclineReason.CAP_MONTH)
    assert limit_of(caps, Spent(day=0, month=0, member=30), has_member=True) == Limit(0, DeclineReason.CAP_MEMBER)


def test_what_nobody_ordered_is_capped_for_no_member() -> None:
    assert limit_of(Caps(per_member=1), Spent(member=5), has_member=False) is None


def test_a_workspace_that_lowered_its_cap_below_what_is_spent_has_nothing_left() -> None:
    """Red when a cap leaves less than nothing."""
    assert limit_of(Caps(per_day=5), Spent(day=8), has_member=True) == Limit(0, DeclineReason.CAP_DAY)


@given(available=st.integers(0, 50), left=st.integers(0, 50))
def test_a_cap_never_leaves_more_than_there_is(available: int, left: int) -> None:
    size, reason = room(available, Limit(left, DeclineReason.CAP_MONTH))
    assert size == min(available, left)
    assert reason == ("credits" if available <= left else "cap_month")


@pytest.mark.parametrize(
    ("zone", "day", "month"),
    [
        ("UTC", "2026-03-01T00:00Z", "2026-03-01T00:00Z"),
        ("America/New_York", "2026-02-28T05:00Z", "2026-02-01T05:00Z"),
        ("Asia/Tokyo", "2026-02-28T15:00Z", "2026-02-28T15:00Z"),
        ("nowhere", "2026-03-01T00:00Z", "2026-03-01T00:00Z"),
    ],
)
def test_a_day_and_a_month_begin_at_the_workspaces_midnight(zone: str, day: str, month: str) -> None:
    """Red when the day is UTC's everywhere."""
    periods = periods_at(NOW, time_zone=zone)
    assert (periods.day, periods.month) == (datetime.fromisoformat(day), datetime.fromisoformat(month))


def test_a_month_is_named_by_its_first_day() -> None:
    assert month_at(NOW, time_zone="America/New_York").isoformat() == "2026-02-01"
