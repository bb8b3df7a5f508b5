"""Windows: the hours on the recipient's wall, against a model that looks at every minute."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.errors import Invalid
from services.sender.domain.holidays import holiday_on
from services.sender.domain.places import Place
from services.sender.domain.windows import (
    ALWAYS,
    OFFICE_HOURS,
    Window,
    closed_because,
    is_open,
    next_opening,
    opening_at,
    openings,
)

ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
    "Pacific/Chatham", "Pacific/Apia", "America/Santiago", "Africa/Casablanca", "Asia/Tehran", "Africa/Cairo",
    "Australia/Eucla", "Pacific/Marquesas", "America/Asuncion", "Asia/Beirut", "Atlantic/Azores", "America/Havana",
)  # fmt: skip
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def place(zone: str, country: str = "", subdivision: str = "") -> Place:
    return Place(zone, "country", country, subdivision)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def model_open(window: Window, where: Place, now: datetime) -> bool:
    """Look at the clock on the wall."""
    wall = now.astimezone(ZoneInfo(where.time_zone))
    if window.skip_holidays and holiday_on(wall.date(), country=where.country, subdivision=where.subdivision):
        return False
    return wall.isoweekday() in window.days and window.from_min <= wall.hour * 60 + wall.minute < window.to_min


def model_openings(window: Window, where: Place, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    now = since
    while now < until:
        if model_open(window, where, now):
            if found and found[-1][1] == now:
                found[-1] = (found[-1][0], now + MINUTE)
            else:
                found.append((now, now + MINUTE))
        now += MINUTE
    return found


@st.composite
def windows(draw: st.DrawFn) -> Window:
    days = draw(st.frozensets(st.integers(1, 7), min_size=1))
    start = draw(st.one_of(st.sampled_from((0, 30, 60, 90, 120, 150, 540)), st.integers(0, 1439)))
    end = draw(st.one_of(st.just(1440), st.integers(start + 1, 1440)))
    return Window(days, start, end, skip_holidays=draw(st.booleans()))


@lru_cache
def changes_of(zone: str) -> list[datetime]:
    """The days of three years on which the clocks of a zone change."""
    days = [at("2026-01-01") + n * DAY for n in range(1096)]
    clock = ZoneInfo(zone)
    return [day for day in days if day.astimezone(clock).utcoffset() != (day + DAY).astimezone(clock).utcoffset()]


@st.composite
def moments(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone, and an instant: every other time within a day and a half before its clocks change."""
    zone = draw(st.sampled_from(ZONES))
    near = draw(st.booleans()) and changes_of(zone)
    day = draw(st.sampled_from(near)) if near else at("2026-01-01") + draw(st.integers(0, 1000)) * DAY
    return zone, day - draw(st.integers(0, 2160)) * MINUTE


@given(window=windows(), moment=moments(), country=st.sampled_from(("", "DE", "US")), hours=st.integers(1, 80))
@settings(max_examples=150, deadline=None)
def test_openings_are_the_minutes_at_which_the_clock_on_the_wall_is_within_the_hours(
    window: Window, moment: tuple[str, datetime], country: str, hours: int
) -> None:
    """Red when an hour that is left out or comes twice, a half-hour zone, a weekend or a holiday is got wrong."""
    zone, since = moment
    where, until = place(zone, country), since + timedelta(hours=hours)
    expected = model_openings(window, where, since, until)
    assert openings(window, where, since=since, until=until) == expected
    assert (closed_because(window, where, since) is None) == model_open(window, where, since)
    now_open = opening_at(window, where, since)
    assert (now_open is not None) == model_open(window, where, since)
    if expected:
        found = next_opening(window, where, after=since)
        assert found is not None
        assert found[0] == expected[0][0]


def test_an_hour_that_the_clocks_leave_out_is_not_there_to_be_open() -> None:
    """Red when 02:30 on the day that has none is taken for half past something else."""
    nightly = Window(frozenset({7}), 150, 240, skip_holidays=False)
    found = openings(nightly, place("America/New_York"), since=at("2027-03-14"), until=at("2027-03-15"))
    assert found == [(at("2027-03-14T07:00"), at("2027-03-14T08:00"))]


def test_an_hour_that_comes_twice_is_open_twice() -> None:
    """Red when the second 01:00 to 01:30 of that night is missing."""
    nightly = Window(frozenset({7}), 60, 90, skip_holidays=False)
    found = openings(nightly, place("America/New_York"), since=at("2027-11-07"), until=at("2027-11-08"))
    assert found == [
        (at("2027-11-07T05:00"), at("2027-11-07T05:30")),
        (at("2027-11-07T06:00"), at("2027-11-07T06:30")),
    ]


@pytest.mark.parametrize(
    ("zone", "opens"),
    [
        ("Asia/Kathmandu", "2027-03-02T03:15"),
        ("Asia/Kolkata", "2027-03-02T03:30"),
        ("Australia/Eucla", "2027-03-02T00:15"),
    ],
)
def test_zones_at_half_and_quarter_hours_open_at_their_nine_o_clock(zone: str, opens: str) -> None:
    """Red when offsets are rounded to hours."""
    found = next_opening(OFFICE_HOURS, place(zone), after=at("2027-03-01T20:00"))
    assert found is not None
    assert found[0] == at(opens)


def test_an_always_open_window_is_one_opening_across_days_and_changes_of_the_clocks() -> None:
    """Red when midnights cut what is open without end: a send at midnight would find it closed."""
    since, until = at("2027-03-10"), at("2027-03-20")
    assert openings(ALWAYS, place("America/New_York"), since=since, until=until) == [(since, until)]


def test_public_holidays_of_the_country_and_of_the_part_of_it_are_off() -> None:
    """Red when All Saints is a working day in Bavaria, or a holiday in Berlin."""
    monday = at("2027-11-01T10:00")
    assert closed_because(OFFICE_HOURS, place("Europe/Berlin", "DE", "BY"), monday) == "holiday"
    assert closed_because(OFFICE_HOURS, place("Europe/Berlin", "DE", "BE"), monday) is None
    assert holiday_on(monday.date(), country="DE", subdivision="BY") == "All Saints' Day"


def test_holidays_of_a_country_nobody_knows_are_none_and_of_a_part_nobody_knows_are_the_country_s() -> None:
    """Red when a row's odd country or state stops a campaign."""
    new_year = at("2027-01-01T10:00").date()
    assert holiday_on(new_year, country="XX") is None
    assert holiday_on(new_year, country="") is None
    assert holiday_on(new_year, country="DE", subdivision="no such part") == "New Year's Day"


def test_a_call_must_end_within_the_window() -> None:
    """Red when a call that begins at 16:59:50 may be accepted after 17:00."""
    berlin = place("Europe/Berlin", "DE")
    assert is_open(OFFICE_HOURS, berlin, since=at("2027-03-01T15:59:20"), seconds=40)
    assert not is_open(OFFICE_HOURS, berlin, since=at("2027-03-01T15:59:21"), seconds=40)
    assert not is_open(OFFICE_HOURS, berlin, since=at("2027-03-01T07:59:59"), seconds=40)


@pytest.mark.parametrize(
    ("days", "start", "end"),
    [
        ((), 540, 1020),
        ((0,), 540, 1020),
        ((8,), 540, 1020),
        ((1,), 1020, 540),
        ((1,), 540, 540),
        ((1,), -1, 5),
        ((1,), 0, 1441),
    ],
)
def test_a_window_that_never_opens_or_runs_over_midnight_is_refused(
    days: tuple[int, ...], start: int, end: int
) -> None:
    """Red when a campaign can be given hours in which nothing is ever sent."""
    with pytest.raises(Invalid) as refused:
        Window(frozenset(days), start, end, skip_holidays=False)
    assert refused.value.code == "window_invalid"
