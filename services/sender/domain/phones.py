"""Where a phone number is from, by its country and area code."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_LONGEST = 40
_UNKNOWN = "Etc/Unknown"


def country_of_phone(phone: str) -> str:
    """The ISO 3166-1 code of a number written with its country's (+49 …, 0049 …); empty if it has none."""
    # A third of a second to import: only who asks for a number pays for it.
    from phonenumbers import region_code_for_number

    number = _number(phone, country="")
    return (region_code_for_number(number) or "") if number else ""


def zone_of_phone(phone: str, *, country: str) -> str:
    """The zone of the number's area code, if it is a number of this country and its area has one zone; else empty."""
    from phonenumbers import region_code_for_number
    from phonenumbers.timezone import time_zones_for_number

    number = _number(phone, country=country)
    if number is None or region_code_for_number(number) != country:
        return ""
    zones = time_zones_for_number(number)
    return zones[0] if len(zones) == 1 and zones[0] != _UNKNOWN else ""


def _number(phone: str, *, country: str) -> "PhoneNumber | None":
    """The number of a cell, None if it cannot be one."""
    from phonenumbers import NumberParseException, is_valid_number, parse

    written = phone.strip()[:_LONGEST]
    if not written or not (country or written.startswith(("+", "00"))):
        return None
    try:
        number = parse("+" + written[2:] if written.startswith("00") else written, country or None)
    except NumberParseException:
        return None
    return number if is_valid_number(number) else None
