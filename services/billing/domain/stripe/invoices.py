"""Invoices as Stripe tells of them. Money is in the currency's smallest unit; currencies are lower case, as Stripe has them."""

import re
from dataclasses import dataclass
from datetime import datetime

_DIGITS_AT_THE_END = re.compile(r"(\d+)$")


@dataclass(frozen=True)
class Line:
    """One line. `amount` is before the `discount` that Stripe lists with it. `gives_back` says that a proration is for time
    not used: its amount is negative, or it names the lines that it credits."""

    id: str
    price_id: str | None
    quantity: int
    amount: int
    discount: int
    currency: str
    proration: bool
    gives_back: bool
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Invoice:
    """An invoice in the state that it was found in. `total` includes `tax`. Lines are as the prices are: net where tax is added
    to them, gross where they include it."""

    id: str
    customer_id: str
    subscription_id: str | None
    number: str
    status: str
    currency: str
    total: int
    paid: int
    remaining: int
    tax: int
    live: bool
    issued_at: datetime
    paid_at: datetime | None
    hosted_url: str | None
    pdf_url: str | None
    lines: tuple[Line, ...]

    @property
    def is_paid(self) -> bool:
        """Paid in full. A part of it paid brings nothing."""
        return self.status == "paid" and self.remaining <= 0 and self.paid_at is not None

    @property
    def is_void(self) -> bool:
        """Nobody will pay it, or whoever did has been given up on."""
        return self.status in {"void", "uncollectible"}

    @property
    def money(self) -> int:
        """What all its credits cost: parts of it that are given back take the same part of the credits."""
        return max(self.total, self.paid)


def place_in_time(paid_at: datetime, issued_at: datetime, number: str, id_: str) -> tuple[datetime, datetime, int, str]:
    """What sorts paid invoices of one subscription by when they were paid. Numbers of one customer rise by one: they tell
    apart what happened within a second."""
    found = _DIGITS_AT_THE_END.search(number)
    return (paid_at, issued_at, int(found.group(1)) if found else 0, id_)
