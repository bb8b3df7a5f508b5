"""What each part of a row's research has come to, and how the parts become one.

A part stands on its own: ids of sources count within it. Only when a row's parts are joined are they numbered anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from services.enrich.domain.columns import Answer
from services.enrich.domain.lead import Lead
from services.enrich.domain.namesakes import names_person
from services.enrich.domain.products.product_rules import Inferred
from services.enrich.domain.research import CATEGORIES, MOST, Category, Statement, statement_id
from services.enrich.domain.sources import Source
from services.enrich.domain.texts import normalised
from services.enrich.domain.web_addresses import host_of, page_of

_MOST_REJECTED = 10


@dataclass(frozen=True, slots=True)
class Found:
    """One part. `sources` are those it cites, without their texts; `offered` is how many statements the model gave,
    `read` how many sources it was given."""

    sources: Sequence[Source] = ()
    statements: Sequence[Statement] = ()
    rejected: Sequence[tuple[str, str]] = ()
    offered: int = 0
    answers: Mapping[str, Answer] = field(default_factory=dict[str, Answer])
    inferred: Inferred | None = None
    read: int = 0

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Found":
        """As it was stored."""
        inferred = told["inferred"]
        return cls(
            sources=[Source(**one) for one in told["sources"]],
            statements=[Statement.from_json(one) for one in told["statements"]],
            rejected=[(url, why) for url, why in told["rejected"]],
            offered=told["offered"],
            answers={name: Answer.from_json(one) for name, one in told["answers"].items()},
            inferred=Inferred(inferred["product"], tuple(inferred["source_ids"]), inferred["snippet"])
            if inferred
            else None,
            read=told["read"],
        )

    def without_person(self, lead: Lead) -> "Found":
        """Without the statements and answers that name the row's person: others may have the rest."""
        if not lead.person:
            return self
        return replace(
            self,
            statements=[one for one in self.statements if not names_person(lead, f"{one.text}\n{one.snippet}")],
            answers={
                name: one for name, one in self.answers.items() if not names_person(lead, f"{one.value}\n{one.snippet}")
            },
        )


def cited(sources: Sequence[Source], part: Found) -> Found:
    """The part with those of the sources that it cites, without their texts: nobody reads these again."""
    used = {one for statement in part.statements for one in statement.source_ids}
    used |= {one for answer in part.answers.values() for one in answer.source_ids}
    used |= set(part.inferred.source_ids) if part.inferred else set()
    return replace(part, sources=[one.without_text() for one in sources if one.id in used])


def join(company: Found, person: Found, lead: Lead) -> Found:
    """The research of a row. The company's statements on the row's person are the person's part, which has its own."""
    company = company.without_person(lead)
    sources, renamed = _numbered(company.sources, person.sources)
    statements = [(one, renamed[1]) for one in person.statements] + [(one, renamed[0]) for one in company.statements]
    answers = {name: _answer(one, renamed[1]) for name, one in person.answers.items()}
    answers |= {name: _answer(one, renamed[0]) for name, one in company.answers.items()}
    inferred = company.inferred
    return cited_only(
        Found(
            sources=sources,
            statements=[numbered for category in CATEGORIES for numbered in _of(category, statements)],
            rejected=list(dict.fromkeys([*company.rejected, *person.rejected]))[:_MOST_REJECTED],
            offered=company.offered + person.offered,
            read=company.read + person.read,
            answers=answers,
            inferred=replace(inferred, source_ids=_ids(inferred.source_ids, renamed[0])) if inferred else None,
        )
    )


def cited_only(found: Found) -> Found:
    """Without the sources that only a dropped statement has cited."""
    return cited(found.sources, found)


def confidence(found: Found) -> float:
    """From the evidence alone, 0..1.

    0.25 for any statement; 0.2 × the share of offered statements that could be backed; 0.2 when the company's own site is
    cited; 0.15 for a second independent site; 0.15 for a statement about the person; 0.05 for a signal with a date.
    """
    statements = found.statements
    if not statements:
        return 0.0
    cited_ids = {source_id for statement in statements for source_id in statement.source_ids}
    sources = [source for source in found.sources if source.id in cited_ids]
    score = 0.25 + 0.2 * min(len(statements) / max(found.offered, 1), 1)
    score += 0.2 * any(source.kind == "website" for source in sources)
    score += 0.15 * (len({host_of(source.url) for source in sources}) > 1)
    score += 0.15 * any(statement.category == "person" for statement in statements)
    score += 0.05 * any(statement.category == "signals" and statement.date for statement in statements)
    return round(min(score, 1.0), 2)


def _numbered(*parts: Sequence[Source]) -> tuple[list[Source], list[dict[str, str]]]:
    """All sources under new ids, one for each page; and for each part the new id by the old one."""
    by_page: dict[str, Source] = {}
    renamed: list[dict[str, str]] = []
    for part in parts:
        ids: dict[str, str] = {}
        for source in part:
            page = page_of(source.url)
            if page not in by_page:
                by_page[page] = source.without_text(named=f"s{len(by_page) + 1}")
            ids[source.id] = by_page[page].id
        renamed.append(ids)
    return list(by_page.values()), renamed


def _of(category: Category, statements: Sequence[tuple[Statement, Mapping[str, str]]]) -> list[Statement]:
    """Those of one category under new ids, each snippet once; of signals the strongest, and of equals those with a date.

    Each comes with the new ids of its part's sources.
    """
    mine: dict[str, tuple[Statement, Mapping[str, str]]] = {}
    for one, ids in statements:
        if one.category == category:
            mine.setdefault(normalised(one.snippet), (one, ids))
    kept = list(mine.values())
    if category == "signals":
        kept.sort(key=lambda pair: (pair[0].strength, pair[0].date is not None), reverse=True)
    return [
        one.renamed(statement_id(category, nth), _ids(one.source_ids, ids))
        for nth, (one, ids) in enumerate(kept[: MOST[category]], start=1)
    ]


def _answer(answer: Answer, ids: Mapping[str, str]) -> Answer:
    return replace(answer, source_ids=_ids(answer.source_ids, ids))


def _ids(old: Sequence[str], new: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(new[one] for one in old))
