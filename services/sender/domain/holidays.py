"""Public holidays, as the `holidays` library knows them, made for a country and a year when first asked for."""

from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Final

_NONE: Final = MappingProxyType[date, str]({})


def holiday_on(day: date, *, country: str, subdivision: str = "") -> str | None:
    """The name of the public holiday, in English where the library has it; None on other days and in countries it does not
    know. A subdivision it does not know has its country's holidays."""
    return _holidays(country, subdivision, day.year).get(day) if country else None


@lru_cache(maxsize=512)
def _holidays(country: str, subdivision: str, year: int) -> MappingProxyType[date, str]:
    # Half a second to import: only who asks for a holiday pays for it.
    from holidays import country_holidays, list_supported_countries

    known = list_supported_countries(include_aliases=True)
    if country not in known:
        return _NONE
    found = country_holidays(
        country, subdiv=subdivision if subdivision in known[country] else None, years=year, language="en_US"
    )
    return MappingProxyType({day: name for day, name in sorted(found.items()) if day.year == year})
