"""Who did what: what is kept of a request that may have changed something. Never what it, or its answer, held."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from libs.common.formulas import is_formula_like
from services.gateway.domain.callers import Caller

Outcome = Literal["done", "refused", "failed", "unknown"]

_MOST_CHARS = 200
CSV_HEADER = (
    "at",
    "id",
    "user_id",
    "email",
    "key_id",
    "operation",
    "method",
    "route",
    "subjects",
    "outcome",
    "status",
    "request_id",
    "client_address",
)


@dataclass(frozen=True)
class Deed:
    """A request that may change something: who makes it, which operation it is, what it is about. `status` is that of its
    answer; None where there was none."""

    id: UUID
    workspace_id: UUID
    user_id: UUID
    email: str
    key_id: UUID | None
    method: str
    route: str
    operation: str
    subjects: Mapping[str, str]
    outcome: Outcome
    status: int | None
    request_id: str
    client_address: str


@dataclass(frozen=True)
class Sighting:
    """What is known of a request, whoever makes it. What the asker chose (ids in a path, the request id, perhaps where from) is
    kept up to 200 characters."""

    method: str
    route: str
    operation: str
    subjects: Mapping[str, str]
    status: int | None
    outcome: Outcome
    request_id: str
    client_address: str


@dataclass(frozen=True)
class Entry:
    """A deed as it stands in the log."""

    deed: Deed
    at: datetime


@dataclass(frozen=True)
class Wanted:
    """Which entries are asked for: those that fit everything that is given."""

    user_id: UUID | None = None
    key_id: UUID | None = None
    operation: str | None = None
    outcome: Outcome | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def deed_of(caller: Caller, seen: Sighting, *, id_: UUID) -> Deed:
    """What is kept of a caller's request."""
    return _deed(seen, id_=id_, workspace_id=caller.workspace_id, who=(caller.user_id, caller.email, caller.key_id))


def deed_at_account(seen: Sighting, *, id_: UUID, workspace_id: UUID, user_id: UUID, email: str) -> Deed:
    """What is kept of what was done, or tried, at somebody's account: by them, unless it was refused. Whoever tries in vain is
    not known."""
    return _deed(seen, id_=id_, workspace_id=workspace_id, who=(user_id, email, None))


def _deed(seen: Sighting, *, id_: UUID, workspace_id: UUID, who: tuple[UUID, str, UUID | None]) -> Deed:
    user_id, email, key_id = who
    return Deed(
        id_,
        workspace_id,
        user_id,
        email,
        key_id,
        seen.method,
        storable(seen.route),
        seen.operation,
        {name: storable(value) for name, value in seen.subjects.items()},
        seen.outcome,
        seen.status,
        storable(seen.request_id),
        storable(seen.client_address),
    )


def outcome_of(status: int) -> Outcome:
    """What an answer means. 502 is ours for a service that fell silent: it may have been done."""
    if status < 400:
        return "done"
    if status == 502:
        return "unknown"
    return "refused" if status < 500 else "failed"


def storable(text: str) -> str:
    """Without what Postgres takes in no column, and not longer than is bearable."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")[:_MOST_CHARS]


def csv_lines(entries: Iterable[Entry]) -> bytes:
    """Entries as lines of CSV (RFC 4180, UTF-8)."""
    return csv_of(_cells(entry) for entry in entries)


def csv_of(rows: Iterable[Sequence[str]]) -> bytes:
    """Text that a spreadsheet would take for a formula stands behind an apostrophe."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(
        [f"'{cell}" if is_formula_like(cell) else cell for cell in row] for row in rows
    )
    return text.getvalue().encode("utf-8", "replace")


def _cells(entry: Entry) -> Sequence[str]:
    deed = entry.deed
    return (
        entry.at.isoformat(),
        str(deed.id),
        str(deed.user_id),
        deed.email,
        str(deed.key_id or ""),
        deed.operation,
        deed.method,
        deed.route,
        " ".join(f"{name}={value}" for name, value in deed.subjects.items()),
        deed.outcome,
        str(deed.status or ""),
        deed.request_id,
        deed.client_address,
    )
