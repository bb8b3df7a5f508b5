"""Billing periods and proration, to the second, as Stripe counts them."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime

HOUR_S = 3_600
DAY_S = 86_400
_FIXED_S = {"day": DAY_S, "week": 7 * DAY_S}
_MONTHS = {"month": 1, "year": 12}


def added(anchor: int, *, interval: str, count: int) -> int:
    """So many intervals after the anchor; a month that has no such day ends on its last one."""
    if interval in _FIXED_S:
        return anchor + count * _FIXED_S[interval]
    start = datetime.fromtimestamp(anchor, UTC)
    months = start.year * 12 + start.month - 1 + count * _MONTHS[interval]
    year, month = months // 12, months % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())


def period_from(anchor: int, *, start: int, interval: str, every: int) -> tuple[int, int]:
    """The period that begins at `start` and ends where the anchor's rhythm next falls."""
    count = every
    while added(anchor, interval=interval, count=count) <= start:
        count += every
    return start, added(anchor, interval=interval, count=count)


def prorated(amount: int, *, left_s: int, whole_s: int) -> int:
    """The part of an amount for what is left of a period, rounded to the nearest minor unit, halves up."""
    if whole_s <= 0:
        return 0
    sign = -1 if amount < 0 else 1
    return sign * ((2 * abs(amount) * left_s + whole_s) // (2 * whole_s))
