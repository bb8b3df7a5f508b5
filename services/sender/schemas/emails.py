"""Emails as the HTTP edge shows them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

EmailState = Literal[
    "planned", "claimed", "sending", "sent", "failed", "unknown", "deferred", "cancelled", "suppressed"
]


class EmailOut(BaseModel):
    """One email. `reason` says why it is not (yet) sent."""

    id: UUID
    campaign_id: UUID
    lead_id: UUID
    row_no: int
    step: int
    state: EmailState
    recipient: str
    subject: str | None
    message_id: str
    reason: str | None
    attempts: int
    created_at: datetime
    sending_at: datetime | None
    ended_at: datetime | None


class EmailPage(BaseModel):
    """Newest first."""

    items: list[EmailOut]
    next_cursor: str | None
