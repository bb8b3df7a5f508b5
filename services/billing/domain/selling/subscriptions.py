"""Subscriptions as Stripe has them: what each state allows, and which of several counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.billing.domain.selling.plans import FREE_PLAN, SELF_HOSTED_PLAN, PlanItem, rank

DUNNING = timedelta(days=7)
"""How long a plan is kept after its payment failed, while Stripe tries again."""


class Status(StrEnum):
    """Stripe's own states of a subscription."""

    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"
    CANCELED = "canceled"
    PAUSED = "paused"


class Action(StrEnum):
    """What a workspace may do about its plan."""

    CHECKOUT = "checkout"
    SWITCH = "switch"
    CANCEL = "cancel"
    RESUME = "resume"
    PAY = "pay"
    PORTAL = "portal"


ENDED = frozenset({Status.CANCELED, Status.INCOMPLETE_EXPIRED})


@dataclass(frozen=True)
class Failure:
    """The open invoice whose payment was refused, `attempts` times so far."""

    invoice_id: str
    attempts: int
    since: datetime
    amount: int
    currency: str
    next_attempt_at: datetime | None
    pay_url: str | None


@dataclass(frozen=True)
class Pending:
    """A switch that waits for the period's end."""

    price_id: str
    at: datetime


@dataclass(frozen=True)
class Unpaid:
    """A switch that waits for its payment, until when, and the invoice of it. Stripe forgets it then, and the old price stays."""

    price_id: str
    until: datetime
    invoice_id: str


@dataclass(frozen=True)
class FoundSubscription:
    """A subscription at Stripe, in the state that it was fetched in."""

    id: str
    customer_id: str
    status: Status
    price_id: str
    item_id: str
    period_starts_at: datetime
    period_ends_at: datetime
    trial_starts_at: datetime | None
    trial_ends_at: datetime | None
    cancels_at_period_end: bool
    ends_at: datetime | None
    ended_at: datetime | None
    schedule_id: str | None
    pending: Pending | None
    failure: Failure | None
    live: bool
    made_at: datetime
    unpaid: Unpaid | None = None


@dataclass(frozen=True)
class KeptSubscription:
    """A subscription on our record. `item` is None when its price is none of ours."""

    id: str
    workspace_id: UUID
    customer_id: str
    status: Status
    item: PlanItem | None
    price_id: str
    period_ends_at: datetime
    trial_ends_at: datetime | None
    cancels_at_period_end: bool
    ended_at: datetime | None
    pending: PlanItem | None
    pending_at: datetime | None
    dunning_since: datetime | None
    next_attempt_at: datetime | None
    pay_url: str | None
    made_at: datetime
    had_trial: bool
    unpaid: PlanItem | None = None
    unpaid_until: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether it can still cost or bring something."""
        return self.status not in ENDED


def entitles(subscription: KeptSubscription, *, now: datetime) -> bool:
    """Whether the plan is in force: on trial, paid, or in its first seven days of dunning."""
    if subscription.item is None:
        return False
    if subscription.status is Status.PAST_DUE:
        return subscription.dunning_since is None or now < subscription.dunning_since + DUNNING
    return subscription.status in {Status.TRIALING, Status.ACTIVE}


def plan_of(subscriptions: Sequence[KeptSubscription], *, sells: bool, now: datetime) -> str:
    """The code of the plan that counts: the best of those in force, else the free one."""
    if not sells:
        return SELF_HOSTED_PLAN
    plans = [one.item.plan.code for one in subscriptions if one.item is not None and entitles(one, now=now)]
    return max(plans, key=rank, default=FREE_PLAN)


def which_counts(subscriptions: Sequence[KeptSubscription], *, now: datetime) -> KeptSubscription | None:
    """The subscription that is shown and switched: in force before live before ended, then the better plan, then the
    later one."""

    def worth(one: KeptSubscription) -> tuple[bool, bool, int, datetime]:
        plan = one.item.plan.code if one.item is not None else None
        return entitles(one, now=now), one.is_live, rank(plan), one.made_at

    return max(subscriptions, key=worth, default=None)


def actions_of(subscription: KeptSubscription | None) -> frozenset[Action]:
    """What may be done about a subscription. One that is cancelled already is resumed, or switched, which resumes it."""
    if subscription is None or not subscription.is_live:
        return frozenset({Action.CHECKOUT, Action.PORTAL})
    ending = {Action.RESUME} if subscription.cancels_at_period_end else {Action.CANCEL}
    match subscription.status:
        case Status.TRIALING | Status.ACTIVE:
            owed = {Action.PAY} if subscription.pay_url else set[Action]()
            return frozenset({Action.SWITCH, Action.PORTAL, *ending, *owed})
        case Status.PAST_DUE | Status.UNPAID:
            return frozenset({Action.PAY, Action.PORTAL, *ending})
        case Status.INCOMPLETE:
            return frozenset({Action.PAY, Action.CANCEL})
        case _:
            return frozenset({Action.PORTAL, Action.CANCEL})
