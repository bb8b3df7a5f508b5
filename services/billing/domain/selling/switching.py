"""Switching plans: what happens at once, what waits for the period's end, and what nothing is to be done for."""

from dataclasses import dataclass
from enum import StrEnum

from libs.common.errors import Conflict
from services.billing.domain.selling.plans import PlanItem, rank
from services.billing.domain.selling.subscriptions import Action, KeptSubscription, Status, actions_of


class Starts(StrEnum):
    """When a switch takes effect."""

    NOW = "now"
    PERIOD_END = "period_end"


@dataclass(frozen=True)
class Switch:
    """What has to be done at Stripe. `ends_trial`: the target has no trial, so that it is paid for at once."""

    starts: Starts
    target: PlanItem
    ends_trial: bool = False
    keeps: bool = False
    """The target is the present plan: what waits is called off."""


def decide_switch(subscription: KeptSubscription | None, target: PlanItem) -> Switch:
    """How the subscription comes to the target.

    A plan that is not lower, paid not more often, starts at once and is paid for at once, less what is left of the old one;
    everything else (a lower plan, or from the year to the month) waits for the end of what is paid for. During a trial
    nothing is paid for yet, so everything starts at once and the trial goes on; a target without trial ends it.

    Raises Conflict `no_subscription`, and `switch_not_possible` in a state that does not allow it.
    """
    if subscription is None or not subscription.is_live:
        msg = "there is no subscription to switch: buy the plan (POST /v1/billing/checkout)"
        raise Conflict(msg, code="no_subscription")
    present = subscription.item
    if Action.SWITCH not in actions_of(subscription) or present is None:
        what = "pay its open invoice first" if subscription.pay_url else "see GET /v1/billing"
        msg = f"a subscription that is {subscription.status} cannot be switched: {what}"
        raise Conflict(msg, code="switch_not_possible", extra={"subscription_status": subscription.status.value})
    if target == present:
        return Switch(Starts.NOW, target, keeps=True)
    if subscription.status is Status.TRIALING:
        return Switch(Starts.NOW, target, ends_trial=target.plan.trial_days == 0)
    lower = rank(target.plan.code) < rank(present.plan.code) or target.interval.months < present.interval.months
    return Switch(Starts.PERIOD_END if lower else Starts.NOW, target)
