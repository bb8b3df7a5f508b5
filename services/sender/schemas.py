"""What the sender's HTTP edge takes and gives."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

EmailState = Literal[
    "planned", "claimed", "sending", "sent", "failed", "unknown", "deferred", "cancelled", "suppressed"
]
CampaignState = Literal["draft", "active", "paused", "finished"]
ShortText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ListOut(BaseModel):
    """A list of leads; its id is the job's. `ready` when every part has arrived."""

    id: UUID
    name: str
    state: Literal["receiving", "ready"]
    parts_expected: int
    parts_received: int
    recipients: int
    set_aside: int
    sandboxed: bool
    created_at: datetime
    ready_at: datetime | None


class ListPage(BaseModel):
    """Newest first."""

    items: list[ListOut]
    next_cursor: str | None


class TemplateOut(BaseModel):
    """A version of a template."""

    id: UUID
    name: str
    version: int
    is_default: bool
    subject: str
    text_body: str
    html_body: str | None
    created_at: datetime


class TemplatePage(BaseModel):
    """All of them."""

    items: list[TemplateOut]
    next_cursor: None = None


class CampaignIn(_Body):
    """A finished list, and what differs from the defaults."""

    list_id: Annotated[UUID, Field(strict=False)]
    name: ShortText | None = None
    template_id: Annotated[UUID | None, Field(strict=False)] = None
    daily_quota: Annotated[int | None, Field(ge=1, le=100_000)] = None


class Counts(BaseModel):
    """Leads of a campaign by where they stand. `waiting` have no slot yet, `excluded` were left out at the start."""

    planned: int
    sending: int
    sent: int
    failed: int
    unknown: int
    deferred: int
    suppressed: int
    cancelled: int
    waiting: int
    excluded: int


class QuotaToday(BaseModel):
    """Of the workspace's present day. The smaller of the campaign's quota and the workspace's counts."""

    limit: int
    used: int


class CampaignOut(BaseModel):
    """A campaign with its counts."""

    id: UUID
    list_id: UUID
    template_id: UUID
    name: str
    state: CampaignState
    sandboxed: bool
    daily_quota: int
    counts: Counts
    quota_today: QuotaToday
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ExcludedRow(BaseModel):
    """A row that the campaign leaves out."""

    row_no: int
    code: str
    detail: str | None


class StartedOut(CampaignOut):
    """The campaign, and the first 100 rows it leaves out."""

    excluded_rows: list[ExcludedRow]


class CampaignPage(BaseModel):
    """Newest first."""

    items: list[CampaignOut]
    next_cursor: str | None


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


class SuppressionIn(_Body):
    """An address that no campaign may write to any more."""

    email: Annotated[str, StringConstraints(min_length=3, max_length=320)]
    reason: ShortText = "asked by a person"


class SuppressionOut(BaseModel):
    """A suppressed address."""

    email: str
    reason: str
    created_at: datetime


class SuppressionPage(BaseModel):
    """By address."""

    items: list[SuppressionOut]
    next_cursor: str | None
