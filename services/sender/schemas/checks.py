"""What the check of a campaign tells, the lines of its leads, and mails sent as a test."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from services.sender.schemas.base import Body

LineState = Literal["approved", "edited", "open"]


class CheckedRow(BaseModel):
    """A row that Start would leave out, and why."""

    row_no: int
    email: str
    code: str
    detail: str


class RestingOut(BaseModel):
    """So many of those who can be written to had a mail of another campaign within `pause_days`, and wait until then, the first
    of them until `first_until`. The pause is set with how the workspace sends."""

    leads: int
    pause_days: int
    first_until: datetime
    last_until: datetime
    sentence: str


class CheckOut(BaseModel):
    """What Start would do now: `ready` rows are written to, `resting` of them later; the others are left out by `problems`. The
    first 100 are named."""

    rows: int
    ready: int
    resting: RestingOut | None
    problems: dict[str, int]
    examples: list[CheckedRow]


class LineIn(Body):
    """Another line for one lead; null takes the list's again. `approved`: somebody has read it and found it good."""

    line: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000, pattern=r"^[^\x00]*$")]
        | None
    )
    approved: bool = True


class LineOut(BaseModel):
    """What a lead is told: `line` is sent, `listed` is the list's own."""

    lead_id: UUID
    row_no: int
    email: str
    line: str
    listed: str
    edited: bool
    approved: bool
    approved_by: UUID | None
    approved_at: datetime | None


class LinePage(BaseModel):
    """In the order of the list."""

    items: list[LineOut]
    next_cursor: str | None


class TestIn(Body):
    """Whom a test goes to (the signed-in person without `to`), and for which row it is made (the first without one)."""

    __test__ = False

    to: Annotated[str | None, Field(min_length=3, max_length=320)] = None
    row_no: Annotated[int | None, Field(ge=0, lt=2**31)] = None
    lead_id: Annotated[UUID | None, Field(strict=False)] = None


class TestOut(BaseModel):
    """A mail sent as a test. `unknown`: the provider did not say whether it took it."""

    __test__ = False

    id: UUID
    to: str
    subject: str
    state: Literal["sending", "sent", "failed", "unknown"]
    reason: str | None
    created_at: datetime
