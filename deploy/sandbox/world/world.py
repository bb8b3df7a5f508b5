"""The world as it stands now: the written companies, the edits that tests made, and what is derived for the rest."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from deploy.sandbox.world import catalogue, pages
from deploy.sandbox.world.derive import derive_company, name_of_domain
from deploy.sandbox.world.model import Company, News, Page, Person, news_url, profile_url
from deploy.sandbox.world.names import NameIndex, words
from deploy.sandbox.world.questions import Question, read_question

_NAMES = frozenset((Path(__file__).parent / "first_names.txt").read_text(encoding="utf-8").split())
_NOWHERE = re.compile(r"(^|\.)(invalid|localhost|test|local|internal)$|^[0-9.:\[\]]+$|^[^.]*$")
_PATH_OF = pages.PATHS
_PAGE_AT = {path: page for page, path in _PATH_OF.items()}


class UnknownHostError(Exception):
    """The name of the site cannot be resolved."""


class SiteDownError(Exception):
    """The site is there and does not answer."""


class Found(NamedTuple):
    """What a query found: the company (written or derived), its person asked for, and who is only called alike."""

    company: Company | None
    person: Person | None
    alike: list[Company]
    namesakes: list[tuple[Company, Person]]


@dataclass(slots=True)
class World:
    """All companies by domain, and the texts that tests put over the pages."""

    companies: dict[str, Company] = field(default_factory=catalogue.load)
    texts: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    shown: dict[str, Any] = field(default_factory=dict[str, Any])
    """What a search shows of a written company, until the next edit."""
    index: NameIndex = field(init=False)
    links: dict[str, Page] = field(init=False)
    first_names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._index_names()

    def reset(self) -> None:
        """Forget every edit."""
        self.companies = catalogue.load()
        self.texts.clear()
        self._index_names()

    def find(self, query: str) -> Found:
        """Answer a query from its words alone."""
        question = read_question(query, first_names=self.first_names)
        asked = words(query)
        company = self._company(question, asked)
        people = self.index.people_in(asked)
        if company is None:
            return Found(
                company=None, person=None, alike=[], namesakes=[(self.companies[at], who) for at, who in people]
            )
        domain = company.domain
        person = next((who for at, who in people if at == domain), None)
        if person is None and company.people and domain not in self.companies:
            person = company.people[0]
        return Found(
            company=company,
            person=person,
            alike=[self.companies[at] for at in self.index.alike(company.name) if at != domain],
            namesakes=[(self.companies[at], who) for at, who in people if at != domain],
        )

    def _company(self, question: Question, asked: tuple[str, ...]) -> Company | None:
        if question.domain in self.companies:
            return self.companies[question.domain]
        named = self.index.companies_in(words(question.company)) or self.index.companies_in(asked)
        return self.companies[named[0]] if named else self._derive(question)

    def page(self, url: str) -> Page:
        """The page at an address. Raises UnknownHostError and SiteDownError; a missing path is a page of status 404."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower().removeprefix("www.")
        if _NOWHERE.search(host):
            raise UnknownHostError(host)
        known = self.links.get(f"https://{host}{parts.path.rstrip('/')}")
        if known is not None:
            return known
        company = self.companies.get(host) or self._derive_site(host, parts.query)
        if company.site == "gone":
            raise UnknownHostError(host)
        if company.site == "down":
            raise SiteDownError(host)
        return self.company_page(company, _PAGE_AT.get(parts.path.rstrip("/") or "/", parts.path))

    def company_page(self, company: Company, page: str) -> Page:
        """A page of a company by its name or path, with the text a test may have put there."""
        written = pages.own_page(company, page)
        text = self.texts.get((company.domain, page))
        path = _PATH_OF.get(page, page)
        if text is not None:
            title = written.title if written else company.name
            return Page(url=company.url(path), title=title, text=text)
        if written is not None:
            return written
        missing = f"{company.name} has no page at {path}."
        return Page(url=company.url(path), title="Page not found", text=missing, status=404)

    def put_page(self, domain: str, page: str, text: str) -> Page:
        """Replace the text of a page of any site; `page` is home, about, products, careers or a path."""
        self.texts[(domain, _PAGE_AT.get(page, page))] = text
        self.shown.clear()
        return self.page(f"https://{domain}{_PATH_OF.get(page, page)}")

    def put_company(self, domain: str, changes: dict[str, Any]) -> Company:
        """Change some facts of a company, or found one. Raises ValueError when a fact has no such name or form."""
        names = {entry.name for entry in fields(Company)} - {"domain"}
        unknown = sorted(set(changes) - names)
        if unknown:
            raise ValueError(f"a company has no {', '.join(unknown)}; it has {', '.join(sorted(names))}")
        facts = {name: _fact(name, value, domain=domain) for name, value in changes.items()}
        old = self.companies.get(domain) or Company(name=name_of_domain(domain), domain=domain)
        self.companies[domain] = replace(old, **facts)
        self._index_names()
        return self.companies[domain]

    def _derive(self, question: Question) -> Company | None:
        if question.company:
            return derive_company(question)
        if not question.domain:
            return None
        return derive_company(question._replace(company=name_of_domain(question.domain)))

    def _derive_site(self, host: str, query: str) -> Company:
        asked = {name: values[0] for name, values in parse_qs(query).items()} if query else {}
        founded = asked.get("founded", "")
        question = Question(
            company=asked.get("name") or name_of_domain(host),
            person=asked.get("person", ""),
            domain=host,
            role=asked.get("role", ""),
            industry=asked.get("industry", ""),
            place=asked.get("place", ""),
            founded=int(founded) if founded.isdigit() else 0,
            mentions=(),
        )
        return derive_company(question, with_news=False)

    def _index_names(self) -> None:
        self.index = NameIndex.of(self.companies.values())
        self.first_names = _NAMES | self.index.first_names()
        self.links = {}
        self.shown.clear()
        for company in self.companies.values():
            for item in company.news:
                self.links[news_url(company, item)] = pages.article(company, item)
            for person in company.people:
                self.links[profile_url(company, person)] = pages.profile(company, person)


def company_facts(company: Company) -> dict[str, Any]:
    """A company as JSON can carry it."""
    facts = asdict(company)
    facts["people"] = [person._asdict() for person in company.people]
    facts["news"] = [item._asdict() for item in company.news]
    return facts


def _fact(name: str, value: Any, *, domain: str) -> Any:
    if name == "people":
        return tuple(Person(**entry) if isinstance(entry, dict) else catalogue.parse_person(entry) for entry in value)
    if name == "news":
        return tuple(
            _news(entry) if isinstance(entry, dict) else catalogue.parse_news(entry, domain=domain) for entry in value
        )
    if name in {"products", "mentions"}:
        return tuple(str(entry) for entry in value)
    if name in {"staff", "founded"}:
        return int(value)
    if name == "site" and value not in ("up", "down", "gone"):
        raise ValueError("site is up, down or gone")
    return str(value)


def _news(entry: dict[str, Any]) -> News:
    rest = {name: str(value) for name, value in entry.items() if name != "day"}
    return News(day=date.fromisoformat(entry["day"]), **rest)
