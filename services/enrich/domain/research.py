"""What may stand in `sif_research`: statements whose snippet a program finds in the source they name."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.enrich.domain.sources import Source, host_of
from services.enrich.domain.texts import clean, normalised, words_of

Category = Literal["person", "company", "signals"]
CATEGORIES: tuple[Category, ...] = ("person", "company", "signals")
_LETTERS = {"person": "p", "company": "c", "signals": "g"}
_MOST = {"person": 6, "company": 8, "signals": 5}
_TEXT_CHARS = 600
_NUMBER = re.compile(r"\d+")
_SHORTEST_SNIPPET_WORDS = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement as the model gave it."""

    category: Category
    text: str
    source_ids: tuple[str, ...]
    snippet: str
    strength: int = 1
    date: str | None = None


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

    def as_json(self) -> dict[str, object]:
        """As the contract has it."""
        told: dict[str, object] = {
            "id": self.id,
            "text": self.text,
            "source_ids": list(self.source_ids),
            "snippet": self.snippet,
            "aspect": "other",
        }
        return told | {"strength": self.strength, "date": self.date} if self.category == "signals" else told


@dataclass(frozen=True, slots=True)
class Checked:
    """What was kept, and why the rest was dropped."""

    statements: list[Statement]
    dropped: list[str]
    confidence: float


@dataclass(frozen=True, slots=True)
class _Text:
    words: str
    numbers: set[str]


class UnreadableAnswer(ValueError):
    """The model's answer has not the form that was asked for."""


def read_claims(answer: object) -> list[Claim]:
    """The claims of a model's answer. Raises UnreadableAnswer when a part is missing or of another type."""
    if not isinstance(answer, Mapping):
        raise UnreadableAnswer("the answer is not an object")
    claims: list[Claim] = []
    for category in CATEGORIES:
        entries = answer.get(category)
        if not isinstance(entries, list):
            raise UnreadableAnswer(f"{category!r} is not a list")
        claims.extend(_claim(category, entry) for entry in entries)
    return claims


def check_research(claims: Sequence[Claim], sources: Sequence[Source]) -> Checked:
    """Keep the claims whose every source exists and whose snippet stands in one of them word for word."""
    texts = {
        source.id: _Text(normalised(source.text), _numbers(f"{source.title} {source.text} {source.date}"))
        for source in sources
    }
    kept: list[Statement] = []
    dropped: list[str] = []
    counts = dict.fromkeys(CATEGORIES, 0)
    for claim in claims:
        fault, backed_by = _evidence(claim, texts)
        if not fault and counts[claim.category] >= _MOST[claim.category]:
            fault = "more statements than asked for"
        if fault:
            dropped.append(fault)
            continue
        counts[claim.category] += 1
        kept.append(_statement(claim, backed_by, nth=counts[claim.category]))
    return Checked(kept, dropped, confidence_of(kept, sources, offered=len(claims)))


def confidence_of(statements: Sequence[Statement], sources: Sequence[Source], *, offered: int) -> float:
    """From the evidence alone, 0..1.

    0.3 for any statement; 0.2 when the company's own site is cited; 0.15 for a second independent site; 0.15 for a
    statement about the person; 0.2 × the share of offered statements that could be backed.
    """
    if not statements:
        return 0.0
    cited = {source_id for statement in statements for source_id in statement.source_ids}
    used = [source for source in sources if source.id in cited]
    hosts = {host_of(source.url) for source in used}
    score = 0.3 + 0.2 * (len(statements) / max(offered, 1))
    score += 0.2 * any(source.kind == "website" for source in used)
    score += 0.15 * (len(hosts) > 1)
    score += 0.15 * any(statement.category == "person" for statement in statements)
    return round(min(score, 1.0), 2)


def _evidence(claim: Claim, texts: Mapping[str, _Text]) -> tuple[str, tuple[str, ...]]:
    if not claim.text:
        return "an empty statement", ()
    unknown = [source_id for source_id in claim.source_ids if source_id not in texts]
    if unknown or not claim.source_ids:
        return f"names a source that does not exist: {', '.join(unknown) or 'none'}", ()
    if len(words_of(claim.snippet)) < _SHORTEST_SNIPPET_WORDS:
        return "its snippet is too short to be evidence", ()
    snippet = normalised(claim.snippet)
    backed_by = tuple(dict.fromkeys(one for one in claim.source_ids if snippet in texts[one].words))
    if not backed_by:
        return "its snippet is not in the source it names", ()
    invented = _numbers(claim.text) - set[str]().union(*(texts[one].numbers for one in backed_by))
    if invented:
        return f"names a number that its source does not: {', '.join(sorted(invented))}", ()
    return "", backed_by


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(text))


def _statement(claim: Claim, backed_by: tuple[str, ...], *, nth: int) -> Statement:
    return Statement(
        id=f"{_LETTERS[claim.category]}{nth}",
        category=claim.category,
        text=claim.text,
        source_ids=backed_by,
        snippet=claim.snippet,
        strength=claim.strength,
        date=claim.date,
    )


def _claim(category: Category, entry: object) -> Claim:
    if not isinstance(entry, Mapping):
        raise UnreadableAnswer(f"a statement in {category!r} is not an object")
    text, snippet, ids = entry.get("text"), entry.get("snippet"), entry.get("source_ids")
    if not isinstance(text, str) or not isinstance(snippet, str) or not isinstance(ids, list):
        raise UnreadableAnswer(f"a statement in {category!r} lacks text, snippet or source_ids")
    strength, date = entry.get("strength"), entry.get("date")
    return Claim(
        category=category,
        text=clean(text, longest=_TEXT_CHARS),
        source_ids=tuple(str(one) for one in ids),
        snippet=clean(snippet, longest=_TEXT_CHARS),
        strength=min(max(strength, 1), 3) if isinstance(strength, int) else 1,
        date=clean(date, longest=40) or None if isinstance(date, str) else None,
    )
