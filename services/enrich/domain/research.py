"""What may stand in `sif_research`: statements whose snippet a program finds in the source they name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from services.enrich.domain.evidence import (
    About,
    Texts,
    backing,
    foreign_addresses,
    invented_numbers,
    is_beside_the_point,
    texts_of,
    unsaid,
)
from services.enrich.domain.lead import Lead
from services.enrich.domain.namesakes import names_somebody_else
from services.enrich.domain.orders import gives_orders
from services.enrich.domain.sources import Source
from services.enrich.domain.texts import clean

Category = Literal["person", "company", "signals"]
CATEGORIES: tuple[Category, ...] = ("person", "company", "signals")
_LETTERS = {"person": "p", "company": "c", "signals": "g"}
MOST = {"person": 6, "company": 8, "signals": 5}
_TEXT_CHARS = 600
_ASPECTS: Mapping[Category, frozenset[str]] = {
    "person": frozenset({"role", "background", "recent"}),
    "company": frozenset({"sells", "sold_to", "size", "news"}),
    "signals": frozenset({"recent", "news"}),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement as the model gave it."""

    category: Category
    text: str
    source_ids: tuple[str, ...]
    snippet: str
    strength: int = 1
    date: str | None = None
    aspect: str = "other"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that a program has found backed. `source_ids` are the sources in which its snippet stands."""

    id: str
    category: Category
    text: str
    source_ids: tuple[str, ...]
    snippet: str
    strength: int = 1
    date: str | None = None
    aspect: str = "other"

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Statement":
        """As it was stored."""
        fields: dict[str, Any] = {**told, "source_ids": tuple(told["source_ids"])}
        return cls(**fields)

    def renamed(self, own_id: str, source_ids: tuple[str, ...]) -> "Statement":
        """The same under other ids. (Written out: `replace` costs ten times as much, and each row has a dozen.)"""
        return Statement(
            own_id, self.category, self.text, source_ids, self.snippet, self.strength, self.date, self.aspect
        )

    def as_json(self) -> dict[str, object]:
        """As the contract has it."""
        told: dict[str, object] = {
            "id": self.id,
            "text": self.text,
            "source_ids": list(self.source_ids),
            "snippet": self.snippet,
            "aspect": self.aspect,
        }
        return told | {"strength": self.strength, "date": self.date} if self.category == "signals" else told


@dataclass(frozen=True, slots=True)
class Checked:
    """What was kept, and why the rest was dropped."""

    statements: list[Statement]
    dropped: list[str]


class UnreadableAnswer(ValueError):
    """The model's answer has not the form that was asked for."""


def read_claims(answer: object, categories: Sequence[Category] = CATEGORIES) -> list[Claim]:
    """The claims of a model's answer. Raises UnreadableAnswer when a part is missing or of another type."""
    if not isinstance(answer, dict):
        raise UnreadableAnswer("the answer is not an object")
    told = cast("dict[str, object]", answer)
    claims: list[Claim] = []
    # A signal is the company's news, or what the person has done of late: it depends on who was asked about.
    usual = "recent" if "company" not in categories else "news"
    for category in categories:
        entries = told.get(category)
        if not isinstance(entries, list):
            raise UnreadableAnswer(f"{category!r} is not a list")
        entries = cast("list[object]", entries)
        claims.extend(_claim(category, entry, usual if category == "signals" else "other") for entry in entries)
    return claims


def check_research(
    claims: Sequence[Claim],
    sources: Sequence[Source],
    texts: Texts | None = None,
    *,
    lead: Lead | None = None,
    language: str = "en",
) -> Checked:
    """Keep the claims whose every source exists, whose snippet stands in one of them word for word, and which say no more.

    `lead` is the row: its own words are known without a source, and what is about others of its name is dropped.
    """
    texts = texts if texts is not None else texts_of(sources)
    about = About(lead.words if lead else "", language)
    kept: list[Statement] = []
    dropped: list[str] = []
    counts = dict.fromkeys(CATEGORIES, 0)
    for claim in claims:
        fault, backed_by = _evidence(claim, texts, about, lead)
        if not fault and counts[claim.category] >= MOST[claim.category]:
            fault = "more statements than asked for"
        if fault:
            dropped.append(fault)
            continue
        counts[claim.category] += 1
        kept.append(_statement(claim, backed_by, nth=counts[claim.category]))
    return Checked(kept, dropped)


def statement_id(category: Category, nth: int) -> str:
    """`p1`, `c2`, `g3`."""
    return f"{_LETTERS[category]}{nth}"


def _evidence(claim: Claim, texts: Texts, about: About, lead: Lead | None) -> tuple[str, tuple[str, ...]]:
    if not claim.text:
        return "an empty statement", ()
    fault, backed_by = backing(claim.snippet, claim.source_ids, texts)
    fault = fault or next(filter(None, _faults(claim, backed_by, texts, about, lead)), "")
    return (fault, ()) if fault else ("", backed_by)


def _faults(claim: Claim, backed_by: tuple[str, ...], texts: Texts, about: About, lead: Lead | None) -> Iterator[str]:
    """What is wrong with a claim whose snippet stands in its sources: each look is taken only when those before find nothing."""
    is_quote = claim.text == claim.snippet
    if not is_quote:
        yield invented_numbers(claim.text, backed_by, texts)
        yield unsaid(claim.text, claim.snippet, backed_by, texts, about)
        yield "says nothing of its snippet" if is_beside_the_point(claim.text, claim.snippet, about) else ""
        yield "gives orders instead of telling something" if gives_orders(claim.text) else ""
    yield foreign_addresses(claim.text if is_quote else f"{claim.text} {claim.snippet}", texts)
    if lead is not None:
        yield names_somebody_else(lead, claim.snippet, [texts[one].source for one in backed_by])


def _statement(claim: Claim, backed_by: tuple[str, ...], *, nth: int) -> Statement:
    return Statement(
        id=statement_id(claim.category, nth),
        category=claim.category,
        text=claim.text,
        source_ids=backed_by,
        snippet=claim.snippet,
        strength=claim.strength,
        date=claim.date,
        aspect=claim.aspect,
    )


def _claim(category: Category, entry: object, usual: str) -> Claim:
    if not isinstance(entry, dict):
        raise UnreadableAnswer(f"a statement in {category!r} is not an object")
    told = cast("dict[str, object]", entry)
    text, snippet, ids = told.get("text"), told.get("snippet"), told.get("source_ids")
    if not isinstance(text, str) or not isinstance(snippet, str) or not isinstance(ids, list):
        raise UnreadableAnswer(f"a statement in {category!r} lacks text, snippet or source_ids")
    strength, date, aspect = told.get("strength"), told.get("date"), told.get("aspect")
    return Claim(
        category=category,
        text=clean(text, longest=_TEXT_CHARS),
        source_ids=tuple(str(one) for one in cast("list[object]", ids)),
        snippet=clean(snippet, longest=_TEXT_CHARS),
        strength=min(max(strength, 1), 3) if isinstance(strength, int) else 1,
        date=clean(date, longest=40) or None if isinstance(date, str) else None,
        aspect=aspect if isinstance(aspect, str) and aspect in _ASPECTS[category] else usual,
    )
