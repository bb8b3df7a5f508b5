"""Which column plays which role: suggested by what headers say first, by what values look like second."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.ingest.domain.columns import ColumnType
from services.ingest.domain.header_words import HINTS, ORDER, ROLE_OF, ROLES, Role

SuggestedBy = Literal["memory", "header", "values"]
_REMEMBERED, _BY_VALUES = -1, 1000
"""Ranks of an offer beside those that headers have."""

_NOT_THE_THING = re.compile(
    r"\b(status|id|verified|valid|validity|confidence|source|score|count|type|date|at|sent|opened|opt|bounced|catch"
    r"|secondary|other|previous|former|assistant|manager|owner|notes?|code|github|twitter|facebook)\b"
)
_COMPANY_LINKEDIN = re.compile(r"\b(company|organi[sz]ation|account)\b")
_LINKEDIN_VALUE = re.compile(r"(https?://)?([a-z]{2,3}\.)?linkedin\.com/", re.IGNORECASE)
_NO_HEADER = re.compile(r"column \d+")
_PERSONAL: frozenset[Role] = frozenset({"email", "first_name", "title", "linkedin"})
_VALUE_ROLES: Mapping[ColumnType, Role] = {"email": "email", "url": "website", "phone": "phone"}


@dataclass(frozen=True)
class ColumnFacts:
    """What the suggestion looks at: a column's name, the type of its values, and some of them as text."""

    name: str
    type: ColumnType
    values: Sequence[str]


@dataclass(frozen=True)
class Suggestion:
    """Role → column index, and of each role where it is from."""

    mapping: dict[Role, int]
    by: dict[Role, SuggestedBy]


def suggest_mapping(columns: Sequence[ColumnFacts]) -> dict[Role, int]:
    """Role → column index. Each column plays one role; an exact header beats a hint, a hint beats values."""
    return suggest(columns, memory={}).mapping


def suggest(columns: Sequence[ColumnFacts], *, memory: Mapping[str, Role | None]) -> Suggestion:
    """As `suggest_mapping`, but what was done before with a (normalised) header beats all: null is "no role".

    A memory is not believed either when the values plainly say otherwise.
    """
    remembered: dict[int, Role | None] = {
        index: memory[header]
        for index, column in enumerate(columns)
        if (header := normalise(column.name)) in memory and _may_play(memory[header], column)
    }
    offers: list[tuple[int, int, Role]] = [
        (_REMEMBERED, index, role) for index, role in remembered.items() if role is not None
    ]
    for index, column in enumerate(columns):
        if index not in remembered and (offer := _offer(index, column)) is not None:
            offers.append(offer)
    mapping: dict[Role, int] = {}
    ranks: dict[Role, int] = {}
    for rank, index, role in sorted(offers):
        if role not in mapping and index not in mapping.values():
            mapping[role], ranks[role] = index, rank
    ordered: dict[Role, int] = {role: mapping[role] for role in ROLES if role in mapping}
    if ranks.get("full_name") != _REMEMBERED:
        ordered = _without_doubles(ordered, columns)
    return Suggestion(ordered, {role: _by(ranks.get(role, 0)) for role in ordered})


def _by(rank: int) -> SuggestedBy:
    if rank == _REMEMBERED:
        return "memory"
    return "values" if rank == _BY_VALUES else "header"


def _may_play(role: Role | None, column: ColumnFacts) -> bool:
    return role is None or column.type == "empty" or _values_agree(role, column)


def is_memorable(header: str) -> bool:
    """Whether a (normalised) header says anything: "column 5" is what we call a column without one."""
    return bool(header) and _NO_HEADER.fullmatch(header) is None


def _offer(index: int, column: ColumnFacts) -> tuple[int, int, Role] | None:
    if column.type == "empty" and column.values:
        return None
    header = normalise(column.name)
    by_header = _by_header(header)
    if by_header is not None and _values_agree(by_header[1], column):
        return by_header[0], index, by_header[1]
    by_value = _by_value(column)
    return (_BY_VALUES, index, by_value) if by_value is not None else None


def _by_header(header: str) -> tuple[int, Role] | None:
    known = ROLE_OF.get(header)
    if known is not None:
        return ORDER[header], known
    if _NOT_THE_THING.search(header):
        return None
    for role, hint in HINTS:
        if hint.search(header) and not (role == "linkedin" and _COMPANY_LINKEDIN.search(header)):
            return 500, role
    return None


def _values_agree(role: Role, column: ColumnFacts) -> bool:
    """A header is not believed when the values plainly say otherwise (an "Email" full of yes and no)."""
    if column.type in {"empty", "text", "mixed"}:
        return True
    if role == "email":
        return column.type == "email"
    if role == "phone":
        return column.type in {"phone", "integer", "number"}
    if role in {"website", "linkedin"}:
        return column.type == "url" and (role == "linkedin" or not _is_linkedin(column))
    return column.type in {"text", "url"}


def _by_value(column: ColumnFacts) -> Role | None:
    if _is_linkedin(column):
        return None if _COMPANY_LINKEDIN.search(normalise(column.name)) else "linkedin"
    if _NOT_THE_THING.search(normalise(column.name)):
        return None
    return _VALUE_ROLES.get(column.type)


def _is_linkedin(column: ColumnFacts) -> bool:
    filled = [value for value in column.values if value.strip()]
    return bool(filled) and all(_LINKEDIN_VALUE.match(value.strip()) for value in filled)


def _without_doubles(mapping: dict[Role, int], columns: Sequence[ColumnFacts]) -> dict[Role, int]:
    """A bare "Name" is the company's when last names have a column of their own, or when no column speaks of a person."""
    index = mapping.get("full_name")
    if index is None or normalise(columns[index].name) != "name":
        return mapping
    if "last_name" not in mapping and _PERSONAL & mapping.keys():
        return mapping
    rest: dict[Role, int] = {role: at for role, at in mapping.items() if role != "full_name"}
    if "company" in rest:
        return rest if "last_name" in rest else mapping
    return {**rest, "company": index}


def normalise(header: str) -> str:
    """A header without case, accents, punctuation, camel case and doubled blanks: `E-Mail_Address` → `e mail address`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    plain = "".join(c for c in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(c))
    words = re.sub(r"[^\w]|_", " ", plain.lower().replace("ı", "i").replace("ø", "o"))
    return " ".join(words.split())
