"""Dead letters as the HTTP edge takes and shows them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from services.sender.schemas.base import Body

DeadLetterState = Literal["open", "replayed", "discarded"]
CauseName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]


class DeadLetterGroup(BaseModel):
    """The open dead letters of one cause, and what can be done about them."""

    cause: str
    what_to_do: str
    count: int
    oldest_at: datetime


class DeadLetterGroups(BaseModel):
    """The largest group first."""

    items: list[DeadLetterGroup]
    total: int


class DeadLetterOut(BaseModel):
    """An email that could not be sent. `detail` is the server's answer, or what was wrong with the mail."""

    email_id: UUID
    campaign_id: UUID
    campaign_name: str
    lead_id: UUID
    email: str
    row_no: int
    step: int
    subject: str | None
    attempts: int
    cause: str
    detail: str
    state: DeadLetterState
    opened_at: datetime
    closed_at: datetime | None


class DeadLetterAction(BaseModel):
    """What somebody did about it."""

    action: Literal["edited", "replayed", "discarded"]
    detail: dict[str, Any]
    made_by: UUID
    made_at: datetime


class DeadLetterDetail(DeadLetterOut):
    """With what can be done, and what was done, oldest first."""

    what_to_do: str
    actions: list[DeadLetterAction]


class DeadLetterPage(BaseModel):
    """Newest first."""

    items: list[DeadLetterOut]
    next_cursor: str | None


class DeadLetterEdit(Body):
    """The address to write to instead."""

    email: Annotated[str, StringConstraints(min_length=3, max_length=320, pattern=r"^[^\x00]*$")]


class DeadLetterChoice(Body):
    """All open ones, or those of a cause, of a campaign, or one; from `cursor` on, which the answer before gave."""

    cause: CauseName | None = None
    campaign_id: Annotated[UUID | None, Field(strict=False)] = None
    email_id: Annotated[UUID | None, Field(strict=False)] = None
    cursor: Annotated[UUID | None, Field(strict=False)] = None


class ReplayedOut(BaseModel):
    """`kept` are open still, by reason: suppressed, in_other_campaign, list_deleted, mailbox_deleted, campaign_ended.

    Ask again with `next_cursor` as `cursor` for the next 500; it is null when there are no more.
    """

    replayed: int
    kept: dict[str, int]
    next_cursor: str | None


class DiscardedOut(BaseModel):
    """`more`: ask again for the next 500."""

    discarded: int
    more: bool
