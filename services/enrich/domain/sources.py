"""Which results really speak of this row. A namesake in the prompt would be a namesake in somebody's inbox."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

from services.enrich.domain.lead import Lead
from services.enrich.domain.texts import clean, clean_lines, core_name, positions, word_set, words_of

Kind = Literal["search", "news", "website"]
MOST_SOURCES = 10
_TEXT_CHARS = {"search": 700, "news": 700, "website": 6000}
_OTHER_BUSINESS = word_set(
    "services systems group logistics capital partners ventures foundation bank insurance media energy foods marine"
    " software technologies solutions consulting logistic transport academy university hotel hotels restaurant records"
    " motors pharma realty properties studios"
)
"""A name that goes on with one of these words is another company's: Nordlys Marine is not Nordlys Marine Services."""


@lru_cache(maxsize=1024)
def host_of(url: str) -> str:
    """The host a URL names, or empty. A row asks this of each of its sources several times over."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


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
        return host_of(self.url).removeprefix("www.")


@dataclass(frozen=True, slots=True)
class Source:
    """A text that statements may cite."""

    id: str
    kind: Kind
    url: str
    title: str
    text: str
    date: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The sources of a row, and what was turned away with the reason."""

    sources: list[Source]
    rejected: list[tuple[str, str]]


def choose_sources(lead: Lead, results: Sequence[Result]) -> Chosen:
    """Drop namesakes and repetitions, best first: the own site, then as the providers ranked them."""
    elsewhere = _sites_elsewhere(lead, results)
    kept: list[Result] = []
    rejected: list[tuple[str, str]] = []
    for result in _once(results):
        why = contradiction(lead, result) or elsewhere.get(result.host)
        if why:
            rejected.append((result.url, why))
        else:
            kept.append(result)
    kept.sort(key=lambda result: result.kind != "website")
    return Chosen(
        sources=[_source(nth, result) for nth, result in enumerate(kept[:MOST_SOURCES], start=1)], rejected=rejected
    )


def contradiction(lead: Lead, result: Result) -> str | None:
    """Why a result is about somebody else, or None.

    The company's own site always belongs. Anything else must name the company (as a name of its own, not as the beginning
    of a longer one), and must not stand on the own site of another company of that name.
    """
    host, domain = result.host, lead.domain
    if domain and (host == domain or host.endswith(f".{domain}")):
        return None
    whole = f"{result.title}\n{result.text}"
    if domain and domain in f"{whole}\n{result.url}".casefold():
        return None
    if not lead.company:
        return f"does not name {domain}"
    name = core_name(lead.company)
    words = words_of(whole)
    found = positions(name, words)
    if not found:
        who = lead.person and positions(words_of(lead.person), words)
        return f"is about a namesake: {lead.person} elsewhere" if who else f"does not name {lead.company}"
    if all(_goes_on(words, at + len(name)) for at in found):
        return f"is about a company whose name only begins with {lead.company}"
    if domain and _label(host) == "".join(name) and _label(host) != _label(domain):
        return f"stands on the site of another {lead.company}: {host}, not {domain}"
    return None


def _goes_on(words: list[str], at: int) -> bool:
    return at < len(words) and words[at] in _OTHER_BUSINESS


def _sites_elsewhere(lead: Lead, results: Iterable[Result]) -> dict[str, str]:
    """Home pages of companies of that name in other places, when the row has no site but a place that some page names."""
    place = lead.roles.get("city") or lead.roles.get("country")
    if lead.domain or not place or not lead.company:
        return {}
    name = core_name(lead.company)
    homes = [one for one in results if urlsplit(one.url).path in {"", "/"} and positions(name, words_of(one.title))]
    here = {one.host for one in homes if place.casefold() in one.text.casefold()}
    if not here:
        return {}
    return {one.host: f"is a company of that name that is not in {place}" for one in homes if one.host not in here}


def _label(host: str) -> str:
    """The name within a host: `acme` of `www.acme.co.uk`, without hyphens."""
    labels = host.split(".")
    if len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3:
        labels = labels[:-1]
    return labels[-2].replace("-", "") if len(labels) > 1 else host


def _once(results: Iterable[Result]) -> Iterable[Result]:
    seen: set[str] = set()
    for result in results:
        key = result.url.casefold().removesuffix("/").replace("://www.", "://")
        if result.url and result.text and key not in seen:
            seen.add(key)
            yield result


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
