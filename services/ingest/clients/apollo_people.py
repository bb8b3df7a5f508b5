"""Apollo's people as they stand in its answers, as our own values. What is not of the form it should be is a bad answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.ingest.clients.errors import BadAnswer
from services.ingest.domain.lead_search import Candidate, Found, Lead, Revealed
from services.ingest.domain.recipients import is_plausible_address

CHARGED = frozenset({"verified", "likely to engage", "likely_to_engage", "likely"})
"""Address statuses that make somebody a lead."""
_CELL_CHARS = 500
_LOCKED = "email_not_unlocked@"


def found_in(answer: Mapping[str, Any], *, sandboxed: bool) -> Found:
    """A page of a search, of either form. Raises BadAnswer when it lacks its people or their total."""
    pagination = answer.get("pagination")
    total = answer.get("total_entries", pagination.get("total_entries") if isinstance(pagination, dict) else None)
    people = answer.get("people")
    if not isinstance(people, list) or not isinstance(total, int) or total < 0:
        msg = "the answer is not a page of people with their total"
        raise BadAnswer(msg)
    return Found(tuple(_candidate(person) for person in people), total, sandboxed=sandboxed)


def revealed_in(answer: Mapping[str, Any], *, asked: Sequence[str], sandboxed: bool) -> Revealed:
    """Those of a batch who have an address. Raises BadAnswer for more matches than were asked for, or none at all."""
    matches = answer.get("matches")
    if not isinstance(matches, list) or len(matches) > len(asked):
        msg = "the answer is not a list of the people asked for"
        raise BadAnswer(msg)
    leads: dict[str, Lead] = {}
    for match in matches:
        if isinstance(match, dict) and (lead := _lead(match)) is not None:
            leads.setdefault(lead.person_id, lead)
    return Revealed(tuple(leads.values()), sandboxed=sandboxed)


def _candidate(person: object) -> Candidate:
    if not isinstance(person, dict) or not (id_ := _text(person, "id")):
        msg = "the answer has a person without an id"
        raise BadAnswer(msg)
    has_email = person.get("has_email")
    return Candidate(
        id_,
        _text(person, "first_name"),
        _text(person, "last_name_obfuscated") or _initial(_text(person, "last_name")),
        _text(person, "title"),
        _text(_organization(person), "name"),
        has_email if isinstance(has_email, bool) else None,
    )


def _initial(name: str) -> str:
    return f"{name[:1]}***" if name else ""


def _lead(person: Mapping[str, Any]) -> Lead | None:
    email, status = _text(person, "email"), _text(person, "email_status")
    if status not in CHARGED or email.startswith(_LOCKED) or not is_plausible_address(email):
        return None
    company = _organization(person)
    size = company.get("estimated_num_employees")
    cells = (
        _text(person, "first_name"),
        _text(person, "last_name"),
        email,
        status,
        _text(person, "title"),
        _text(person, "seniority"),
        _text(company, "name"),
        _text(company, "website_url") or _text(company, "primary_domain"),
        _text(company, "industry"),
        str(size) if isinstance(size, int) else "",
        _text(person, "linkedin_url"),
        _text(person, "city"),
        _text(person, "state"),
        _text(person, "country"),
        _phone(person),
        _text(person, "id"),
    )
    return Lead(_text(person, "id") or email, cells)


def _phone(person: Mapping[str, Any]) -> str:
    numbers = person.get("phone_numbers")
    first = numbers[0] if isinstance(numbers, list) and numbers else None
    return (_text(first, "sanitized_number") or _text(first, "raw_number")) if isinstance(first, dict) else ""


def _organization(person: Mapping[str, Any]) -> Mapping[str, Any]:
    found = person.get("organization")
    return found if isinstance(found, dict) else {}


def _text(values: Mapping[str, Any], name: str) -> str:
    """One cell: a line of text, whatever stands there."""
    value = values.get(name)
    return " ".join(value.replace("\x00", "").split())[:_CELL_CHARS] if isinstance(value, str) else ""
