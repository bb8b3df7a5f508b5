"""Finds the companies and people of the world whose names stand in a text, without scanning the whole world."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from deploy.sandbox.world.model import Company, Person

_WORD = re.compile(r"\w+")


def words(text: str) -> tuple[str, ...]:
    """The words of a text without case and punctuation."""
    return tuple(_WORD.findall(text.casefold()))


@dataclass(slots=True)
class NameIndex:
    """Names by their first word."""

    companies: dict[str, list[tuple[tuple[str, ...], str]]] = field(default_factory=lambda: defaultdict(list))
    people: dict[str, list[tuple[tuple[str, ...], str, Person]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, companies: Iterable[Company]) -> NameIndex:
        """Index the companies; longer names come first, so that they win over shorter ones they begin with."""
        index = cls()
        for company in companies:
            name = words(company.name)
            index.companies[name[0]].append((name, company.domain))
            for person in company.people:
                who = words(person.name)
                index.people[who[0]].append((who, company.domain, person))
        for found in index.companies.values():
            found.sort(key=lambda entry: -len(entry[0]))
        return index

    def companies_in(self, text: tuple[str, ...]) -> list[str]:
        """The domains of the companies named in the text, the first the longest match."""
        found: list[tuple[int, str]] = []
        known = self.companies
        for at, word in enumerate(text):
            if word not in known:
                continue
            for name, domain in known[word]:
                if text[at : at + len(name)] == name:
                    found.append((len(name), domain))
                    break
        if not found:
            return []
        found.sort(key=lambda entry: -entry[0])
        return list(dict.fromkeys(domain for _, domain in found))

    def alike(self, name: str) -> list[str]:
        """The domains of companies whose name begins with the same word."""
        first = _WORD.search(name.casefold())
        return [domain for _, domain in self.companies.get(first.group(), ())] if first else []

    def people_in(self, text: tuple[str, ...]) -> list[tuple[str, Person]]:
        """Everyone in the world whose full name stands in the text: namesakes included."""
        known = self.people
        return [
            (domain, person)
            for at, word in enumerate(text)
            if word in known
            for who, domain, person in known[word]
            if text[at : at + len(who)] == who
        ]

    def first_names(self) -> frozenset[str]:
        """The first names known to the world."""
        return frozenset(self.people)
