"""Where a recipient is, by what the row says of it: the first of state, city, phone, country and address that tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.sender.domain.gazetteer import (
    City,
    State,
    cities_named,
    country_named,
    country_of_state,
    state_named,
    zone_of_country,
)
from services.sender.domain.phones import country_of_phone, zone_of_phone

ZoneSource = Literal["city", "state", "country", "phone", "email_domain", "workspace"]

CLEARLY = 3
"""A city is meant when so many times more people live there than in all others of its name in other zones together."""
_FOR_EVERYBODY = "ac ag ai am as bz cc cd co dj eu fm gg gl io la ly me ms nu pw re sc sh st sx tk to tv vc vg ws"
"""Endings of countries that are used all over the world."""


@dataclass(frozen=True)
class Place:
    """An IANA time zone, and what it was taken from. `country` is ISO 3166-1, `subdivision` the part of an ISO 3166-2 code
    after the country's; each empty where the row does not tell."""

    time_zone: str
    source: ZoneSource
    country: str
    subdivision: str


@dataclass(frozen=True)
class Row:
    """What a row says of where somebody is."""

    state: str
    city: str
    phone: str


def place_of(*, country: str, state: str, city: str, phone: str, email: str, fallback_zone: str) -> Place:
    """The place of a row, all of whose fields may be empty or nonsense; without a clue, the workspace's zone.

    The country comes first: what contradicts it is not believed. In a country of several zones the state, the city, the
    phone's area code tell, else its most populous zone counts. Without a country, a state or city that is clearly one,
    then the phone's country, then that of the address.
    """
    row = Row(state, city, phone)
    named = country_named(country)
    found = _within(named, row, source="country") if named else _by_name_alone(row)
    if not found:
        abroad = country_of_phone(phone)
        found = _within(abroad, row, source="phone") if abroad else None
    if not found:
        ending = _country_of_address(email)
        found = _within(ending, row, source="email_domain") if ending else None
    return found or Place(fallback_zone, "workspace", named, "")


def _within(country: str, row: Row, *, source: ZoneSource) -> Place | None:
    """The place in a country that is known from `source`. None if nothing is known of the country."""
    whole = zone_of_country(country)
    if whole is None:
        return None
    state = state_named(row.state, country=country)
    subdivision = state.code if state else ""
    if whole.only:
        return Place(whole.time_zone, source, country, subdivision)
    town = _town(country, state, row.city)
    if town:
        return Place(town.time_zone, "city", country, subdivision or town.state)
    if state:
        return Place(state.time_zone or whole.time_zone, "state", country, subdivision)
    zone = zone_of_phone(row.phone, country=country)
    return Place(zone or whole.time_zone, "phone" if zone else source, country, "")


def _town(country: str, state: State | None, name: str) -> City | None:
    """The city of that name, where the table tells that it is in the state (some states have two zones), or no state does."""
    cities = [one for one in cities_named(name) if one.country == country]
    return _clear([one for one in cities if one.state == state.code] if state else cities)


def _by_name_alone(row: Row) -> Place | None:
    """A city that is clearly one (of an American state, if the row names that), else a state that one country has."""
    cities = cities_named(row.city)
    if row.state:
        american = state_named(row.state, country="US")
        cities = [one for one in cities if american and one.state == american.code] or cities
    town = _clear(cities)
    if town:
        state = state_named(row.state, country=town.country)
        return Place(town.time_zone, "city", town.country, state.code if state else town.state)
    country = country_of_state(row.state)
    return _within(country, row, source="state") if country else None


def _clear(cities: Sequence[City]) -> City | None:
    if not cities:
        return None
    first = cities[0]
    others = sum(one.people for one in cities if (one.country, one.time_zone) != (first.country, first.time_zone))
    return first if first.people >= CLEARLY * others else None


def _country_of_address(email: str) -> str:
    ending = email.rpartition(".")[2].strip().lower()
    if len(ending) != 2 or ending in _FOR_EVERYBODY.split():
        return ""
    return "GB" if ending == "uk" else country_named(ending)
