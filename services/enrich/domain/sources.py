"""Which results really speak of this row, each once, the best first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from services.enrich.domain.dates import day_of
from services.enrich.domain.lead import Lead
from services.enrich.domain.namesakes import contradiction, names_person, person_contradiction, sites_elsewhere
from services.enrich.domain.texts import clean, clean_lines, normalised
from services.enrich.domain.web_addresses import belongs_to, is_profile, page_of, site_of

Kind = Literal["search", "news", "website"]
MOST_SOURCES = 10
MOST_ABOUT_THE_PERSON = 6
_TEXT_CHARS = {"search": 700, "news": 700, "website": 6000}
_PASSAGE_CHARS = 1200
"""Of a page that names the person: what stands around the name."""
_YOUNG = timedelta(days=366)
_SAME_TEXT_CHARS = 240


@dataclass(frozen=True, slots=True)
class Result:
    """Something a provider found, before anybody asked whether it belongs here."""

    kind: Kind
    url: str
    title: str
    text: str
    date: str = ""

    @property
    def host(self) -> str:
        """The site it stands on."""
        return site_of(self.url)


@dataclass(frozen=True, slots=True)
class Source:
    """A text that statements may cite."""

    id: str
    kind: Kind
    url: str
    title: str
    text: str
    date: str = ""

    def without_text(self, named: str = "") -> "Source":
        """What a result tells of it; under another id when it is `named`. (Written out: `replace` costs ten times as much.)"""
        return Source(named or self.id, self.kind, self.url, self.title, "", self.date)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The sources of a row, and what was turned away with the reason."""

    sources: list[Source]
    rejected: list[tuple[str, str]]


def choose_sources(lead: Lead, results: Sequence[Result], *, today: date) -> Chosen:
    """The sources on the company: no namesakes, no repetitions, no profiles of people, no news older than twelve months."""
    elsewhere = sites_elsewhere(lead, results)
    kept: list[Result] = []
    rejected: list[tuple[str, str]] = []
    for result in _once(results):
        why = contradiction(lead, result) or elsewhere.get(result.host) or _too_old(result, today)
        if why:
            rejected.append((result.url, why))
        elif not is_profile(result.url):
            kept.append(result)
    kept.sort(key=lambda result: _worth(lead, result, today), reverse=True)
    return Chosen([_source(nth, one) for nth, one in enumerate(kept[:MOST_SOURCES], start=1)], rejected)


def choose_person_sources(lead: Lead, results: Sequence[Result], known: Sequence[Source], *, today: date) -> Chosen:
    """The sources on the person: of the results for the name, and of what is `known` of the company, what names the person.

    Of a long page only what stands around the name is given on. A result that names neither is no namesake: it is left
    out without a word.
    """
    kept: list[Result] = []
    rejected: list[tuple[str, str]] = []
    pages = [Result(one.kind, one.url, one.title, one.text, one.date) for one in known]
    for result in _once([*results, *pages]):
        if not names_person(lead, f"{result.title}\n{result.text}"):
            continue
        why = contradiction(lead, result) or person_contradiction(lead, result) or _too_old(result, today)
        if why:
            rejected.append((result.url, why))
        else:
            # Written out: `replace` costs ten times as much.
            kept.append(Result(result.kind, result.url, result.title, _around(lead, result.text), result.date))
    kept.sort(key=lambda result: _worth(lead, result, today), reverse=True)
    return Chosen([_source(nth, one) for nth, one in enumerate(kept[:MOST_ABOUT_THE_PERSON], start=1)], rejected)


def _too_old(result: Result, today: date) -> str | None:
    day = day_of(result.date, today) if result.kind == "news" and result.date else None
    return f"is news of {day.isoformat()}, older than twelve months" if day and today - day > _YOUNG else None


def _worth(lead: Lead, result: Result, today: date) -> int:
    """How much a source is likely to say of this very row. Equals stay as the providers ranked them."""
    if result.kind == "website":
        return 100
    title = result.title.casefold()
    worth = 8 * bool(lead.domain and belongs_to(result.host, lead.domain))
    worth += 3 * bool(lead.company and lead.company.casefold() in title)
    worth += 3 * bool(lead.person and lead.person.casefold() in title)
    worth += 2 * bool(lead.domain and lead.domain in result.text.casefold())
    worth += any(lead.roles.get(role, "\n").casefold() in result.text.casefold() for role in ("city", "industry"))
    day = day_of(result.date, today) if result.date else None
    return worth + 2 * bool(day and today - day < _YOUNG / 2)


def _around(lead: Lead, text: str) -> str:
    """The text, or of a long one the stretch of whole lines in which the name stands."""
    if len(text) <= _PASSAGE_CHARS:
        return text
    last = lead.person.split()[-1].casefold()
    at = max(text.casefold().find(lead.person.casefold()), text.casefold().find(last), 0)
    begin = text.rfind("\n", 0, at) + 1 if at - text.rfind("\n", 0, at) < _PASSAGE_CHARS // 2 else at - 200
    return text[max(begin, 0) :][:_PASSAGE_CHARS]


def _once(results: Iterable[Result]) -> Iterable[Result]:
    """One of those that are one page, or say the same."""
    seen: set[str] = set()
    for result in results:
        if not result.url or not result.text:
            continue
        keys = {page_of(result.url), normalised(result.text[:_SAME_TEXT_CHARS])}
        if seen.isdisjoint(keys):
            yield result
        seen |= keys


def _source(nth: int, result: Result) -> Source:
    text = clean_lines(result.text, longest=_TEXT_CHARS[result.kind])
    return Source(
        id=f"s{nth}",
        kind=result.kind,
        url=result.url[:500],
        title=clean(result.title, longest=200),
        text=text,
        date=clean(result.date, longest=40),
    )
