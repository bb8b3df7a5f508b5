"""What the routes of plans take and answer. Money is in the currency's smallest unit; None is without limit."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

PlanCode = Literal["starter", "growth", "scale"]
IntervalName = Literal["month", "year"]
PackCode = Literal["1k", "5k", "20k", "100k"]
ActionName = Literal["checkout", "switch", "cancel", "resume", "pay", "portal"]
ModeName = Literal["stripe", "sandbox", "self_hosted"]

MAX_PACKS = 100


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class EntitlementsAnswer(_Answer):
    """What a workspace may do."""

    rows_per_job: int | None
    concurrent_jobs: int | None
    mailboxes: int | None
    members: int | None
    api_requests_per_minute: int | None


class EntitledAnswer(BaseModel):
    """What the workspace may do, by which plan. `version` rises with each change."""

    version: int
    plan: str
    entitlements: EntitlementsAnswer


class PendingAnswer(BaseModel):
    """A switch that waits for the period's end."""

    plan: str
    interval: IntervalName
    at: datetime | None


class DunningAnswer(BaseModel):
    """A payment that failed: since when it is overdue (None for the payment of a switch), when it is tried again by itself,
    and where to pay now."""

    since: datetime | None
    next_attempt_at: datetime | None
    pay_url: str | None


class UnpaidAnswer(BaseModel):
    """A switch that waits for its payment at `pay_url`. Unpaid by then it is forgotten; switching to the present plan gives it
    up at once."""

    plan: str
    interval: IntervalName
    until: datetime
    pay_url: str | None


class SubscriptionAnswer(BaseModel):
    """The subscription that counts. `plan` is None when it is at a price that is not sold here."""

    plan: str | None
    interval: IntervalName | None
    status: str
    period_ends_at: datetime
    trial_ends_at: datetime | None
    cancels_at_period_end: bool
    pending: PendingAnswer | None
    unpaid: UnpaidAnswer | None
    dunning: DunningAnswer | None


class BillingAnswer(BaseModel):
    """How the workspace stands. `plan` is what is in force, `says` is for the reader, `can` is what may be done."""

    mode: ModeName
    live: bool
    plan: str
    says: str
    can: list[ActionName]
    subscription: SubscriptionAnswer | None
    entitlements: EntitlementsAnswer


class PriceAnswer(_Answer):
    """What one costs."""

    unit_amount_minor: int
    currency: str


class PlanPriceAnswer(BaseModel):
    """A plan by an interval: the credits of a whole period, and its price; None: not offered now."""

    interval: IntervalName
    credits: int
    price: PriceAnswer | None


class PlanAnswer(BaseModel):
    """A plan. `trial_days` is 0 for who had a trial already."""

    code: PlanCode
    name: str
    credits_per_month: int
    trial_days: int
    trial_credits: int
    entitlements: EntitlementsAnswer
    prices: list[PlanPriceAnswer]


class PackAnswer(BaseModel):
    """Credits bought once. `lasts_days` None: for ever."""

    code: PackCode
    name: str
    credits: int
    lasts_days: int | None
    price: PriceAnswer | None


class FaultAnswer(BaseModel):
    """Why something is not offered, for operators: which variable names its price, and what is wrong with that."""

    item: str
    variable: str
    price_id: str | None
    fault: str


class PlansAnswer(BaseModel):
    """What is sold. `faults` is shown to operators."""

    free: EntitlementsAnswer
    plans: list[PlanAnswer]
    packs: list[PackAnswer]
    faults: list[FaultAnswer] | None = None


class CheckoutBody(BaseModel):
    """Either a plan with its interval, or packs."""

    model_config = ConfigDict(extra="forbid")

    plan: PlanCode | None = None
    interval: IntervalName | None = None
    pack: PackCode | None = None
    quantity: Annotated[int, Field(ge=1, le=MAX_PACKS, strict=True)] = 1

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        plan = self.plan is not None and self.interval is not None and self.quantity == 1 and self.pack is None
        pack = self.pack is not None and self.plan is None and self.interval is None
        if plan == pack:
            msg = "give either plan and interval, or pack and quantity"
            raise ValueError(msg)
        return self


class CheckoutAnswer(_Answer):
    """Stripe's page to pay on. Credits come once it is paid, not by coming back from it."""

    id: UUID
    url: str
    expires_at: datetime
    trial_days: int


class PortalAnswer(BaseModel):
    """Stripe's portal: a link for one visit, to be opened at once."""

    url: str


class SwitchBody(BaseModel):
    """The plan to switch to."""

    model_config = ConfigDict(extra="forbid")

    plan: PlanCode
    interval: IntervalName


class PreviewAnswer(BaseModel):
    """What a switch would do. `starts`: `now` is paid for at once (`due_now_minor`; below zero is kept for later invoices),
    `period_end` costs nothing before `at`, `never` is the plan that one has. `credits_now` is what it brings."""

    starts: Literal["now", "period_end", "never"]
    at: datetime | None
    due_now_minor: int
    currency: str
    credits_now: int
    says: str


class SwitchAnswer(BaseModel):
    """What was done, and how the workspace stands after it. With `pay_url` the switch waits for its payment there."""

    starts: Literal["now", "period_end", "never"]
    pay_url: str | None
    billing: BillingAnswer
