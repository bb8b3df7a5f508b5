"""How a search for leads is asked: its filters, its pages, its batches, and what Apollo's limits leave of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from libs.common.errors import Invalid

MOST_LEADS = 50_000
"""Apollo shows 500 pages of 100 people of one search, and no more."""
MOST_PAGES = 500
PER_PAGE = 100
BATCH = 10
"""People per call of the enrichment."""
PREVIEW = 25


@dataclass(frozen=True)
class Filters:
    """Each narrows, the values within one widen. `industries` and `keyword_tags` are both tags of the company to Apollo."""

    titles: tuple[str, ...] = ()
    seniorities: tuple[str, ...] = ()
    person_locations: tuple[str, ...] = ()
    organization_locations: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    keyword_tags: tuple[str, ...] = ()
    employee_ranges: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    keywords: str = ""


@dataclass(frozen=True)
class SearchPage:
    """Which page of which size to ask for, counted from 1."""

    page: int
    per_page: int


@dataclass(frozen=True)
class Candidate:
    """Somebody a search has found. The name is masked where Apollo masks it; `has_email` is None where it does not say."""

    id: str
    first_name: str
    last_name: str
    title: str
    company: str
    has_email: bool | None


@dataclass(frozen=True)
class Found:
    """A page of people, and how many match in all. `sandboxed`: the stand-in made them up."""

    people: tuple[Candidate, ...]
    total: int
    sandboxed: bool = False


@dataclass(frozen=True)
class Lead:
    """Somebody with an address. `cells` are theirs under `LEAD_COLUMNS`."""

    person_id: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Revealed:
    """What a batch brought: those with an address that is verified or likely."""

    leads: tuple[Lead, ...]
    sandboxed: bool = False


LEAD_COLUMNS = (
    "First name",
    "Last name",
    "Email",
    "Email status",
    "Title",
    "Seniority",
    "Company",
    "Website",
    "Industry",
    "Employees",
    "LinkedIn",
    "City",
    "State",
    "Country",
    "Phone",
    "Apollo id",
)


def check_filters(filters: Filters) -> None:
    """Raises Invalid `no_filter` for a search of everybody."""
    if filters == Filters():
        msg = "the search has no filter: say at least one of titles, seniorities, locations, industries, sizes, domains"
        raise Invalid(msg, code="no_filter")


def check_wanted(wanted: int) -> None:
    """Raises Invalid `too_many_leads` beyond what Apollo shows of one search."""
    if wanted > MOST_LEADS:
        msg = (
            f"{wanted:,} leads are too many for one search: Apollo shows {MOST_LEADS:,} records (500 pages of 100)."
            " Split it by narrower filters."
        )
        raise Invalid(msg, code="too_many_leads", extra={"most_leads": MOST_LEADS})


def next_page(*, wanted: int, skip_known: bool, pages: int) -> SearchPage:
    """The page after `pages`. The size stays the same to the end: a page of another size would begin somewhere else.

    When people are left out there is no saying how many are needed, so that pages are full ones.
    """
    return SearchPage(pages + 1, PER_PAGE if skip_known else min(wanted, PER_PAGE))


def is_last(asked: SearchPage, *, got: int, total: int) -> bool:
    """Whether nobody comes after this page: the matches are at their end, or Apollo shows no more."""
    return got == 0 or asked.page * asked.per_page >= total or asked.page >= MOST_PAGES


def choose(found: Found, *, needed: int, seen: frozenset[str], known: frozenset[str]) -> list[str]:
    """Whom of a page to reveal: once each, not those without an address, not the known, no more than are needed."""
    chosen: dict[str, None] = {}
    for person in found.people:
        if person.has_email is not False and person.id not in seen and person.id not in known:
            chosen.setdefault(person.id)
    return list(chosen)[:needed]


def to_apollo(filters: Mapping[str, object], asked: SearchPage) -> dict[str, object]:
    """The filters in Apollo's words. Only people whose address is verified or likely are asked for."""
    named = {
        "person_titles": filters.get("titles"),
        "person_seniorities": filters.get("seniorities"),
        "person_locations": filters.get("person_locations"),
        "organization_locations": filters.get("organization_locations"),
        "q_organization_keyword_tags": [*_list(filters, "industries"), *_list(filters, "keyword_tags")],
        "organization_num_employees_ranges": filters.get("employee_ranges"),
        "q_organization_domains_list": filters.get("domains"),
        "q_keywords": filters.get("keywords"),
    }
    given = {name: value for name, value in named.items() if value}
    return given | {
        "contact_email_status": ["verified", "likely to engage"],
        "page": asked.page,
        "per_page": asked.per_page,
    }


def _list(filters: Mapping[str, object], name: str) -> list[object]:
    values = filters.get(name)
    return list(values) if isinstance(values, list | tuple) else []
