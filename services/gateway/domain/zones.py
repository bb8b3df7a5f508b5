"""Time zones by their IANA names."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from libs.common.errors import Invalid


def check_zone(name: str) -> None:
    """Raises Invalid `time_zone_unknown`."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        msg = f"{name!r} is not a time zone: give an IANA name such as Europe/Berlin"
        raise Invalid(msg, code="time_zone_unknown") from error
