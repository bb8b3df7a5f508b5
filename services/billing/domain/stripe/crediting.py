"""What the lines of a paid invoice are worth in credits, checked against our own record of what we sell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from libs.common.errors import Conflict
from services.billing.domain.selling.plans import ITEMS, Interval, Item, PlanItem
from services.billing.domain.stripe.invoices import Invoice, Line

LineKind = Literal["plan", "proration", "pack", "trial"]

_ROUNDING = 1
"""Stripe rounds prorated amounts to whole cents, up or down."""


class Contradiction(Conflict):
    """What Stripe tells differs from our own record. It brings nothing, and a person must look."""

    code = "stripe_contradiction"


@dataclass(frozen=True)
class Offer:
    """One of our prices, as it is on record: what it stands for, and what one of it costs."""

    item: Item
    unit_amount: int
    currency: str


@dataclass(frozen=True)
class Worth:
    """What a line stands for. `credits` of a proration are signed; a trial's are granted once per workspace."""

    line_id: str
    kind: LineKind
    item: str
    quantity: int
    amount: int
    credits: int
    starts_at: datetime
    ends_at: datetime


def value_lines(
    invoice: Invoice, *, offers: Mapping[str, Offer], live: bool, known: Sequence[Worth] = ()
) -> tuple[Worth, ...]:
    """What each line of a paid invoice is worth. `known` are lines of the same subscription's other invoices: a prorated
    line is a part of one of their periods.

    Raises Contradiction `stripe_mode_differs`, `stripe_price_unknown`, `stripe_currency_differs`,
    `stripe_quantity_wrong`, `stripe_interval_differs` and `stripe_amount_differs`.
    """
    if invoice.live != live:
        msg = f"{invoice.id} is of {_mode(invoice.live)} mode, and our key of {_mode(live)} mode"
        raise Contradiction(msg, code="stripe_mode_differs")
    whole = [_value_whole(invoice, line, _offer(invoice, line, offers)) for line in invoice.lines if not line.proration]
    periods = [*known, *whole]
    parts = [
        _value_part(invoice, line, _offer(invoice, line, offers), periods) for line in invoice.lines if line.proration
    ]
    return (*whole, *parts)


def _mode(live: bool) -> str:
    return "live" if live else "test"


def _offer(invoice: Invoice, line: Line, offers: Mapping[str, Offer]) -> Offer:
    offer = offers.get(line.price_id or "")
    if offer is None:
        msg = (
            f"line {line.id} of {invoice.id} has the price {line.price_id}, which is none of ours: check STRIPE_PRICE_…"
        )
        raise Contradiction(msg, code="stripe_price_unknown")
    if {line.currency, invoice.currency} != {offer.currency}:
        msg = f"line {line.id} of {invoice.id} is in {line.currency}, but {offer.item.name} is sold in {offer.currency}"
        raise Contradiction(msg, code="stripe_currency_differs")
    if line.quantity < 1:
        msg = f"line {line.id} of {invoice.id} has the quantity {line.quantity}"
        raise Contradiction(msg, code="stripe_quantity_wrong")
    return offer


def _value_whole(invoice: Invoice, line: Line, offer: Offer) -> Worth:
    """A whole period of a plan, or packs. A plan that costs nothing and was not discounted is on trial."""
    price = offer.unit_amount * line.quantity
    if isinstance(offer.item, PlanItem) and price and not line.amount and not line.discount:
        return _worth(line, "trial", offer, offer.item.plan.trial_credits)
    if isinstance(offer.item, PlanItem) and not _fits(line, offer.item.interval):
        msg = (
            f"line {line.id} of {invoice.id} is for {line.ends_at - line.starts_at}, which is no {offer.item.interval}"
        )
        raise Contradiction(msg, code="stripe_interval_differs")
    lowered = line.discount > 0 and 0 <= line.amount < price <= line.amount + line.discount
    if line.amount != price and not lowered:
        _differs(invoice, line, f"{line.quantity} × {offer.item.name} cost {price}")
    return _worth(line, offer.item.kind, offer, offer.item.credits * line.quantity)


def _value_part(invoice: Invoice, line: Line, offer: Offer, periods: Sequence[Worth]) -> Worth:
    """A part of a plan's period: its share of the plan's credits, rounded against the customer by less than one credit.
    What was free says neither that time was bought nor how much, so it adds nothing."""
    item = offer.item
    if not isinstance(item, PlanItem):
        msg = f"line {line.id} of {invoice.id} is a part of {item.name}, and a pack has no parts"
        raise Contradiction(msg, code="stripe_amount_differs")
    price = offer.unit_amount * line.quantity
    if abs(line.amount) > price + _ROUNDING or (line.gives_back and line.amount > 0):
        _differs(invoice, line, f"a part of {line.quantity} × {item.name} costs {price} at most")
    whole_s = _seconds(_whole_period(line, item.interval, periods))
    part_s = min(max(0, _seconds(line.ends_at - line.starts_at)), whole_s)
    shares = item.credits * line.quantity * part_s
    if line.gives_back:
        return _worth(line, "proration", offer, -shares // whole_s)
    return _worth(line, "proration", offer, shares // whole_s if line.amount else 0)


def _whole_period(line: Line, interval: Interval, periods: Sequence[Worth]) -> timedelta:
    """How long the period is that a line is a part of: that of the paid line it lies in, else by the calendar."""
    for one in periods:
        item = ITEMS.get(one.item)
        same = one.kind == "plan" and isinstance(item, PlanItem) and item.interval is interval
        if (
            same
            and one.starts_at <= line.starts_at
            and line.ends_at <= one.ends_at < one.starts_at + _longest(interval)
        ):
            return one.ends_at - one.starts_at
    return line.ends_at - months_before(line.ends_at, interval.months)


def _fits(line: Line, interval: Interval) -> bool:
    shortest = timedelta(days=27 if interval is Interval.MONTH else 364)
    return shortest <= line.ends_at - line.starts_at <= _longest(interval)


def _longest(interval: Interval) -> timedelta:
    return timedelta(days=32 if interval is Interval.MONTH else 367)


def months_before(moment: datetime, months: int) -> datetime:
    """The same day some months earlier; the last of the month where it has no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    after = datetime(year + (month + 1) // 12, (month + 1) % 12 + 1, 1, tzinfo=UTC)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, (after - timedelta(days=1)).day))


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def _worth(line: Line, kind: LineKind, offer: Offer, credits_: int) -> Worth:
    name = offer.item.name
    return Worth(line.id, kind, name, line.quantity, line.amount, credits_, line.starts_at, line.ends_at)


def _differs(invoice: Invoice, line: Line, expected: str) -> None:
    msg = f"line {line.id} of {invoice.id} is for {line.amount} {line.currency} ({line.discount} off), but {expected}"
    raise Contradiction(msg, code="stripe_amount_differs")
