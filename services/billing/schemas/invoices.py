"""What the routes of invoices, refunds and Stripe's events take and answer."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_MINOR = 99_999_999
"""Stripe's own limit of an amount: eight digits."""


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class InvoiceAnswer(_Answer):
    """An invoice. Money is in the currency's smallest unit, `tax_minor` is a part of the total; `recalled_credits` of the
    granted ones were taken back because money of it went back."""

    id: str
    number: str
    status: str
    currency: str
    total_minor: int
    paid_minor: int
    tax_minor: int
    hosted_url: str | None
    pdf_url: str | None
    granted_credits: int
    recalled_credits: int
    issued_at: datetime
    paid_at: datetime | None


class InvoicesAnswer(BaseModel):
    """A page, the last issued first. `next_cursor` asks for the next one."""

    items: list[InvoiceAnswer]
    next_cursor: str | None


class InvoiceRefundBody(BaseModel):
    """Money that goes back. Without `amount_minor`: all that is left of the invoice's."""

    model_config = ConfigDict(extra="forbid")

    invoice_id: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^\w+$")]
    amount_minor: int | None = Field(default=None, ge=1, le=MAX_MINOR, strict=True)
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] = "requested_by_customer"


class InvoiceRefundAnswer(BaseModel):
    """The refund at Stripe. The credits follow when Stripe tells of it."""

    id: str
    invoice_id: str
    amount_minor: int


StripeEventState = Literal["stored", "applied", "ignored", "refused"]


class StripeEventAnswer(_Answer):
    """What became of an event of Stripe's: `code` and `reason` say why where it was not applied."""

    id: str
    type: str
    object_kind: str
    object_id: str
    source: Literal["webhook", "reconciliation"]
    state: StripeEventState
    code: str | None
    reason: str | None
    told_at: datetime
    received_at: datetime


class StripeEventsAnswer(BaseModel):
    """A page, the last received first. `next_cursor` asks for the next one."""

    items: list[StripeEventAnswer]
    next_cursor: str | None


class DismissBody(BaseModel):
    """Why nothing more is to be done about it."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class ReconciledAnswer(_Answer):
    """`events` of the time that was read concern us; `missed` of them nobody had delivered; `again` are looked at once more;
    `objects` were looked at by themselves, because events no longer tell of them."""

    events: int
    missed: int
    again: int
    objects: int
