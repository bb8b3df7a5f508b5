"""Handing over to a provider that schedules for itself: our window and day's cap, in its words."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from libs.common.errors import Conflict
from services.sender.domain.windows import MINUTES_A_DAY, Window

SUBJECT: Final = "corofy_subject"
BODY: Final = "corofy_body"
"""The variables of a lead that hold its finished mail: what the provider's template consists of."""
INSTANTLY_ZONES: Final = frozenset(
    """
Africa/Abidjan Africa/Addis_Ababa Africa/Algiers Africa/Blantyre Africa/Cairo Africa/Casablanca Africa/Ceuta
Africa/Tripoli Africa/Windhoek America/Anchorage America/Anguilla America/Araguaina America/Argentina/La_Rioja
America/Asuncion America/Bahia America/Bahia_Banderas America/Belize America/Bogota America/Boise America/Campo_Grande
America/Caracas America/Chicago America/Chihuahua America/Creston America/Danmarkshavn America/Dawson America/Detroit
America/Glace_Bay America/Godthab America/Indiana/Marengo America/Montevideo America/Noronha America/Regina
America/Santiago America/Sao_Paulo America/Scoresbysund America/St_Johns Asia/Aden Asia/Amman Asia/Baghdad Asia/Baku
Asia/Beirut Asia/Brunei Asia/Colombo Asia/Damascus Asia/Dhaka Asia/Dili Asia/Dubai Asia/Hong_Kong Asia/Irkutsk
Asia/Jerusalem Asia/Kabul Asia/Karachi Asia/Kathmandu Asia/Kolkata Asia/Krasnoyarsk Asia/Nicosia Asia/Novokuznetsk
Asia/Pyongyang Asia/Rangoon Asia/Sakhalin Asia/Taipei Asia/Tbilisi Asia/Tehran Asia/Yekaterinburg Asia/Yerevan
Atlantic/Canary Atlantic/Cape_Verde Australia/Adelaide Australia/Brisbane Australia/Darwin Australia/Melbourne
Australia/Perth Etc/GMT+10 Etc/GMT+11 Etc/GMT+12 Etc/GMT-12 Etc/GMT-13 Europe/Belgrade Europe/Bucharest
Europe/Helsinki Europe/Isle_of_Man Europe/Istanbul Europe/Kaliningrad Europe/Kirov Europe/Sarajevo Pacific/Apia
Pacific/Auckland Pacific/Fiji
""".split()  # noqa: SIM905 - ninety names read better as text
)
"""Of the names that Instantly takes, those that both sides know (developer.instantly.ai, schema of a campaign)."""
_DAY: Final = timedelta(days=1)
_ALWAYS: Final = 2 * 366
"""Days for which clocks that go alike are taken to go alike."""
_SPARE: Final = 14
"""Days by which a campaign may take longer than it should: mails are put off, and people pause it."""


def lasts_until(began: datetime, *, leads: int, daily_limit: int, window: Window, now: datetime) -> date:
    """When the last first mail should have left, and some days more: at least a week from now."""
    sending_days = -(-leads // max(daily_limit, 1))
    days = -(-sending_days * 7 // len(window.days)) + _SPARE
    return max(began.date() + days * _DAY, now.date() + 7 * _DAY)


def same_clock(zone: str, known: Collection[str] = INSTANTLY_ZONES, *, now: datetime, until: date | None = None) -> str:
    """The name, among those known, of a zone whose clocks show the same for the next two years, or else `until` that day.

    Raises Conflict `zone_not_offered`.
    """
    if zone in known:
        return zone
    names, today = frozenset(known), now.astimezone(UTC).date()
    found = _twin(zone, names, today, _ALWAYS)
    if found is None and until is not None:
        found = _twin(zone, names, today, (until - today).days + 1)
    if found is not None:
        return found
    span = f" until {until}" if until else ""
    msg = (
        f"Instantly offers no time zone whose clocks go like those of {zone}{span}: choose another one for the workspace,"
        " or send through another provider"
    )
    raise Conflict(msg, code="zone_not_offered", extra={"time_zone": zone})


def schedule_of(window: Window, *, zone: str, name: str, now: datetime, until: date | None = None) -> dict[str, Any]:
    """A window as Instantly keeps it: one schedule, days numbered from Sunday. Public holidays are unknown to it.

    Raises Conflict `zone_not_offered`.
    """
    last = min(window.to_min, MINUTES_A_DAY - 1)
    timing = {"from": _clock(window.from_min), "to": _clock(last)}
    days = {str(day % 7): day in window.days for day in range(1, 8)}
    theirs = same_clock(zone, now=now, until=until)
    return {"schedules": [{"name": name, "timing": timing, "days": days, "timezone": theirs}]}


@lru_cache(maxsize=1024)
def _twin(zone: str, known: frozenset[str], day: date, days: int) -> str | None:
    """Many thousand look-ups of clocks: once a day and zone, not once for each campaign that is looked at."""
    wanted = _offsets(zone, day, days)
    return next((name for name in sorted(known) if _offsets(name, day, days) == wanted), None)


@lru_cache(maxsize=1024)
def _offsets(zone: str, day: date, days: int) -> list[timedelta | None]:
    """At midnight of UTC on each day, the last one's end included."""
    clock, midnight = ZoneInfo(zone), datetime.combine(day, time.min, tzinfo=UTC)
    return [(midnight + number * _DAY).astimezone(clock).utcoffset() for number in range(days + 1)]


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
