"""The names of the world's countries, states and cities, and their zones: sorted lines, searched as they lie.

Made by `services.sender.places.make` from GeoNames (https://www.geonames.org, CC BY 4.0) and Unicode CLDR (Unicode licence).
"""

import gzip
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("gazetteer.tsv.gz")
_UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe"})


@dataclass(frozen=True)
class CountryZone:
    """The most populous zone of a country, and whether it is the only one."""

    time_zone: str
    only: bool


@dataclass(frozen=True)
class State:
    """A subdivision by its ISO 3166-2 code without the country's. `time_zone` is empty where it is the country's."""

    code: str
    time_zone: str


@dataclass(frozen=True)
class City:
    """`state` is known of American cities only."""

    country: str
    state: str
    time_zone: str
    people: int


def folded(name: str) -> str:
    """The spelling under which a name is kept: no case, no accents, words of letters and digits."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_UNDECOMPOSED))
    kept = "".join(c if c.isalnum() else "" if unicodedata.combining(c) or c in ".'’ʿ`" else " " for c in plain)
    return " ".join(kept.split())


def country_named(name: str) -> str:
    """The ISO 3166-1 code of a country by name in any of thirty languages, or by code; empty if it is none."""
    return _find(f"c:{folded(name)}") or ""


def zone_of_country(code: str) -> CountryZone | None:
    """Its most populous zone. None for places without a town."""
    found = _find(f"z:{code.lower()}")
    if not found:
        return None
    zone, _, how_many = found.partition("|")
    return CountryZone(zone, how_many == "one")


def state_named(name: str, *, country: str) -> State | None:
    """A subdivision of a country, by name or code."""
    short = folded(name).removeprefix(f"{country.lower()} ")
    found = _find(f"s:{country.lower()}:{short}") if name else None
    return State(*found.split("|")) if found else None


def country_of_state(name: str) -> str:
    """The one country that has a subdivision of this name; empty for short names and for those that several have."""
    return (_find(f"s::{folded(name)}") or "").partition("|")[0]


def cities_named(name: str) -> list[City]:
    """The cities of a name, the most populous first."""
    found = _find(f"p:{folded(name)}") if name else None
    rows = (row.split("|") for row in found.split(";")) if found else ()
    return [City(country, state, zone, int(people)) for country, state, zone, people in rows]


@lru_cache(maxsize=4096)
def _find(key: str) -> str | None:
    table, wanted = _table(), key.encode() + b"\t"
    low, high = 0, len(table)
    while low < high:
        start = table.rfind(b"\n", 0, (low + high) // 2 + 1) + 1
        end = table.find(b"\n", start)
        line = table[start : end if end >= 0 else len(table)]
        if line.startswith(wanted):
            return line[len(wanted) :].decode()
        if line < wanted:
            low = start + len(line) + 1
        else:
            high = start - 1
    return None


@lru_cache(maxsize=1)
def _table() -> bytes:
    return gzip.decompress(FILE.read_bytes())
