"""Spend caps: how many credits a workspace lets itself set aside in a day, a month, and for one member in a month."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MAX_MEMBER_CAPS = 1_000
"""How many members of a workspace may have a cap of their own."""


class DeclineReason(StrEnum):
    """What stood in the way of a hold."""

    CREDITS = "credits"
    CAP_DAY = "cap_day"
    CAP_MONTH = "cap_month"
    CAP_MEMBER = "cap_member"


@dataclass(frozen=True)
class Caps:
    """Whole credits; None is without a cap. `per_member` is for each member, per month."""

    per_day: int | None = None
    per_month: int | None = None
    per_member: int | None = None


@dataclass(frozen=True)
class OwnCap:
    """What was set for one member alone, in place of `per_member`: credits per month; None is without a cap."""

    per_month: int | None

    def replacing(self, caps: Caps) -> Caps:
        """The caps that hold for this member."""
        return Caps(caps.per_day, caps.per_month, self.per_month)


@dataclass(frozen=True)
class Periods:
    """When the present day and month of a workspace began."""

    day: datetime
    month: datetime


@dataclass(frozen=True)
class Spent:
    """Credits that were set aside in the present day and month and are still held or have been captured.

    `member` is the part of the month's that the asking member ordered.
    """

    day: int = 0
    month: int = 0
    member: int = 0


@dataclass(frozen=True)
class Limit:
    """What a cap leaves, and which one it is."""

    left: int
    reason: DeclineReason


def periods_at(now: datetime, *, time_zone: str) -> Periods:
    """The day and the month by the workspace's own midnight. A zone that nobody knows counts as UTC."""
    zone = _zone(time_zone)
    today = now.astimezone(zone).date()
    return Periods(day=_midnight(today, zone), month=_midnight(today.replace(day=1), zone))


def month_at(now: datetime, *, time_zone: str) -> date:
    """The first day of the workspace's present month."""
    return now.astimezone(_zone(time_zone)).date().replace(day=1)


def limit_of(caps: Caps, spent: Spent, *, has_member: bool) -> Limit | None:
    """The tightest of the caps, or None without any. What nobody ordered counts for no member."""
    limits = [
        Limit(max(0, cap - used), reason)
        for cap, used, reason in (
            (caps.per_day, spent.day, DeclineReason.CAP_DAY),
            (caps.per_month, spent.month, DeclineReason.CAP_MONTH),
            (caps.per_member if has_member else None, spent.member, DeclineReason.CAP_MEMBER),
        )
        if cap is not None
    ]
    return min(limits, key=lambda limit: limit.left, default=None)


def room(available: int, limit: Limit | None) -> tuple[int, DeclineReason]:
    """What may be set aside, and what bounds it: the credits there are, unless a cap leaves less."""
    if limit is None or available <= limit.left:
        return available, DeclineReason.CREDITS
    return limit.left, limit.reason


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
