"""Times are what the description says: text with a date in it."""

from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from libs.common.http.times import WrittenDay, WrittenMoment


@pytest.mark.parametrize("number", [0, 0.5, "0", "0.5", "1764300000", "1e3", "nan"])
def test_a_number_is_no_time(number: object) -> None:
    """Red when seconds since 1970 pass for a time that somebody has written."""
    for kind in (WrittenDay, WrittenMoment):
        with pytest.raises(ValidationError):
            TypeAdapter[object](kind).validate_python(number)


def test_times_are_read_as_they_are_written() -> None:
    """Red when a date or an offset is not understood."""
    assert TypeAdapter[date](WrittenDay).validate_python("2026-11-27") == date(2026, 11, 27)
    read = TypeAdapter[datetime](WrittenMoment).validate_json('"2026-11-27T10:00:00+01:00"')
    assert read == datetime(2026, 11, 27, 9, tzinfo=UTC)
