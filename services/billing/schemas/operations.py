"""What operators ask of the ledger, and what they are answered."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.billing.domain.credits.postings import Subject
from services.billing.schemas.ledger import MAX_CREDITS

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
RowNo = Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)]
MAX_ROWS = 10_000


class _Order(BaseModel):
    """For the caller's own workspace unless `workspace_id` names another."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason
    workspace_id: UUID | None = None


class AdjustmentBody(_Order):
    """`credits` more, or less where it is negative: then of the available ones, in burn order."""

    credits: int = Field(ge=-MAX_CREDITS, le=MAX_CREDITS, strict=True)

    @model_validator(mode="after")
    def _changes_something(self) -> "AdjustmentBody":
        if self.credits == 0:
            msg = "credits is 0: an adjustment adds credits or, below 0, takes some away"
            raise ValueError(msg)
        return self


class VoidBody(_Order):
    """End a grant: what is available of it goes."""


class RefundBody(_Order):
    """Of which job or sourcing, and how much: so many `credits`, or what those `rows` of a job cost.

    A row that came out degraded, failed or skipped was free: leave it out.
    """

    job_id: UUID | None = None
    sourcing_id: UUID | None = None
    credits: int | None = Field(default=None, ge=1, le=MAX_CREDITS, strict=True)
    rows: Annotated[list[RowNo], Field(min_length=1, max_length=MAX_ROWS)] | None = None

    @property
    def subject(self) -> Subject:
        """What was charged for. One of the two ids is there."""
        if self.sourcing_id is not None:
            return Subject("sourcing", self.sourcing_id)
        assert self.job_id is not None
        return Subject("job", self.job_id)

    @model_validator(mode="after")
    def _says_one_thing(self) -> "RefundBody":
        if (self.job_id is None) == (self.sourcing_id is None):
            msg = "name one of job_id and sourcing_id"
            raise ValueError(msg)
        if (self.credits is None) == (self.rows is None):
            msg = "give one of credits and rows"
            raise ValueError(msg)
        if self.rows is not None and self.job_id is None:
            msg = "rows are those of a job: give credits for a sourcing"
            raise ValueError(msg)
        if self.rows is not None and len(set(self.rows)) != len(self.rows):
            msg = "a row is named twice in rows"
            raise ValueError(msg)
        return self


class MovementAnswer(BaseModel):
    """What was written: the movement's id in the ledger, and the credits it added (negative: took away)."""

    id: UUID
    workspace_id: UUID
    credits: int
    reason: str
    at: datetime


class RefundAnswer(BaseModel):
    """The `number`-th refund of a job or sourcing."""

    workspace_id: UUID
    job_id: UUID | None
    sourcing_id: UUID | None
    number: int
    credits: int
    rows: list[int]
    reason: str
    at: datetime
