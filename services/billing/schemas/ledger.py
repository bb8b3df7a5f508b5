"""What billing's routes take and answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.billing.domain.credits.ledger import Balance
from services.billing.repositories.credits.balances import Expiring, GrantItem, Period
from services.billing.schemas.moments import Moment

MAX_CREDITS = 1_000_000_000
"""Per grant. Far beyond any plan, and far below what a balance can count."""


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PeriodAnswer(_Answer):
    """From when until when `spent_in_period` counts, by whole days in UTC: the subscription's period, or the month."""

    starts_at: datetime
    ends_at: datetime
    of: Literal["subscription", "month"]


class ExpiringAnswer(_Answer):
    """So many of the available credits expire then, unless they are used before."""

    expires_at: datetime
    credits: int


class CreditsAnswer(BaseModel):
    """Whole credits. `held` is for running jobs, `settling` for ended ones whose last chunks are being charged; `owed` is
    paid by the next credits that come in. `expiring_soon` are those of the next 14 days, earliest first."""

    available: int
    held: int
    settling: int
    owed: int
    spent: int
    spent_in_period: int
    period: PeriodAnswer
    expiring_soon: list[ExpiringAnswer]


GrantKindName = Literal["plan", "purchased", "promotional", "adjustment"]


class GrantBody(BaseModel):
    """Credits for a workspace: the caller's own unless `workspace_id` names another."""

    model_config = ConfigDict(extra="forbid")

    credits: int = Field(ge=1, le=MAX_CREDITS, strict=True)
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    kind: GrantKindName = "adjustment"
    priority: int | None = Field(default=None, ge=0, le=1000, strict=True, description="Lower burns first.")
    expires_at: Moment | None = None
    workspace_id: UUID | None = None


class GrantAnswer(BaseModel):
    """The grant, as it was made."""

    id: UUID
    workspace_id: UUID
    credits: int
    kind: GrantKindName
    priority: int
    expires_at: datetime | None


class GrantItemAnswer(BaseModel):
    """A grant, and where its credits are now: `credits` = available + held + spent + expired + voided + taken_back."""

    id: UUID
    kind: GrantKindName
    credits: int
    available: int
    held: int
    spent: int
    expired: int
    voided: int
    taken_back: int
    priority: int
    expires_at: datetime | None
    reason: str
    actor: str
    created_at: datetime


class GrantsAnswer(BaseModel):
    """A page, newest first. `next_cursor` asks for the next one."""

    items: list[GrantItemAnswer]
    next_cursor: str | None


class LedgerItemAnswer(_Answer):
    """One movement. `changes` is account → credits; it sums to zero. What was available after it is not shown: add up the
    `available` of the changes."""

    id: UUID
    at: datetime
    operation: str
    business_key: str
    job_id: UUID | None
    sourcing_id: UUID | None
    actor: str
    reason: str
    changes: dict[str, int]
    grants: list[UUID]


class LedgerAnswer(BaseModel):
    """A page, newest first. `next_cursor` asks for the next one."""

    items: list[LedgerItemAnswer]
    next_cursor: str | None


def credits_answer(
    balance: Balance, *, period: Period, spent_in_period: int, expiring: Sequence[Expiring]
) -> CreditsAnswer:
    """The API's view of a balance."""
    return CreditsAnswer(
        available=balance.available,
        held=balance.held,
        settling=balance.settling,
        owed=balance.owed,
        spent=balance.spent,
        spent_in_period=spent_in_period,
        period=PeriodAnswer.model_validate(period),
        expiring_soon=[ExpiringAnswer.model_validate(one) for one in expiring],
    )


def grant_item_answer(item: GrantItem) -> GrantItemAnswer:
    """The API's view of a grant."""
    grant = item.grant
    return GrantItemAnswer(
        id=grant.id,
        kind=grant.kind.value,
        credits=grant.size,
        available=grant.available,
        held=grant.held,
        spent=grant.captured - grant.refunded,
        expired=grant.expired,
        voided=grant.voided,
        taken_back=grant.clawed_back,
        priority=grant.priority,
        expires_at=grant.expires_at,
        reason=item.reason,
        actor=item.actor,
        created_at=item.created_at,
    )
