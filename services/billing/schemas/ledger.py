"""What billing's routes take and answer."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

MAX_CREDITS = 1_000_000_000
"""Per grant. Far beyond any plan, and far below what a balance can count."""


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CreditsAnswer(_Answer):
    """Whole credits. `held` is for running jobs, `settling` for ended ones whose last chunks are being charged."""

    available: int
    held: int
    settling: int
    owed: int
    spent: int


class PricesAnswer(_Answer):
    """The newest price list. Jobs keep the version they were made at."""

    version: int
    credits_per_row: int
    credits_per_lead: int
    created_at: datetime


GrantKindName = Literal["plan", "purchased", "promotional", "adjustment"]


class GrantBody(BaseModel):
    """Credits for a workspace: the caller's own unless `workspace_id` names another."""

    model_config = ConfigDict(extra="forbid")

    credits: int = Field(ge=1, le=MAX_CREDITS, strict=True)
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    kind: GrantKindName = "adjustment"
    priority: int | None = Field(default=None, ge=0, le=1000, strict=True, description="Lower burns first.")
    expires_at: AwareDatetime | None = None
    workspace_id: UUID | None = None


class GrantAnswer(BaseModel):
    """The grant, as it was made."""

    id: UUID
    workspace_id: UUID
    credits: int
    kind: GrantKindName
    priority: int
    expires_at: datetime | None


class LedgerItemAnswer(_Answer):
    """One movement. `changes` is account → credits; it sums to zero."""

    id: UUID
    at: datetime
    operation: str
    business_key: str
    job_id: UUID | None
    sourcing_id: UUID | None
    actor: str
    reason: str
    changes: dict[str, int]


class LedgerAnswer(BaseModel):
    """A page, newest first. `next_cursor` asks for the next one."""

    items: list[LedgerItemAnswer]
    next_cursor: str | None


class CheckAnswer(_Answer):
    """One sentence that must hold; `found` says what contradicts it."""

    name: str
    holds: bool
    found: str


class ProofAnswer(BaseModel):
    """Whether the workspace's credits add up."""

    holds: bool
    checks: list[CheckAnswer]
