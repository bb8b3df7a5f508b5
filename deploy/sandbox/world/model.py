"""The nouns of the invented world."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

Site = Literal["up", "down", "gone"]

_NOT_SLUG = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=4096)
def slug(text: str) -> str:
    """Lower-case ASCII words joined by hyphens, as they stand in an address."""
    plain = unicodedata.normalize("NFKD", text.replace("ø", "o").replace("Ø", "O").replace("ı", "i"))
    return _NOT_SLUG.sub("-", plain.encode("ascii", "ignore").decode().lower()).strip("-")


class Person(NamedTuple):
    """Somebody who works at a company; `background` and `recent` are predicates that follow the name."""

    name: str
    role: str
    background: str
    recent: str


class News(NamedTuple):
    """Something a company did; `deed` is a predicate that follows the company's name, `detail` a sentence."""

    day: date
    deed: str
    detail: str
    source: str


@dataclass(frozen=True, slots=True)
class Company:
    """A company of the world. Texts that follow its name in a sentence (`about`, deeds) are predicates."""

    name: str
    domain: str
    industry: str = ""
    country: str = ""
    city: str = ""
    staff: int = 0
    founded: int = 0
    tagline: str = ""
    sells: str = ""
    to: str = ""
    about: str = ""
    products: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    news: tuple[News, ...] = ()
    mentions: tuple[str, ...] = ()
    site: Site = "up"

    @property
    def place(self) -> str:
        """City and country as one phrase, as far as they are known."""
        return f"{self.city}, {self.country}" if self.city and self.country else self.city or self.country

    def url(self, path: str = "/") -> str:
        """The address of one of its pages."""
        return f"https://{self.domain}{path}"


class Page(NamedTuple):
    """A readable page: markdown without its first heading, which is the title."""

    url: str
    title: str
    text: str
    status: int = 200

    @property
    def markdown(self) -> str:
        """The page as a scraper gives it."""
        return f"# {self.title}\n\n{self.text}\n"


def news_url(company: Company, item: News) -> str:
    """Where an article stands: the paper's own site, not the company's."""
    return f"https://{slug(item.source)}.example/{item.day.isoformat()}/{slug(company.domain.removesuffix('.example'))}"


def profile_url(company: Company, person: Person) -> str:
    """Where the profile of a person stands."""
    return f"https://workfolk.example/in/{slug(person.name)}-{slug(company.domain.removesuffix('.example'))}"
