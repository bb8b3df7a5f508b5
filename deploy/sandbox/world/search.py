"""Lists what a search engine of the world would show for a query, best first."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote_plus

from deploy.sandbox.world import pages
from deploy.sandbox.world.model import Company, News, Person, news_url, profile_url
from deploy.sandbox.world.world import Found, World


class Hit(NamedTuple):
    """One search result."""

    title: str
    link: str
    snippet: str
    date: str = ""
    source: str = ""


def web(world: World, found: Found) -> list[Hit]:
    """Web results: the site, the person, the news; then those who are only called alike."""
    hits: list[Hit] = []
    company = found.company
    if company is not None:
        home, *rest = _about_company(world, company)
        hits.append(home)
        if found.person is not None:
            hits.append(_profile(company, found.person))
        hits.extend(rest)
    hits.extend(_profile(where, who) for where, who in found.namesakes[:3])
    hits.extend(_site(world, other, "home") for other in found.alike[:2])
    return hits


def news(found: Found) -> list[Hit]:
    """News results, newest first."""
    companies = ([found.company] if found.company else []) + found.alike[:1]
    return [_news(company, item) for company in companies for item in company.news]


def _about_company(world: World, company: Company) -> list[Hit]:
    """The site and the news; those of a written company are the same until somebody edits the world."""
    written = company.domain in world.companies
    hits: list[Hit] | None = world.shown.get(company.domain) if written else None
    if hits is None:
        hits = [_site(world, company, "home"), _site(world, company, "about")]
        hits.extend(_news(company, item) for item in company.news[:3])
        if written:
            world.shown[company.domain] = hits
    return hits


def _site(world: World, company: Company, page: str) -> Hit:
    shown = world.company_page(company, page)
    snippet = shown.text if len(shown.text) <= 320 else shown.text[:320].rsplit(". ", 1)[0] + "."
    return Hit(title=shown.title, link=_link(world, company, page), snippet=snippet)


def _link(world: World, company: Company, page: str) -> str:
    path = pages.PATHS[page]
    if company.domain in world.companies or page == "home":
        return company.url(path)
    asked = {"name": company.name, "industry": company.industry, "place": company.city}
    if company.founded:
        asked["founded"] = str(company.founded)
    return company.url(f"{path}?{'&'.join(f'{name}={_quoted(value)}' for name, value in asked.items() if value)}")


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return quote_plus(text)


def _profile(company: Company, person: Person) -> Hit:
    shown = pages.profile(company, person)
    return Hit(title=shown.title, link=profile_url(company, person), snippet=shown.text)


def _news(company: Company, item: News) -> Hit:
    return Hit(
        title=f"{company.name} {item.deed}",
        link=news_url(company, item),
        snippet=pages.deed(company, item),
        date=pages.day(item),
        source=item.source,
    )
