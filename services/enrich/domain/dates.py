"""Dates as search results print them: `Sep 14, 2026`, `14 Sep 2026`, `2026-09-14`, `3 weeks ago`."""

import re
from datetime import date, timedelta
from functools import lru_cache

_MONTHS = {
    name: nth
    for nth, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)
}
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_MONTH_FIRST = re.compile(r"([a-z]{3})[a-z]*\.? (\d{1,2}),? (\d{4})")
_DAY_FIRST = re.compile(r"(\d{1,2})\.? ([a-z]{3})[a-z]*\.?,? (\d{4})")
_AGO = re.compile(r"(\d+|an?) (minute|min|hour|day|week|month|year)s? ago")
_DAYS = {"minute": 0.0, "min": 0.0, "hour": 0.0, "day": 1.0, "week": 7.0, "month": 30.4, "year": 365.25}
_LONGEST_AGO = 365 * 100


@lru_cache(maxsize=4096)
def day_of(text: str, today: date) -> date | None:
    """The day a text names, or None when it names none that we can read."""
    plain = " ".join(text.casefold().split())
    try:
        if found := _ISO.search(plain):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _MONTH_FIRST.search(plain):
            return date(int(found[3]), _MONTHS[found[1]], int(found[2]))
        if found := _DAY_FIRST.search(plain):
            return date(int(found[3]), _MONTHS[found[2]], int(found[1]))
    except (ValueError, KeyError):
        return None
    if found := _AGO.search(plain):
        count = 1 if found[1].startswith("a") else int(found[1])
        return today - timedelta(days=min(round(count * _DAYS[found[2]]), _LONGEST_AGO))
    return today - timedelta(days=1) if plain == "yesterday" else today if plain == "today" else None
