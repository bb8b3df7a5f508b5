"""What a reader is told about the plan, in plain words."""

from datetime import datetime

from services.billing.domain.selling.subscriptions import DUNNING, KeptSubscription, Status, entitles
from services.billing.domain.selling.switching import Starts, Switch


def sentence_of(subscription: KeptSubscription | None, *, sells: bool, now: datetime) -> str:
    """How the workspace stands, and what to do where something has to be done. Days are those of UTC."""
    if not sells:
        return "This installation is self-hosted: nothing is sold, nothing is limited, and an operator grants credits."
    if subscription is None:
        return "You are on the free plan."
    name = _name(subscription)
    match subscription.status:
        case Status.TRIALING:
            return f"You are trying {name} until {_day(subscription.trial_ends_at)}; {_after_trial(subscription)}"
        case Status.ACTIVE:
            return f"{name} is paid until {_day(subscription.period_ends_at)}{_after_period(subscription)}"
        case Status.PAST_DUE:
            return f"The last payment for {name} failed. {_dunning(subscription, now=now)}"
        case Status.UNPAID:
            return f"{name} was not paid for and is out of force: pay the open invoice to have it again."
        case Status.INCOMPLETE:
            return f"The first payment for {name} has not gone through yet: pay or confirm it within a day."
        case Status.INCOMPLETE_EXPIRED:
            return f"The first payment for {name} was never made. You are on the free plan."
        case Status.CANCELED:
            return f"{name} ended on {_day(subscription.ended_at)}. You are on the free plan."
        case Status.PAUSED:
            return f"{name} is paused, because its trial ended without a payment method: add one in the portal."


def sentence_of_switch(switch: Switch, subscription: KeptSubscription, *, due: str, credits_: int) -> str:
    """What a switch would do. `due` is what it costs at once, with its currency; `credits_` come when that is paid."""
    plan = f"{switch.target.plan.name}, paid by the {switch.target.interval},"
    if switch.keeps and subscription.cancels_at_period_end:
        return f"You have {plan} already. It goes on instead of ending on {_day(subscription.period_ends_at)}."
    if switch.keeps:
        return f"You have {plan} already. A switch that waits is called off."
    if switch.starts is Starts.PERIOD_END:
        return f"{plan} starts on {_day(subscription.period_ends_at)}. Until then everything stays as it is."
    if subscription.status is Status.TRIALING and not switch.ends_trial:
        return (
            f"{plan} starts at once. The trial goes on until {_day(subscription.trial_ends_at)}; it is paid for then."
        )
    return f"{plan} starts at once. It costs {due} now, and {credits_:,} credits come when that is paid."


def _name(subscription: KeptSubscription) -> str:
    if subscription.item is None:
        return "A plan that is not sold here"
    return subscription.item.plan.name


def _after_trial(subscription: KeptSubscription) -> str:
    if subscription.cancels_at_period_end:
        return "it ends then, and nothing is charged."
    return "the first payment is taken then, unless you cancel before."


def _after_period(subscription: KeptSubscription) -> str:
    if subscription.pay_url:
        return ". A switch waits for its payment: pay the open invoice within a day, or nothing changes."
    if subscription.cancels_at_period_end:
        return " and ends then."
    if subscription.pending is not None:
        return f" and changes to {subscription.pending.plan.name}, paid by the {subscription.pending.interval}, then."
    return " and renews then."


def _dunning(subscription: KeptSubscription, *, now: datetime) -> str:
    again = f" It is tried again on {_day(subscription.next_attempt_at)}." if subscription.next_attempt_at else ""
    if subscription.dunning_since is not None and not entitles(subscription, now=now):
        return f"The plan is out of force until the open invoice is paid.{again}"
    until = "soon" if subscription.dunning_since is None else f"on {_day(subscription.dunning_since + DUNNING)}"
    return f"Pay the open invoice, or the plan goes out of force {until}.{again}"


def _day(moment: datetime | None) -> str:
    return "a day not known yet" if moment is None else f"{moment.day} {moment:%B %Y}"
