"""Periods and prorations are counted as Stripe counts them: to the second, to the nearest cent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.sandbox.stripe.periods import added, period_from, prorated


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("anchor", "interval", "count", "then"),
    [
        ("2026-01-15T10:00:00", "month", 1, "2026-02-15T10:00:00"),
        ("2026-01-31T10:00:00", "month", 1, "2026-02-28T10:00:00"),
        ("2026-01-31T10:00:00", "month", 2, "2026-03-31T10:00:00"),
        ("2024-02-29T00:00:00", "year", 1, "2025-02-28T00:00:00"),
        ("2026-11-30T23:59:59", "month", 3, "2027-02-28T23:59:59"),
        ("2026-01-31T10:00:00", "week", 2, "2026-02-14T10:00:00"),
        ("2026-01-31T10:00:00", "day", 1, "2026-02-01T10:00:00"),
    ],
)
def test_an_interval_later_is_the_same_day_or_the_months_last(
    anchor: str, interval: str, count: int, then: str
) -> None:
    """Red when a renewal drifts: a month is not thirty days, and February forgets nothing for March."""
    assert added(_at(anchor), interval=interval, count=count) == _at(then)


@given(anchor=st.integers(0, 4_000_000_000), months=st.integers(0, 40))
def test_periods_follow_each_other_without_gap_or_overlap(anchor: int, months: int) -> None:
    """Red when a second belongs to two periods, or to none."""
    start = anchor
    for _ in range(months):
        begins, ends = period_from(anchor, start=start, interval="month", every=1)
        assert begins == start < ends
        start = ends
    assert start == added(anchor, interval="month", count=months)


@pytest.mark.parametrize(
    ("amount", "left_s", "whole_s", "part"),
    [
        (4_900, 20, 30, 3_267),
        (14_900, 20, 30, 9_933),
        (4_900, 30, 30, 4_900),
        (4_900, 0, 30, 0),
        (1, 1, 2, 1),
        (-4_900, 20, 30, -3_267),
        (4_900, 1, 2_592_000, 0),
        (4_900, 1, 0, 0),
    ],
)
def test_a_part_of_a_period_costs_its_share(amount: int, left_s: int, whole_s: int, part: int) -> None:
    """Red when a proration is cut off instead of rounded, or credits differ from debits."""
    assert prorated(amount, left_s=left_s, whole_s=whole_s) == part


@given(amount=st.integers(0, 10**9), whole_s=st.integers(1, 40_000_000), data=st.data())
def test_a_credit_is_the_debit_turned_round(amount: int, whole_s: int, data: st.DataObject) -> None:
    """Red when switching back and forth within a second would cost or earn a cent."""
    left_s = data.draw(st.integers(0, whole_s))
    part = prorated(amount, left_s=left_s, whole_s=whole_s)
    assert prorated(-amount, left_s=left_s, whole_s=whole_s) == -part
    assert 0 <= part <= amount
