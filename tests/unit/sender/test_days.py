"""The workspace's day in any zone: it holds the instant, days touch without gap or overlap."""

from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import Invalid
from services.sender.domain.days import day_at

ZONES = sorted(available_timezones() - {"localtime"})


@given(
    now=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - zoned by timezones
    zone=st.sampled_from(ZONES),
)
def test_every_instant_lies_in_exactly_one_day(now: datetime, zone: str) -> None:
    """Red when a day is taken for 24 hours."""
    day = day_at(now, time_zone=zone)
    assert day.starts_at <= now < day.ends_at
    tomorrow = day_at(day.ends_at, time_zone=zone)
    assert tomorrow.starts_at == day.ends_at
    assert tomorrow.date > day.date
    assert day_at(day.ends_at - timedelta(seconds=1), time_zone=zone).date == day.date


def test_a_day_may_have_23_or_25_hours() -> None:
    spring = day_at(datetime(2027, 3, 28, 12, tzinfo=UTC), time_zone="Europe/Berlin")
    autumn = day_at(datetime(2027, 10, 31, 12, tzinfo=UTC), time_zone="Europe/Berlin")
    assert spring.ends_at - spring.starts_at == timedelta(hours=23)
    assert autumn.ends_at - autumn.starts_at == timedelta(hours=25)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "/etc/passwd"])
def test_what_is_no_zone_is_named(name: str) -> None:
    with pytest.raises(Invalid):
        day_at(datetime(2027, 1, 1, tzinfo=UTC), time_zone=name)
