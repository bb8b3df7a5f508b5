"""Reads the hand-written companies and adds the news that every company has sooner or later."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from deploy.sandbox.world.chance import number, pick
from deploy.sandbox.world.model import Company, News, Person

DATA = Path(__file__).parent / "data"
TODAY = date(2026, 11, 15)
"""The world stands still at this day, so that the same question has the same answer for ever."""

SOURCES = ("The Trade Lantern", "Morning Ledger", "Industry Weekly", "Harbour Post", "Regional Courier")
_ROUTINE = (
    ("took on nine apprentices", "It is the largest class so far"),
    ("renewed its quality certificate", "The auditors stayed for four days"),
    ("was named employer of the year in its region", "The staff had voted"),
    ("cut its use of water by a fifth", "A closed loop made it possible"),
    ("opened its doors to 800 visitors", "Children drove the smallest machine"),
    ("sponsors the local youth orchestra for three years", "The first concert is in spring"),
)


def load() -> dict[str, Company]:
    """The hand-written companies by domain."""
    entries: list[dict[str, Any]] = []
    for path in sorted(DATA.glob("*.toml")):
        entries.extend(tomllib.loads(path.read_text(encoding="utf-8"))["company"])
    return {entry["domain"]: _company(entry) for entry in entries}


def parse_person(line: str) -> Person:
    """A person from `name | role | background | recent`."""
    name, role, background, recent = (part.strip() for part in line.split("|"))
    return Person(name=name, role=role, background=background, recent=recent)


def parse_news(line: str, *, domain: str) -> News:
    """News from `day | deed | detail`."""
    day, deed, detail = (part.strip() for part in line.split("|"))
    return News(day=date.fromisoformat(day), deed=deed, detail=detail, source=pick(SOURCES, domain, day))


def _company(entry: dict[str, Any]) -> Company:
    domain = str(entry["domain"])
    facts = {name: value for name, value in entry.items() if name not in {"people", "news", "products"}}
    news = [parse_news(line, domain=domain) for line in entry["news"]]
    news.extend(_routine(domain, nth) for nth in range(2))
    return Company(
        **facts,
        products=tuple(entry["products"]),
        people=tuple(parse_person(line) for line in entry["people"]),
        news=tuple(sorted(news, key=lambda item: item.day, reverse=True)),
    )


def _routine(domain: str, nth: int) -> News:
    start = number(domain, "routine")
    deed, detail = _ROUTINE[(start + nth) % len(_ROUTINE)]
    ago = 40 + (start >> 8) % 100 + 110 * nth
    return News(
        day=TODAY - timedelta(days=ago), deed=deed, detail=detail, source=pick(SOURCES, domain, "routine", str(nth))
    )
