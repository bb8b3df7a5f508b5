"""Which people a search of Apollo means: each filter narrows, the values within one widen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from deploy.sandbox.world.people import Worker

SENIORITIES = (
    "owner",
    "founder",
    "c_suite",
    "partner",
    "vp",
    "head",
    "director",
    "manager",
    "senior",
    "entry",
    "intern",
)
STATUSES = ("verified", "unverified", "likely to engage", "unavailable")
_RANGE = re.compile(r"\d+,\d+")
_ABBREVIATED = {"usa": "united states", "us": "united states", "uk": "united kingdom"}


class BadFilterError(ValueError):
    """A filter that cannot be; its message is what Apollo would say."""


Test = Callable[[Worker], bool]


def matching(workers: Sequence[Worker], body: dict[str, Any]) -> list[Worker]:
    """Those whom all the filters of a request let through, in the order of the directory. Raises BadFilterError."""
    tests = list(_tests(body))
    return [worker for worker in workers if all(test(worker) for test in tests)]


def _tests(body: dict[str, Any]) -> Iterable[Test]:
    for name, make in _FILTERS.items():
        values = body.get(name) or []
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise BadFilterError(f"{name} must be an array of strings.")
        wanted = [value.strip().casefold() for value in values if value.strip()]
        if wanted:
            yield make(wanted, name)
    words = body.get("q_keywords") or ""
    if not isinstance(words, str):
        raise BadFilterError("q_keywords must be a string.")
    if words.strip():
        yield _keywords(words.casefold().split())


def _titles(wanted: list[str], _: str) -> Test:
    def matches(worker: Worker) -> bool:
        title = worker.title.casefold()
        return any(all(word in title for word in value.split()) for value in wanted)

    return matches


def _seniorities(wanted: list[str], name: str) -> Test:
    _known(wanted, SENIORITIES, name)
    return lambda worker: worker.seniority in wanted


def _statuses(wanted: list[str], name: str) -> Test:
    _known(wanted, STATUSES, name)
    return lambda worker: worker.status in wanted


def _known(wanted: Iterable[str], known: Sequence[str], name: str) -> None:
    for value in wanted:
        if value not in known:
            raise BadFilterError(f"{name}: {value} is not a valid value. Valid values are {', '.join(known)}.")


def _locations(wanted: list[str], _: str) -> Test:
    places = [[_ABBREVIATED.get(part.strip(), part.strip()) for part in value.split(",")] for value in wanted]

    def matches(worker: Worker) -> bool:
        at = f"{worker.company.city}, {worker.company.country}".casefold()
        return any(all(part in at for part in place) for place in places)

    return matches


def _sizes(wanted: list[str], name: str) -> Test:
    ranges: list[tuple[int, int]] = []
    for value in wanted:
        if not _RANGE.fullmatch(value):
            raise BadFilterError(f"{name}: {value} is not a valid range. Use the form 1,10.")
        low, high = value.split(",")
        ranges.append((int(low), int(high)))
    return lambda worker: any(low <= worker.company.staff <= high for low, high in ranges)


def _tags(wanted: list[str], _: str) -> Test:
    def matches(worker: Worker) -> bool:
        company = worker.company
        about = f"{company.industry} {company.sells} {' '.join(company.products)}".casefold()
        return any(tag in about for tag in wanted)

    return matches


def _domains(wanted: list[str], _: str) -> Test:
    return lambda worker: worker.company.domain in wanted


def _keywords(words: list[str]) -> Test:
    def matches(worker: Worker) -> bool:
        company = worker.company
        about = f"{worker.first_name} {worker.last_name} {worker.title} {company.name} {company.industry}".casefold()
        return all(word in about for word in words)

    return matches


_FILTERS: dict[str, Callable[[list[str], str], Test]] = {
    "person_titles": _titles,
    "person_seniorities": _seniorities,
    "person_locations": _locations,
    "organization_locations": _locations,
    "organization_num_employees_ranges": _sizes,
    "q_organization_keyword_tags": _tags,
    "q_organization_domains_list": _domains,
    "contact_email_status": _statuses,
}
