"""Campaigns as the HTTP edge takes and shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.sender.schemas.base import Body, ShortText
from services.sender.schemas.windows import WindowIn, WindowOut

CampaignState = Literal["draft", "starting", "active", "paused", "finished"]


class CampaignIn(Body):
    """A finished list, and what differs from the defaults."""

    list_id: Annotated[UUID, Field(strict=False)]
    name: ShortText | None = None
    template_id: Annotated[UUID | None, Field(strict=False)] = None
    daily_quota: Annotated[int | None, Field(ge=1, le=100_000)] = None
    weight: Annotated[int, Field(ge=1, le=100, description="Its share of the day beside other campaigns'.")] = 1
    window: WindowIn | None = None
    mailbox_ids: Annotated[
        list[Annotated[UUID, Field(strict=False)]],
        Field(max_length=50, description="By default the workspace's own, and where there is none the installation's."),
    ] = []


class CampaignChange(Body):
    """What a draft is made from."""

    template_id: Annotated[UUID, Field(strict=False)]


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


class Starting(BaseModel):
    """How far a start is: `rows` of the list's `of` rows are taken in."""

    rows: int
    of: int


class CampaignOut(BaseModel):
    """A campaign with its counts.

    `starting` is how far a start is that still takes in its list, and null at other times. `start_problem` says why the last
    start came to nothing, and `paused_reason` why the campaign was paused by anything but a person.

    `hand_over`: a provider schedules its mail by itself; `hand_over_note` says what that means, and what is wrong there.
    """

    id: UUID
    list_id: UUID
    template_id: UUID
    template_version: int
    name: str
    state: CampaignState
    sandboxed: bool
    daily_quota: int
    weight: int
    mailbox_ids: list[UUID]
    hand_over: bool
    hand_over_note: str | None
    window: WindowOut
    starting: Starting | None
    start_problem: str | None
    paused_reason: str | None = None
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
