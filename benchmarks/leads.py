"""Invented leads, each of a company of its own, whose name can be swapped for another's of the same length."""

from __future__ import annotations

import csv
import re
from itertools import product
from pathlib import Path

MARK = re.compile(rb"[Zz]q(?:[bdfgklmnprstvz][aeiou]){3}")
"""The one word that only this lead's company is called by; found in every call that is made for it."""
HEADER = [
    "Lead ID",
    "First name",
    "Last name",
    "Email",
    "Company",
    "Website",
    "Job title",
    "Industry",
    "Country",
    "City",
    "Phone",
    "Notes",
]
_SYLLABLES = ["".join(pair) for pair in product("bdfgklmnprstvz", "aeiou")]
_FIRST = ("Ingrid", "Thomas", "Amina", "Pablo", "Mei", "Oskar", "Leila", "Henrik", "Carla", "Jonas", "Priya")
_LAST = ("Solheim", "Brandt", "Okafor", "Ruiz", "Tanaka", "Lindqvist", "Haddad", "Moreau", "Novak")
_TRADES = ("Bearings", "Lubricants", "Castings", "Coatings", "Valves", "Fasteners", "Filters", "Gaskets")
_TITLES = ("Head of Procurement", "Plant Manager", "Operations Director", "Maintenance Lead", "Buyer")
_PLACES = (("Norway", "Bergen"), ("Germany", "Kassel"), ("Spain", "Bilbao"), ("Kenya", "Nairobi"), ("Chile", "Arica"))
KINDS = 200
"""Leads so far apart differ in nothing but the name of the company and their numbers."""


def mark(nth: int) -> str:
    """The word of the nth company: six letters after `zq`; there are 343,000."""
    size = len(_SYLLABLES)
    return "zq" + "".join(_SYLLABLES[nth // size**place % size] for place in range(3))


def lead(nth: int) -> list[str]:
    """One row under `HEADER`."""
    word, kind = mark(nth), nth % KINDS
    first, last = _FIRST[kind % len(_FIRST)], _LAST[kind % len(_LAST)]
    trade, (country, city) = _TRADES[kind % len(_TRADES)], _PLACES[kind % len(_PLACES)]
    site = f"{word}-{trade.lower()}.example"
    return [
        f"{nth:07d}",
        first,
        last,
        f"{first}.{last}@{site}".lower(),
        f"{word.title()} {trade}",
        site,
        _TITLES[kind % len(_TITLES)],
        f"Industrial {trade}",
        country,
        city,
        f"+49 30 {nth:07d}",
        f"Met at the fair in hall {kind % 17}; asked for a price list",
    ]


def write_colleagues(path: Path, *, first: int, rows: int, companies: int) -> None:
    """So many people of so many companies, a company's people not next to each other."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *(_colleague(first, nth, companies) for nth in range(rows))])


def _colleague(first: int, nth: int, companies: int) -> list[str]:
    """The nth of them: of company `nth % companies`, with a name and a title of their own."""
    row = lead(first + nth % companies)
    of_company = nth // companies
    name = (_FIRST[of_company % len(_FIRST)], _LAST[of_company // len(_FIRST) % len(_LAST)])
    site = row[5]
    row[0], row[1], row[2] = f"{nth:07d}", *name
    row[3], row[6] = f"{name[0]}.{name[1]}@{site}".lower(), _TITLES[of_company % len(_TITLES)]
    return row


def write_csv(path: Path, *, first: int, rows: int) -> None:
    """The leads from `first` on, as a person would upload them."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *(lead(nth) for nth in range(first, first + rows))])


def renamed(body: bytes, nth: int) -> bytes:
    """The same call, made for the nth company."""
    word = mark(nth).encode()
    capital = word.capitalize()
    return MARK.sub(lambda found: capital if found[0][:1] == b"Z" else word, body)
