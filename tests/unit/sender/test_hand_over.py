"""What a provider that schedules for itself is told of our hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from deploy.sandbox.mail_apis.instantly_zones import ZONES
from libs.common.errors import Conflict
from services.sender.domain.hand_over import INSTANTLY_ZONES, lasts_until, same_clock, schedule_of
from services.sender.domain.windows import ALWAYS, OFFICE_HOURS

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def test_every_zone_that_is_named_is_one_that_the_provider_takes() -> None:
    assert INSTANTLY_ZONES <= ZONES


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Europe/London", "America/New_York", "Asia/Tokyo", "UTC"])
def test_a_zone_becomes_one_whose_clocks_show_the_same_all_year(zone: str) -> None:
    """Red when only the offset of today counts: half the year everything would leave an hour off."""
    found = ZoneInfo(same_clock(zone, now=NOW))
    for month in range(1, 13):
        when = datetime(2027, month, 15, 9, tzinfo=UTC)
        assert when.astimezone(found).utcoffset() == when.astimezone(ZoneInfo(zone)).utcoffset()


def test_a_zone_that_the_provider_cannot_keep_is_refused_by_name() -> None:
    """Red when the nearest one is taken instead. Its list has nobody on the clocks of California in winter."""
    with pytest.raises(Conflict, match="America/Los_Angeles") as refused:
        same_clock("America/Los_Angeles", now=NOW)
    assert refused.value.code == "zone_not_offered"


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "America/Tijuana"])
def test_a_zone_that_is_offered_for_a_while_will_do_for_a_campaign_that_ends_before(zone: str) -> None:
    """Red when California is refused in summer as well, or a campaign gets a twin that leaves it before its end."""
    began = datetime(2026, 7, 1, 12, tzinfo=UTC)
    until = lasts_until(began, leads=8_000, daily_limit=400, window=OFFICE_HOURS, now=began)
    assert until == date(2026, 7, 1) + timedelta(days=28 + 14)
    found = ZoneInfo(same_clock(zone, now=began, until=until))
    for day in range((until - began.date()).days + 1):
        when = began + timedelta(days=day)
        assert when.astimezone(found).utcoffset() == when.astimezone(ZoneInfo(zone)).utcoffset()
    late = datetime(2026, 10, 25, 12, tzinfo=UTC)
    with pytest.raises(Conflict, match="until 2026-11-09"):
        same_clock(zone, now=late, until=lasts_until(late, leads=40, daily_limit=400, window=ALWAYS, now=late))


def test_a_campaign_that_should_have_ended_lasts_a_week_more() -> None:
    began = NOW - timedelta(days=100)
    assert lasts_until(began, leads=1, daily_limit=1, window=ALWAYS, now=NOW) == NOW.date() + timedelta(days=7)


def test_office_hours_are_monday_to_friday_numbered_from_sunday() -> None:
    (schedule,) = schedule_of(OFFICE_HOURS, zone="Europe/Berlin", name="Pumps", now=NOW)["schedules"]
    assert schedule["timing"] == {"from": "09:00", "to": "17:00"}
    assert [day for day, open_ in sorted(schedule["days"].items()) if open_] == ["1", "2", "3", "4", "5"]


def test_a_day_without_end_ends_a_minute_before_midnight() -> None:
    """Red when 24:00 is said, which no clock shows."""
    (schedule,) = schedule_of(ALWAYS, zone="UTC", name="Pumps", now=NOW)["schedules"]
    assert schedule["timing"] == {"from": "00:00", "to": "23:59"}
    assert all(schedule["days"].values())
