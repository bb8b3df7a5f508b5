"""Calendars, dry runs and explanations as the HTTP edge takes and shows them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.sender.domain.places import ZoneSource
from services.sender.schemas.base import Body

LeadState = Literal[
    "waiting", "planned", "sending", "sent", "failed", "unknown", "deferred", "suppressed", "cancelled", "excluded", "stopped"
]  # fmt: skip
Rate = Annotated[float, Field(ge=0, le=1)]


class DayOfCampaignOut(BaseModel):
    """What of a campaign leaves on a day."""

    campaign_id: UUID
    first_emails: int
    follow_ups: int


class ForecastDayOut(BaseModel):
    """A day of the workspace. Today counts what has not left yet."""

    date: date
    first_emails: int
    follow_ups: int
    campaigns: list[DayOfCampaignOut]


class ForecastOut(BaseModel):
    """`ends_on` is the day on which the last one is written to; null while `left` wait after the last day shown."""

    days: list[ForecastDayOut]
    left: int
    ends_on: date | None


class FaultsIn(Body):
    """Of the calls, so many as shares of 1 are deferred, refused, or never answered. The same `seed` fails the same mails."""

    deferred: Rate = 0
    refused: Rate = 0
    unknown: Rate = 0
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0

    @model_validator(mode="after")
    def _no_more_than_all(self) -> "FaultsIn":
        if self.deferred + self.refused + self.unknown > 1:
            msg = "deferred, refused and unknown are more than 1 together: no more than every call can fail"
            raise ValueError(msg)
        return self


class DryRunIn(Body):
    """The faults that the pretended provider has."""

    faults: FaultsIn = FaultsIn()


class DryDayOut(BaseModel):
    """What became of the calls of a day. `deferred` are called again later, `unknown` wait for a person."""

    date: date
    sent: int
    deferred: int
    failed: int
    unknown: int


class DryRunOut(BaseModel):
    """What would become of the campaign. `deferred` counts calls, the others leads; `left` were not reached in a year.

    `planned` have their place in today's plan already: they leave as planned, and are in none of the other counts.
    """

    days: list[DryDayOut]
    sent: int
    deferred: int
    failed: int
    unknown: int
    suppressed: int
    planned: int
    left: int
    first_at: datetime | None
    last_at: datetime | None


class ExplanationOut(BaseModel):
    """`code` is stable, `sentence` says it in English; `next_at` is when the mail can leave at the earliest, if that is known."""

    code: str
    sentence: str
    next_at: datetime | None


class CauseOut(ExplanationOut):
    """So many leads have this explanation."""

    leads: int


class CampaignWhy(BaseModel):
    """Why not everybody has been written to, most leads first."""

    causes: list[CauseOut]


class LeadOut(BaseModel):
    """A lead of a campaign. The zone and what it was taken from are null for a row that was left out.

    `lead_id` is null for a row that is nobody's.
    """

    lead_id: UUID | None
    email: str
    row_no: int
    state: LeadState
    reason: str | None
    detail: str | None
    time_zone: str | None
    zone_source: ZoneSource | None
    country: str | None
    subdivision: str | None
    planned_at: datetime | None
    ended_at: datetime | None


class LeadPage(BaseModel):
    """In the order of the list."""

    items: list[LeadOut]
    next_cursor: str | None


class LeadWhy(BaseModel):
    """The lead and its explanation. `position` is its place among those of the campaign that wait without a slot, from 1."""

    lead: LeadOut
    explanation: ExplanationOut
    position: int | None
