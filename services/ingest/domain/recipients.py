"""Who of a finished list is to be written to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.ingest.domain.addresses import is_blank

CHUNKS_PER_PART = 4
"""A part of the list is four chunks, at most 200 rows: part n is the same rows however often it is made."""
FIELD_CHARS = 500
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_FIELDS = ("first_name", "last_name", "company", "title", "country", "state", "city", "phone")
WRITABLE = frozenset({"enriched", "degraded"})
PLAIN = "plain"
"""The status of a row that is written to without having been researched."""
_CARRIED = frozenset({"email", *_FIELDS})


@dataclass(frozen=True)
class Recipient:
    """One row that has an address, good or bad."""

    row_no: int
    email: str
    line: str
    status: str
    sandboxed: bool
    fields: Mapping[str, str]


def is_plausible_address(text: str) -> bool:
    """Whether this looks like an address a mail server would take: one @, a dotted domain, no quoting, no controls."""
    local, at, domain = text.rpartition("@")
    if not at or len(text) > 254 or not _LOCAL.fullmatch(local):
        return False
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return False
    labels = domain.split(".")
    return len(labels) >= 2 and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()


@dataclass(frozen=True)
class Member:
    """A job of a family; a completed one has published its list."""

    job_id: UUID
    is_completed: bool


def sources_of(family: Sequence[Member]) -> tuple[list[UUID], list[UUID]]:
    """Whose rows the list of the newest member is made of, and whose have been published before it; the oldest first.

    A member that did not complete has published nobody: what it delivered comes with the next list.
    """
    published = max((place for place, member in enumerate(family[:-1], start=1) if member.is_completed), default=0)
    ids = [member.job_id for member in family]
    return ids[published:], ids[:published]


def carried(mapping: Mapping[str, int]) -> set[int]:
    """The columns that a recipient carries under a name of its own."""
    return {index for role, index in mapping.items() if role in _CARRIED}


def parts_of(chunks_total: int) -> int:
    """How many parts a list has."""
    return -(-chunks_total // CHUNKS_PER_PART)


def recipient_of(
    *,
    row_no: int,
    cells: Sequence[str],
    mapping: Mapping[str, int],
    status: str,
    line: str | None,
    sandboxed: bool,
    product: Mapping[str, Any] | None = None,
) -> Recipient | None:
    """The recipient of a row; None when its address is blank or it was not delivered.

    Whatever else stands in the cell goes along: who sends sets aside what is no address, and says so.
    """
    values = {role: cells[index].strip()[:FIELD_CHARS] for role, index in mapping.items() if index < len(cells)}
    email = values.get("email", "")
    if status not in {*WRITABLE, PLAIN} or is_blank(email):
        return None
    fields = {name: values.get(name, "") for name in _FIELDS}
    if not fields["first_name"] and not fields["last_name"] and values.get("full_name"):
        first, _, last = values["full_name"].partition(" ")
        fields |= {"first_name": first, "last_name": last.strip()}
    fields |= offer_of(product)
    return Recipient(row_no, email, line or "", status, sandboxed, fields)


def offer_of(product: Mapping[str, Any] | None) -> dict[str, str]:
    """What to offer a row, for templates: the name of its product, and the pitch."""
    if product is None:
        return {}
    offered = {"product": product.get("name") or product["product"], "pitch": product.get("pitch") or ""}
    return {name: str(text)[:FIELD_CHARS] for name, text in offered.items()}
