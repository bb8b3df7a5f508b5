"""Invoices as Stripe would tell of them, made short."""

from datetime import UTC, datetime, timedelta

from services.billing.domain.selling.plans import ITEMS
from services.billing.domain.stripe.crediting import Offer
from services.billing.domain.stripe.invoices import Invoice, Line

START = datetime(2026, 11, 1, tzinfo=UTC)
MONTH_ENDS = datetime(2026, 12, 1, tzinfo=UTC)
YEAR_ENDS = datetime(2027, 11, 1, tzinfo=UTC)
PRICES = {
    "starter_month": 4_900,
    "starter_year": 49_000,
    "growth_month": 14_900,
    "growth_year": 149_000,
    "pack_1k": 1_500,
}
OFFERS = {f"price_{name}": Offer(ITEMS[name], amount, "usd") for name, amount in PRICES.items()}


def line(item: str = "starter_month", **changes: object) -> Line:
    """A whole period, or one pack, at its price."""
    ends_at = YEAR_ENDS if item.endswith("year") else MONTH_ENDS
    plain = {
        "id": f"il_{item}",
        "price_id": f"price_{item}",
        "quantity": 1,
        "amount": PRICES[item],
        "discount": 0,
        "currency": "usd",
        "proration": False,
        "gives_back": False,
        "starts_at": START,
        "ends_at": ends_at,
    }
    return Line(**(plain | changes))  # pyright: ignore[reportArgumentType]


def part(item: str, share: float, *, gives_back: bool, starts_at: datetime | None = None) -> Line:
    """What is left of a period: a share of its price, given back or paid for."""
    ends_at = YEAR_ENDS if item.endswith("year") else MONTH_ENDS
    begins = starts_at or ends_at - (ends_at - START) * share
    amount = round(PRICES[item] * share) * (-1 if gives_back else 1)
    return line(
        item,
        id=f"il_{item}_{'back' if gives_back else 'rest'}",
        amount=amount,
        proration=True,
        gives_back=gives_back,
        starts_at=begins,
        ends_at=ends_at,
    )


def invoice(*lines: Line, number: int = 1, at: datetime = START, **changes: object) -> Invoice:
    """A paid invoice of a subscription."""
    total = sum(one.amount for one in lines)
    plain = {
        "id": f"in_{number}",
        "customer_id": "cus_1",
        "subscription_id": "sub_1",
        "number": f"ACME-{number:04}",
        "status": "paid",
        "currency": "usd",
        "total": total,
        "paid": max(0, total),
        "remaining": 0,
        "tax": 0,
        "live": False,
        "issued_at": at,
        "paid_at": at,
        "hosted_url": None,
        "pdf_url": None,
        "lines": lines,
    }
    return Invoice(**(plain | changes))  # pyright: ignore[reportArgumentType]


def after(**span: float) -> datetime:
    """So long after the first period began."""
    return START + timedelta(**span)
