"""The names and codes of states, provinces and the like: as CLDR has them in English, and by hand what else they are called."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.sender.places.countries import spellings_of
from services.sender.places.state_names import STATE_NAMES
from services.sender.places.state_zones import STATE_ZONES

_NAMES = "cldr-subdivisions-full/subdivisions/en/en.json"
_PARTS = "cldr-core/supplemental/subdivisionContainment.json"
_ALSACE = {"fr67": "fr6ae", "fr68": "fr6ae"}
"""CLDR counts its departments as Grand Est's; ISO 3166-2, and the calendar of holidays, as Alsace's."""

_MEANT = {"victoria": "AU|VIC"}
"""Whose a name alone is although a town elsewhere counts as a part of its country."""


def subdivisions(*, cldr: Path, american_zones: dict[str, str]) -> Iterator[tuple[str, str]]:
    """By country and name or code; by name alone where only one country has it.

    A part of a part counts as what it is a part of: calendars of holidays know regions, not departments. Not so in Italy.
    """
    everywhere: dict[str, set[str]] = defaultdict(set)
    found: dict[str, str] = {}
    for country, own, code, names in _parts(cldr):
        zones = STATE_ZONES.get(country, {})
        zone = zones.get(own) or zones.get(code) or (american_zones.get(code, "") if country == "US" else "")
        for name in names:
            meant = found.setdefault(f"s:{country.lower()}:{name}", f"{code}|{zone}").partition("|")[0]
            everywhere[name].add(f"{country}|{meant}")
        found.setdefault(f"s:{country.lower()}:{own.lower()}", f"{code}|{zone}")
    yield from found.items()
    for name, codes in everywhere.items():
        if name in _MEANT or (len(codes) == 1 and len(name) > 3):
            yield f"s::{name}", _MEANT.get(name) or next(iter(codes))


def _parts(cldr: Path) -> Iterator[tuple[str, str, str, set[str]]]:
    """Country, own code, code that counts, names: first all that are named by hand, then the wholes before their parts."""
    english = _read(cldr / _NAMES)["subdivisions"]["localeDisplayNames"]["subdivisions"]
    contained = _read(cldr / _PARTS)["supplemental"]["subdivisionContainment"]
    whole: dict[str, str] = {part: of for of, parts in contained.items() for part in parts["_contains"]} | _ALSACE

    def counted(part: str) -> str:
        of = whole.get(part, "")
        return (of if len(of) > 2 and not of.startswith("it") else part)[2:].upper()

    for country, codes in STATE_NAMES.items():
        for own, names in codes.items():
            yield country, own.upper(), counted(country.lower() + own), names
    for part in sorted(whole, key=lambda part: (len(whole[part]) > 2, part)):
        if len(part) > 2:
            yield part[:2].upper(), part[2:].upper(), counted(part), spellings_of(english.get(part, part[2:]))


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
