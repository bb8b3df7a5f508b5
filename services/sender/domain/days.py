"""The workspace's day: which date it is there, and the instants at which that date begins and ends."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from libs.common.errors import Invalid


@dataclass(frozen=True)
class Day:
    """One date of a workspace, from `starts_at` up to but excluding `ends_at`."""

    date: date
    starts_at: datetime
    ends_at: datetime


def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises Invalid."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        msg = f"{name!r} is not a time zone: give an IANA name such as Europe/Berlin"
        raise Invalid(msg, code="time_zone_unknown") from error


def day_at(now: datetime, *, time_zone: str) -> Day:
    """The day that holds the instant `now` in that zone; 23, 24 or 25 hours long."""
    zone = zone_of(time_zone)
    today = now.astimezone(zone).date()
    return Day(today, _midnight(today, zone, now), _midnight(today + timedelta(days=1), zone, now))


def _midnight(day: date, zone: ZoneInfo, now: datetime) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(now.tzinfo)
