"""Searches for leads and sourcings as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from services.ingest.domain.addresses import host_of
from services.ingest.domain.lead_search import Filters, Found
from services.ingest.domain.sourcing import Sourcing
from services.ingest.use_cases.create_sourcing import SourcingRequest

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
_Words = Annotated[list[_Word], Field(max_length=100)]


def _domain(text: str) -> str:
    host = host_of(text)
    if host is None:
        msg = "not a domain: write it as example.com"
        raise ValueError(msg)
    return host


def _range(text: str) -> str:
    low, high = (int(number) for number in text.split(","))
    if low > high:
        msg = "nobody is in this range: write the lower number first"
        raise ValueError(msg)
    return text


_Domain = Annotated[str, StringConstraints(max_length=500), AfterValidator(_domain)]
_Range = Annotated[str, StringConstraints(pattern=r"^\d{1,9},\d{1,9}$"), AfterValidator(_range)]
Seniority = Literal[
    "owner", "founder", "c_suite", "partner", "vp", "head", "director", "manager", "senior", "entry", "intern"
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")
]


class FiltersIn(BaseModel):
    """Each narrows, the values within one widen. `employee_ranges` are `low,high`; of `domains` the host counts, without www."""

    model_config = ConfigDict(extra="forbid")

    titles: _Words = []
    seniorities: list[Seniority] = []
    person_locations: _Words = []
    organization_locations: _Words = []
    industries: _Words = []
    keyword_tags: _Words = []
    employee_ranges: Annotated[list[_Range], Field(max_length=50)] = []
    domains: Annotated[list[_Domain], Field(max_length=1000)] = []
    keywords: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=r"^[^\x00]*$")] = ""

    def to_filters(self) -> Filters:
        return Filters(
            titles=tuple(self.titles),
            seniorities=tuple(self.seniorities),
            person_locations=tuple(self.person_locations),
            organization_locations=tuple(self.organization_locations),
            industries=tuple(self.industries),
            keyword_tags=tuple(self.keyword_tags),
            employee_ranges=tuple(self.employee_ranges),
            domains=tuple(self.domains),
            keywords=self.keywords,
        )


class SearchIn(BaseModel):
    """Which people?"""

    model_config = ConfigDict(extra="forbid")

    filters: FiltersIn


class SourcingIn(SearchIn):
    """Up to `count` of them (50,000 at most), with their addresses, as an upload called `name`.

    `skip_known` leaves out whom the workspace has sourced before.
    """

    count: Annotated[int, Field(ge=1, strict=True)]
    name: Name
    skip_known: StrictBool = False

    def to_request(self) -> SourcingRequest:
        return SourcingRequest(self.filters.to_filters(), self.count, self.name, self.skip_known)


class FoundPersonOut(BaseModel):
    """Somebody a search has found: masked, without an address."""

    first_name: str
    last_name: str
    title: str
    company: str
    has_email: bool | None


class SearchOut(BaseModel):
    """How many match right now, and the first of them. `most_leads` is what one sourcing can bring."""

    total: int
    most_leads: int
    credits_per_lead: int
    people: list[FoundPersonOut]
    sandboxed: bool


class SourcingOut(BaseModel):
    """A sourcing. `matches` is Apollo's count; `people` are those chosen, `leads` those revealed with an address (charged).

    `reason` says what it waits for or why it ended, `message` what Apollo said, `resume_at` when it goes on by itself.
    `upload_id` is the result.
    """

    id: UUID
    name: str
    filters: dict[str, object]
    skip_known: bool
    count: int
    state: str
    reason: str | None
    message: str | None
    resume_at: datetime | None
    version: int
    matches: int | None
    people: int
    asked: int
    leads: int
    credits_needed: int
    credits_held: int
    credits_total: int
    credits_per_lead: int
    price_version: int
    sandboxed: bool
    upload_id: UUID | None
    created_at: datetime
    finished_at: datetime | None


class SourcingPage(BaseModel):
    """A page of sourcings, newest first."""

    items: list[SourcingOut]
    next_cursor: str | None


def search_out(found: Found, *, most_leads: int, credits_per_lead: int) -> SearchOut:
    """The API's view of a search."""
    people = [
        FoundPersonOut(
            first_name=one.first_name,
            last_name=one.last_name,
            title=one.title,
            company=one.company,
            has_email=one.has_email,
        )
        for one in found.people
    ]
    return SearchOut(
        total=found.total,
        most_leads=min(found.total, most_leads),
        credits_per_lead=credits_per_lead,
        people=people,
        sandboxed=found.sandboxed,
    )


def sourcing_out(sourcing: Sourcing) -> SourcingOut:
    """The API's view of a sourcing."""
    return SourcingOut(
        id=sourcing.id,
        name=sourcing.name,
        filters=dict(sourcing.filters),
        skip_known=sourcing.skip_known,
        count=sourcing.wanted,
        state=sourcing.state.value,
        reason=sourcing.reason,
        message=sourcing.message,
        resume_at=sourcing.resume_at,
        version=sourcing.version,
        matches=sourcing.matches,
        people=sourcing.people,
        asked=sourcing.asked,
        leads=sourcing.leads,
        credits_needed=sourcing.credits_needed,
        credits_held=sourcing.credits_held,
        credits_total=sourcing.credits_total,
        credits_per_lead=sourcing.credits_per_lead,
        price_version=sourcing.price_version,
        sandboxed=sourcing.sandboxed,
        upload_id=sourcing.upload_id,
        created_at=sourcing.created_at,
        finished_at=sourcing.finished_at,
    )
