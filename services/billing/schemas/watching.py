"""What the routes about spending take and answer: caps, alerts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

MAX_CREDITS = 1_000_000_000_000
MAX_MINOR = 100_000_000_000
Credits = Annotated[int, Field(ge=0, le=MAX_CREDITS, strict=True)]


class CapsBody(BaseModel):
    """All of the caps: what is left out or null is without one."""

    model_config = ConfigDict(extra="forbid")

    per_day: Credits | None = None
    per_month: Credits | None = None
    per_member: Annotated[Credits | None, Field(description="For each member, per month.")] = None


class CapsAnswer(BaseModel):
    """The caps, and what has been set aside since the day and the month began (by the workspace's time zone) and is still
    held or was captured. `spent_by_you_this_month` is what the asking member ordered of it, which may be `for_you_per_month`:
    the member's own cap where there is one, else `per_member`."""

    per_day: int | None
    per_month: int | None
    per_member: int | None
    for_you_per_month: int | None
    spent_today: int
    spent_this_month: int
    spent_by_you_this_month: int
    day_began_at: datetime
    month_began_at: datetime
    time_zone: str


class MemberCapBody(BaseModel):
    """A member's own cap per month; null: this member is without one."""

    model_config = ConfigDict(extra="forbid")

    per_month: Credits | None


class MemberCapAnswer(BaseModel):
    """A member's own cap, and what the member has set aside this month that is held or was charged."""

    model_config = ConfigDict(from_attributes=True)

    user_id: UUID
    per_month: int | None
    spent_this_month: int


class MemberCapsAnswer(BaseModel):
    """A page of them, by the members' ids; `next_cursor` is null on the last."""

    items: list[MemberCapAnswer]
    next_cursor: str | None


class AlertsBody(BaseModel):
    """Balances below which the workspace is told. An empty list: it is never told."""

    model_config = ConfigDict(extra="forbid")

    thresholds: Annotated[list[Credits], Field(max_length=100)]


class AlertsAnswer(BaseModel):
    """The thresholds in force, the highest first. `is_default`: nobody has set any, and they are a share of the plan's month."""

    thresholds: list[int]
    is_default: bool


class AutoTopUpBody(BaseModel):
    """Below `threshold` credits buy `pack`, for `monthly_maximum_minor` a month at most (smallest unit of the currency)."""

    model_config = ConfigDict(extra="forbid")

    threshold: Annotated[int, Field(ge=1, le=MAX_CREDITS, strict=True)]
    pack: Annotated[str, Field(max_length=50)]
    monthly_maximum_minor: Annotated[int, Field(ge=0, le=MAX_MINOR, strict=True)]


class AutoTopUpAnswer(BaseModel):
    """The rule, and what it has spent this month. `on` is false without one, and after a failure (`off_reason`) until a
    person sets it again. `last_failure` may still be paid at its `pay_url`."""

    on: bool
    threshold: int | None
    pack: str | None
    monthly_maximum_minor: int | None
    spent_this_month_minor: int
    price_minor: int | None
    currency: str | None
    off_reason: str | None
    pay_url: str | None


class NoticeAnswer(BaseModel):
    """`kind` is stable; `text` is a sentence for people; `url` is where it can be mended, where that is a page of its own."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    text: str
    since: datetime | None
    url: str | None


class NoticesAnswer(BaseModel):
    """What needs attention now. Empty when nothing does."""

    items: list[NoticeAnswer]
