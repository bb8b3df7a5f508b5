"""When a recipient may be written to: the hours of a window, as the clock on the recipient's wall shows them.

An hour that a change of the clocks leaves out is not there to be open; one that comes twice is open twice. The clocks are
those of the IANA database, so zones at half and quarter hours need nothing of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from libs.common.errors import Invalid
from services.sender.domain.holidays import holiday_on

MINUTES_A_DAY = 1440
LOOK_AHEAD = timedelta(days=60)
"""So far is looked for an opening. No country closes for so long."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """Local hours of a campaign: on `days` (ISO, Monday is 1), from minute `from_min` up to but excluding `to_min`.

    `skip_holidays` leaves out the public holidays of the recipient's country and subdivision. Raises Invalid
    (window_invalid): a window that opens never, or runs over midnight, is refused.
    """

    days: frozenset[int]
    from_min: int
    to_min: int
    skip_holidays: bool

    def __post_init__(self) -> None:
        if not self.days or not self.days <= frozenset(range(1, 8)):
            raise Invalid("a window needs days, 1 for Monday to 7 for Sunday", code="window_invalid")
        if not (0 <= self.from_min < MINUTES_A_DAY and 0 < self.to_min <= MINUTES_A_DAY):
            raise Invalid("a window lies between 00:00 and 24:00", code="window_invalid")
        if self.from_min >= self.to_min:
            msg = "a window must end later on the same day than it begins: one over midnight is two campaigns"
            raise Invalid(msg, code="window_invalid")


class Place(Protocol):
    """What a window must know of a recipient. `country` and `subdivision` are ISO 3166 codes, or empty."""

    @property
    def time_zone(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def subdivision(self) -> str: ...


ALWAYS = Window(frozenset(range(1, 8)), 0, MINUTES_A_DAY, skip_holidays=False)
OFFICE_HOURS = Window(frozenset(range(1, 6)), 9 * 60, 17 * 60, skip_holidays=True)


def openings(window: Window, place: Place, *, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """The spans within [since, until) at which the window is open, in UTC, in order, none touching the next."""
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    found: list[tuple[datetime, datetime]] = []
    for start, end in _spans(window, place, since=since, until=until):
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def opening_at(window: Window, place: Place, now: datetime) -> tuple[datetime, datetime] | None:
    """The opening that holds `now`, from `now` on and for a day at most; None while the window is closed."""
    now = now.astimezone(UTC)
    found = openings(window, place, since=now, until=now + _DAY)
    return found[0] if found and found[0][0] == now else None


def next_opening(window: Window, place: Place, *, after: datetime) -> tuple[datetime, datetime] | None:
    """The opening that holds `after`, from there on, else the next one; a day long at most. None: none within 60 days."""
    after = after.astimezone(UTC)
    first = next(_spans(window, place, since=after, until=after + LOOK_AHEAD), None)
    return opening_at(window, place, first[0]) if first else None


def is_open(window: Window, place: Place, *, since: datetime, seconds: float) -> bool:
    """Whether the window is open from `since` and stays so for these seconds: the call that begins now ends within it."""
    until = since + timedelta(seconds=seconds)
    return openings(window, place, since=since, until=until) == [(since.astimezone(UTC), until.astimezone(UTC))]


def closed_because(window: Window, place: Place, now: datetime) -> str | None:
    """What closes the window at `now`: `weekend`, `holiday`, `hours`; None while it is open."""
    local = now.astimezone(ZoneInfo(place.time_zone))
    if local.isoweekday() not in window.days:
        return "weekend"
    if window.skip_holidays and holiday_on(local.date(), country=place.country, subdivision=place.subdivision):
        return "holiday"
    minute = local.hour * 60 + local.minute
    return None if window.from_min <= minute < window.to_min else "hours"


def _spans(window: Window, place: Place, *, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The openings day by day, and in two parts where the clocks change within them."""
    for start, end, offset in _segments(place.time_zone, since, until):
        day = (start + offset).date()
        while _local(day, 0, offset) < end:
            if day.isoweekday() in window.days and not _is_holiday(window, place, day):
                opens = max(_local(day, window.from_min, offset), start)
                closes = min(_local(day, window.to_min, offset), end)
                if opens < closes:
                    yield opens, closes
            day += _DAY


def _is_holiday(window: Window, place: Place, day: date) -> bool:
    return window.skip_holidays and bool(holiday_on(day, country=place.country, subdivision=place.subdivision))


def _local(day: date, minute: int, offset: timedelta) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC) + timedelta(minutes=minute) - offset


def _segments(zone: str, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """[since, until) cut where the zone's clocks change, each part with its offset from UTC."""
    changes = [when for year in range(since.year, until.year + 1) for when in _changes(zone, year)]
    start = since
    for when in (*(change for change in changes if since < change < until), until):
        if start < when:
            yield start, when, _offset(ZoneInfo(zone), start)
        start = when


@lru_cache(maxsize=2048)
def _changes(zone: str, year: int) -> tuple[datetime, ...]:
    """The instants of a year, to the minute, at which the clocks of a zone change."""
    clock, found = ZoneInfo(zone), list[datetime]()
    day = datetime(year, 1, 1, tzinfo=UTC)
    while day.year == year:
        after = day + _DAY
        if _offset(clock, day) != _offset(clock, after):
            found.append(_change_after(clock, day))
        day = after
    return tuple(found)


def _change_after(clock: ZoneInfo, before: datetime) -> datetime:
    """The first minute with another offset within the day after `before`."""
    old, minutes = _offset(clock, before), (0, MINUTES_A_DAY)
    while minutes[1] - minutes[0] > 1:
        middle = sum(minutes) // 2
        same = _offset(clock, before + timedelta(minutes=middle)) == old
        minutes = (middle, minutes[1]) if same else (minutes[0], middle)
    return before + timedelta(minutes=minutes[1])


def _offset(clock: ZoneInfo, when: datetime) -> timedelta:
    found = when.astimezone(clock).utcoffset()
    assert found is not None, "a zone of the IANA database always has an offset"
    return found
