"""Suppressed addresses as the HTTP edge takes and shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from services.sender.domain.suppressing import MAX_NOTE_CHARS
from services.sender.schemas.base import Body

SuppressionReason = Literal["unsubscribed", "bounced", "complained", "asked", "imported", "erased"]
SuppressionScope = Literal["workspace", "global"]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NOTE_CHARS, pattern=r"^[^\x00]*$")]


class SuppressionIn(Body):
    """An address, or `@domain` for all of a domain, that is not written to any more. `global`: by no workspace."""

    email: Annotated[str, StringConstraints(min_length=3, max_length=320)]
    reason: Literal["asked", "complained", "bounced", "unsubscribed"] = "asked"
    note: Note = ""
    scope: SuppressionScope = "workspace"


class LiftIn(Body):
    """Why the address may be written to again. It is kept in the history."""

    note: Annotated[Note, Field(min_length=1)]


class SuppressionOut(BaseModel):
    """A suppressed address or domain, and what it rests on."""

    id: UUID
    email: str
    scope: SuppressionScope
    reason: SuppressionReason
    note: str
    proof: dict[str, str]
    made_by: UUID | None
    created_at: datetime


class SuppressionPage(BaseModel):
    """By address."""

    items: list[SuppressionOut]
    next_cursor: str | None


class SuppressionChangeOut(BaseModel):
    """One entry of the history, which is only ever added to."""

    id: int
    email: str
    change: Literal["suppressed", "lifted"]
    reason: SuppressionReason
    note: str
    proof: dict[str, str]
    made_by: UUID | None
    created_at: datetime


class SuppressionHistory(BaseModel):
    """Newest first."""

    items: list[SuppressionChangeOut]
    next_cursor: str | None


class BadLine(BaseModel):
    """A line of an import that is neither an address nor a domain."""

    line_no: int
    problem: str


class SuppressionImportOut(BaseModel):
    """What an import did, with the first 100 lines that were not understood."""

    added: int
    known: int
    bad: int
    bad_lines: list[BadLine]
