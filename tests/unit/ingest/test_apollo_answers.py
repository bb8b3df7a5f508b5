"""What Apollo's answers and headers are taken for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from services.ingest.clients.accounts import NoKey, apollo_account
from services.ingest.clients.apollo_people import found_in, revealed_in
from services.ingest.clients.errors import BadAnswer
from services.ingest.clients.limits import Windows
from services.ingest.domain.lead_search import LEAD_COLUMNS, SearchPage, to_apollo

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
NO_KEY = SecretStr("")
MATCH: dict[str, Any] = {
    "id": "5f",
    "first_name": "Ann",
    "last_name": "Lee",
    "email": "ann@acme.example",
    "email_status": "verified",
    "title": "Head of\nPurchasing",
    "seniority": "head",
    "linkedin_url": None,
    "organization": {"name": "Acme", "website_url": "http://acme.example", "estimated_num_employees": 50},
    "phone_numbers": [{"sanitized_number": "+4712345678"}],
}


def test_both_searches_are_understood() -> None:
    program = {"total_entries": 7, "people": [{"id": "1", "last_name_obfuscated": "Le***e", "has_email": False}]}
    older = {"pagination": {"total_entries": 7}, "people": [{"id": "1", "last_name": "Lee"}]}
    assert found_in(program, sandboxed=False).people[0].has_email is False
    found = found_in(older, sandboxed=True)
    assert (found.total, found.people[0].last_name, found.sandboxed) == (7, "L***", True)


@pytest.mark.parametrize(
    "answer", [{}, {"people": []}, {"total_entries": 3}, {"people": {}, "total_entries": 0}, {"error": "x"}]
)
def test_an_answer_without_its_people_is_never_nobody(answer: dict[str, Any]) -> None:
    """Red when an error in the form of a success is shown as "0 leads"."""
    with pytest.raises(BadAnswer):
        found_in(answer, sandboxed=False)


def test_a_lead_is_one_line_under_its_columns() -> None:
    (lead,) = revealed_in({"matches": [MATCH]}, asked=["5f"], sandboxed=False).leads
    told = dict(zip(LEAD_COLUMNS, lead.cells, strict=True))
    assert told["Title"] == "Head of Purchasing"
    assert (told["Email"], told["Phone"], told["Employees"]) == ("ann@acme.example", "+4712345678", "50")
    assert (told["LinkedIn"], told["Apollo id"]) == ("", "5f")


@pytest.mark.parametrize(
    "spoilt",
    [
        None,
        MATCH | {"email": None},
        MATCH | {"email": "email_not_unlocked@domain.com"},
        MATCH | {"email": "not an address"},
        MATCH | {"email_status": "unavailable"},
        MATCH | {"email_status": "guessed"},
    ],
)
def test_who_has_no_address_that_is_verified_or_likely_is_no_lead(spoilt: dict[str, Any] | None) -> None:
    """Red when somebody is charged for whom nothing was delivered."""
    assert revealed_in({"matches": [spoilt]}, asked=["5f"], sandboxed=False).leads == ()


def test_nobody_counts_twice_and_more_than_were_asked_for_are_no_answer() -> None:
    assert len(revealed_in({"matches": [MATCH, MATCH]}, asked=["5f", "60"], sandboxed=False).leads) == 1
    with pytest.raises(BadAnswer):
        revealed_in({"matches": [MATCH, MATCH]}, asked=["5f"], sandboxed=False)


def test_filters_are_said_in_apollos_words() -> None:
    filters = {"titles": ["buyer"], "industries": ["pumps"], "keyword_tags": ["valves"], "keywords": "", "domains": []}
    assert to_apollo(filters, SearchPage(3, 100)) == {
        "person_titles": ["buyer"],
        "q_organization_keyword_tags": ["pumps", "valves"],
        "contact_email_status": ["verified", "likely to engage"],
        "page": 3,
        "per_page": 100,
    }


def _headers(left: int, used: int, *, window: str = "minute") -> dict[str, str]:
    return {f"x-{window}-requests-left": str(left), f"x-{window}-usage": str(used)}


def test_a_used_up_minute_ends_a_minute_after_it_began() -> None:
    """Red when every last request of a minute costs a whole minute more."""
    windows = Windows()
    assert windows.read(_headers(1, 1), now=NOW) is None
    pause = windows.read(_headers(0, 2), now=NOW + timedelta(seconds=15))
    assert pause is not None
    assert (pause.window, pause.until) == ("minute", NOW + timedelta(minutes=1))
    assert windows.read(_headers(1, 1), now=NOW + timedelta(seconds=62)) is None


def test_the_longest_window_that_is_used_up_holds() -> None:
    pause = Windows().read(_headers(0, 9) | _headers(0, 900, window="daily"), now=NOW)
    assert pause is not None
    assert (pause.window, pause.until) == ("day", NOW + timedelta(days=1))


def test_retry_after_is_believed_and_nonsense_is_not() -> None:
    windows = Windows()
    assert windows.refused({"retry-after": "7"}, now=NOW).until == NOW + timedelta(seconds=7)
    assert windows.refused({"retry-after": "soon"}, now=NOW).until == NOW + timedelta(minutes=1)
    assert windows.refused({"retry-after": "0"}, now=NOW).until == NOW + timedelta(seconds=1)


def test_a_key_wins_over_the_sandbox_and_a_key_for_the_sandbox_is_the_sandbox() -> None:
    real, key = "https://api.apollo.io/api/v1", SecretStr(" k ")
    sandbox = "http://127.0.0.1:8090"
    assert apollo_account(key=key, base_url=real, sandbox_url=sandbox).mode == "real"
    inside = apollo_account(key=key, base_url=f"{sandbox}/apollo/api/v1", sandbox_url=sandbox)
    assert inside.mode == "sandbox"
    assert apollo_account(key=NO_KEY, base_url=real, sandbox_url=sandbox).base_url == f"{sandbox}/apollo/api/v1"
    missing = apollo_account(key=NO_KEY, base_url=real, sandbox_url="")
    with pytest.raises(NoKey, match="APOLLO_API_KEY"):
        missing.require()
