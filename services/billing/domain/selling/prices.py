"""Our prices as Stripe has them, and why one of them cannot be offered."""

from dataclasses import dataclass
from datetime import datetime

from services.billing.domain.selling.plans import Item, PlanItem


@dataclass(frozen=True)
class FoundPrice:
    """A price at Stripe. `unit_amount` is None where it is not a whole number of the currency's smallest unit, or tiered;
    `interval` is None for a price that is paid once, and `interval_count` how many of them a period is."""

    id: str
    currency: str
    unit_amount: int | None
    interval: str | None
    interval_count: int
    active: bool
    live: bool


@dataclass(frozen=True)
class KeptPrice:
    """A price of ours on record: what it stands for and what one of it costs. `fault` says why it is not offered."""

    id: str
    item: Item
    currency: str
    unit_amount: int
    active: bool
    live: bool
    fault: str | None
    read_at: datetime


def fault_of(item: Item, found: FoundPrice | None, *, live: bool) -> str | None:
    """Why the item cannot be sold at this price; None when it can. `live` is our key's mode."""
    if found is None:
        return "Stripe has no such price in the mode of our key: correct the variable"
    if found.live != live:
        return f"the price is of {_mode(found.live)} mode, and our key of {_mode(live)} mode"
    if not found.active:
        return "the price is archived at Stripe: activate it, or name another"
    if not found.unit_amount:
        return "the price is not a fixed amount above zero per unit"
    wanted = str(item.interval) if isinstance(item, PlanItem) else None
    if (found.interval, found.interval_count) != (wanted, 1):
        return f"the price is paid {_pace(found.interval, found.interval_count)}, and has to be paid {_pace(wanted, 1)}"
    return None


def _mode(live: bool) -> str:
    return "live" if live else "test"


def _pace(interval: str | None, count: int) -> str:
    if interval is None:
        return "once"
    return f"every {interval}" if count == 1 else f"every {count} {interval}s"
