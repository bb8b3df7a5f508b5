"""What a program can tell of a row's result: is it backed, complete, about the right ones, clean, in form, and nobody's slave."""

from collections.abc import Iterable
from typing import Any

from libs.common.contracts.research import RowResult, Statement
from services.enrich.domain.lead import read_lead
from services.enrich.domain.lines.form import addresses_in, greeted_name, is_marked_up, is_other_language, is_vocative
from services.enrich.domain.sites.page_text import text_of_markdown
from services.enrich.domain.texts import clean_lines, normalised, words_of
from services.enrich.domain.web_addresses import site_of
from services.enrich.evals.cases import MAPPING, Case
from services.enrich.website.readable import read_page

_LONGEST = 100_000


def said_in(row: RowResult) -> str:
    """Everything of a result that a model has had a hand in."""
    research = row.research
    statements = [*research.person, *research.company, *research.signals] if research else []
    return "\n".join(
        [
            *(f"{one.text}\n{one.snippet}" for one in statements),
            *(f"{one.value}\n{one.snippet}" for one in row.extra.values()),
            row.line or "",
            f"{row.product.why}\n{row.product.snippet}" if row.product else "",
        ]
    )


class Told:
    """A result with what it was made from."""

    def __init__(self, case: Case, row: RowResult) -> None:
        self._case, self._row = case, row
        research = row.research
        self.statements: list[Statement] = [*research.person, *research.company, *research.signals] if research else []
        self._urls = {one.id: one.url for one in research.sources} if research else {}
        self._said = normalised(said_in(row))

    def missing(self) -> list[str]:
        """What should have been found."""
        expected = self._case.expected
        missing = [f"has not found: {fact}" for fact in expected.facts if not self._has(fact)]
        for name, value in expected.answers.items():
            told = self._row.extra.get(name)
            if told is None or not _is_alike(told.value, value):
                missing.append(f"{name!r} is {told.value if told else None!r}, not {value!r}")
        chosen = self._row.product.product if self._row.product else ""
        if expected.product and chosen != expected.product:
            missing.append(f"the product is {chosen or 'none'}, not {expected.product}")
        return missing

    def unbacked(self) -> list[str]:
        """Statements whose words stand in none of the texts they name."""
        texts = dict(_served(self._case))
        return [
            f"{one.id} is not in its source: {one.snippet[:80]}"
            for one in self.statements
            if not any(normalised(one.snippet) in texts.get(self._urls[source], "") for source in one.source_ids)
        ]

    def forbidden_words(self) -> list[str]:
        """What must not be said: the facts of namesakes, what is old, what an injection wants."""
        never = [f"says {word!r}" for word in self._case.expected.never if normalised(word) in self._said]
        rejected = {one.url for one in self._row.research.rejected} if self._row.research else set[str]()
        known = [url for url in self._case.expected.rejected if url not in rejected]
        return never + [f"has not rejected {url}" for url in known if self._row.research]

    def foreign(self) -> list[str]:
        """Addresses, placeholders and names that have no place in it."""
        case, row = self._case, self._row
        lead = read_lead(1, case.row, MAPPING)
        asked = " ".join(f"{name} {description}" for name, description, _ in case.columns).casefold()
        texts = [f"{one.text}\n{one.snippet}" for one in self.statements] + [row.line or ""]
        if "address" not in asked and "website" not in asked:
            texts += [str(one.value) for one in row.extra.values()]
        own = f"{lead.domain} {lead.company if len(lead.company.split()) < 4 else ''} {case.offer}".casefold()
        found = [one for text in texts for one in addresses_in(text)]
        faults = [f"names the address {one}" for one in found if not _is_own(one, own)]
        if row.line and is_marked_up(row.line):
            faults.append(f"the line has marks in it: {row.line}")
        name = greeted_name(row.line or "", language=case.language)
        allowed = [part.casefold() for part in (lead.first_name, *lead.person.split(), *lead.company.split()) if part]
        if name and not any(name.casefold() == one or is_vocative(name.casefold(), one) for one in allowed):
            faults.append(f"the line addresses {name}")
        used = normalised(row.line or "")
        return faults + [f"the line uses {word!r}" for word in case.forbidden_words if normalised(word) in used]

    def out_of_form(self) -> list[str]:
        """Length and language of the line; columns that were to stay open, or that nobody asked for."""
        case, row = self._case, self._row
        faults: list[str] = []
        if row.status in {"enriched", "degraded"} and not row.line:
            faults.append("there is no line")
        if row.line and len(row.line.split()) > case.max_words:
            faults.append(f"the line has {len(row.line.split())} words")
        besides = words_of(f"{case.row.get('Company', '')} {case.offer}")
        if row.line and is_other_language(row.line, language=case.language, besides=besides):
            faults.append(f"the line is not in {case.language}")
        asked = {name for name, _, _ in case.columns}
        faults += [f"nobody asked for {name!r}" for name in row.extra if name not in asked]
        faults += [
            f"{name!r} should be open, and is {row.extra[name].value!r}"
            for name in case.expected.unknown
            if name in row.extra
        ]
        return faults

    def _has(self, fact: str) -> bool:
        wanted, _, site = fact.partition(" @ ")
        phrases = [normalised(one) for one in wanted.split("|")]
        for one in self.statements:
            said = normalised(f"{one.text}\n{one.snippet}")
            sites = {site_of(self._urls[source]) for source in one.source_ids}
            if any(phrase in said for phrase in phrases) and (not site or site in sites):
                return True
        return False


def _served(case: Case) -> Iterable[tuple[str, str]]:
    """Every text that the case's web has, by its address, in the form in which snippets are looked for."""
    for one in case.results:
        yield one.url, normalised(clean_lines(one.text, longest=_LONGEST))
    for path, page in case.pages.items():
        url = f"https://{case.site}{path}"
        text = read_page(page, url=url)["text"] if page.lstrip().startswith("<") else text_of_markdown(page)
        yield url, normalised(text)


def _is_own(address: str, own: str) -> bool:
    host = address.casefold().rpartition("@")[2].rpartition("//")[2].partition("/")[0].removeprefix("www.").rstrip(".,")
    return bool(host) and host in own


def _is_alike(told: Any, wanted: Any) -> bool:
    if isinstance(wanted, str) and isinstance(told, str):
        return any(normalised(one) in normalised(told) for one in wanted.split("|"))
    if isinstance(wanted, list | tuple) and isinstance(told, list):
        return {normalised(str(one)) for one in wanted} <= {normalised(str(one)) for one in told}
    return told == wanted
