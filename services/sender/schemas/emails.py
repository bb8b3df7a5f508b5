"""Emails as the HTTP edge shows them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.sender.domain.resolving import Resolution
from services.sender.schemas.base import Body

EmailState = Literal[
    "planned", "claimed", "sending", "sent", "failed", "unknown", "deferred", "cancelled", "suppressed"
]


class EmailOut(BaseModel):
    """One email. `reason` says why it is not (yet) sent; `planned_for` when it leaves, where it has a slot of today."""

    id: UUID
    campaign_id: UUID
    lead_id: UUID
    row_no: int
    step: int
    state: EmailState
    email: str
    subject: str | None
    message_id: str
    reason: str | None
    attempts: int
    created_at: datetime
    sending_at: datetime | None
    ended_at: datetime | None
    mailbox_id: UUID
    planned_for: datetime | None

    @classmethod
    def of(cls, row: Any) -> "EmailOut":
        """Of a row with these columns, where whom it goes to is the `recipient`."""
        return cls(email=row.recipient, **{name: getattr(row, name) for name in cls.model_fields if name != "email"})


class EmailPage(BaseModel):
    """Newest first."""

    items: list[EmailOut]
    next_cursor: str | None


class ResolutionIn(Body):
    """What became of an unknown email, as a person knows or wants it."""

    outcome: Resolution


class ResolutionOut(BaseModel):
    """`changed` is false when the same had been decided before."""

    email_id: UUID
    outcome: Resolution
    changed: bool


class ResolutionsIn(ResolutionIn):
    """The same of many: all unknown emails of the workspace, or those of a campaign or a mailbox."""

    campaign_id: Annotated[UUID | None, Field(strict=False)] = None
    mailbox_id: Annotated[UUID | None, Field(strict=False)] = None
    cursor: Annotated[UUID | None, Field(strict=False)] = None


class ResolutionsOut(BaseModel):
    """`kept` are unknown still, as their campaign has ended and nothing of it is sent again.

    Ask again with `next_cursor` as `cursor` for the next 200; it is null when there are no more.
    """

    resolved: int
    kept: int
    next_cursor: UUID | None
