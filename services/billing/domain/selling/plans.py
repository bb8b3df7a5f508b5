"""What is sold: plans with what they allow, packs of credits, and which of Stripe's prices stands for which of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Literal


class Interval(StrEnum):
    """How often a subscription is paid for."""

    MONTH = "month"
    YEAR = "year"

    @property
    def months(self) -> int:
        return 12 if self is Interval.YEAR else 1


@dataclass(frozen=True)
class Entitlements:
    """What a workspace may do. None is without limit."""

    rows_per_job: int | None = None
    concurrent_jobs: int | None = None
    mailboxes: int | None = None
    members: int | None = None
    api_requests_per_minute: int | None = None


FREE = Entitlements(rows_per_job=1_000, concurrent_jobs=2, mailboxes=1, members=3, api_requests_per_minute=300)
UNLIMITED = Entitlements()

FREE_PLAN = "free"
"""The code of having no plan."""
SELF_HOSTED_PLAN = "self_hosted"
"""The code of an installation that sells nothing."""


@dataclass(frozen=True)
class Plan:
    """A subscription. `credits_per_month` are granted for the whole interval at once: a year's are twelve months'."""

    code: str
    name: str
    credits_per_month: int
    entitlements: Entitlements
    trial_days: int = 0
    trial_credits: int = 0

    def credits_for(self, interval: Interval) -> int:
        """What a full period of the interval grants."""
        return self.credits_per_month * interval.months


@dataclass(frozen=True)
class Pack:
    """Credits bought once. `lasts` is how long they do; None: for ever."""

    code: str
    name: str
    credits: int
    lasts: timedelta | None = None


_STARTER = Entitlements(5_000, concurrent_jobs=3, mailboxes=3, members=5, api_requests_per_minute=600)
_GROWTH = Entitlements(50_000, concurrent_jobs=10, mailboxes=15, members=20, api_requests_per_minute=1_500)
_SCALE = Entitlements(1_000_000, concurrent_jobs=40, mailboxes=100, members=100, api_requests_per_minute=5_000)

PLANS: Mapping[str, Plan] = {
    plan.code: plan
    for plan in (
        Plan("starter", "Starter", 2_000, _STARTER, trial_days=14, trial_credits=100),
        Plan("growth", "Growth", 10_000, _GROWTH, trial_days=14, trial_credits=100),
        Plan("scale", "Scale", 50_000, _SCALE),
    )
}
"""By code, the smallest first: a later one is the better one."""

PACKS: Mapping[str, Pack] = {
    pack.code: pack
    for pack in (
        Pack("1k", "1,000 credits", 1_000),
        Pack("5k", "5,000 credits", 5_000),
        Pack("20k", "20,000 credits", 20_000),
        Pack("100k", "100,000 credits", 100_000),
    )
}
"""By code, the smallest first."""


@dataclass(frozen=True)
class PlanItem:
    """A plan, paid at an interval."""

    plan: Plan
    interval: Interval

    kind: Literal["plan"] = field(default="plan", init=False)

    @property
    def name(self) -> str:
        return f"{self.plan.code}_{self.interval}"

    @property
    def title(self) -> str:
        return f"{self.plan.name}, {'yearly' if self.interval is Interval.YEAR else 'monthly'}"

    @property
    def credits(self) -> int:
        return self.plan.credits_for(self.interval)


@dataclass(frozen=True)
class PackItem:
    """A pack."""

    pack: Pack

    kind: Literal["pack"] = field(default="pack", init=False)

    @property
    def name(self) -> str:
        return f"pack_{self.pack.code}"

    @property
    def title(self) -> str:
        return self.pack.name

    @property
    def credits(self) -> int:
        return self.pack.credits


Item = PlanItem | PackItem
"""What one of Stripe's prices stands for. `name` is stable, and unique among them; `title` is for people;
`credits` is what one of it grants."""

ITEMS: Mapping[str, Item] = {
    item.name: item
    for item in (
        *(PlanItem(plan, interval) for plan in PLANS.values() for interval in Interval),
        *(PackItem(pack) for pack in PACKS.values()),
    )
}
"""Everything that can have a price, by name: `starter_month`, …, `pack_1k`, …"""


def title_of(name: str) -> str:
    """What people read for an item's name; the name itself of what is sold no more."""
    return ITEMS[name].title if name in ITEMS else name


@dataclass(frozen=True)
class PriceIds:
    """Which of Stripe's price ids stands for which item, as configured. An item without one is not sold."""

    ids: Mapping[str, str] = field(default_factory=dict)
    """Name of the item → price id."""

    def item_of(self, price_id: str) -> Item | None:
        """What a price id stands for; None when it is none of ours."""
        return next((ITEMS[name] for name, id_ in self.ids.items() if id_ == price_id), None)

    def id_of(self, item: Item) -> str | None:
        """The price id of an item; None when none is configured."""
        return self.ids.get(item.name)


def rank(plan: str | None) -> int:
    """Which plan is the better one: higher is better, none is the lowest."""
    return 0 if plan is None or plan not in PLANS else list(PLANS).index(plan) + 1


def entitlements_of(plan: str) -> Entitlements:
    """What a plan allows, by code; the free plan's for a code that is none of ours."""
    if plan == SELF_HOSTED_PLAN:
        return UNLIMITED
    return PLANS[plan].entitlements if plan in PLANS else FREE
