"""The phases of subscription schedules: which one is on, and what happens when the next begins."""

from __future__ import annotations

from deploy.sandbox.dials import StripeDials
from deploy.sandbox.stripe.account import Account, Obj
from deploy.sandbox.stripe.changing import make_switch
from deploy.sandbox.stripe.items import items_of, period_of, put_items, recurring, repriced, rhythm_of
from deploy.sandbox.stripe.standing import end
from deploy.sandbox.stripe.switching import switched
from deploy.sandbox.stripe.work import WORKS


def put_on_agenda(account: Account, schedule: Obj) -> None:
    """Have every phase begin, and the last one end, at its time."""
    clock = account.clock_of(schedule["customer"])
    for phase in schedule["phases"]:
        account.agenda.put(clock, phase["start_date"], work="phase", key=schedule["id"])
        account.agenda.put(clock, phase["end_date"], work="phase", key=schedule["id"])


def enter_phase(account: Account, subscription: Obj, *, at: int) -> None:
    """At the turn of a period: the items become those of the phase that begins now, without proration."""
    schedule = account.find("subscription_schedule", subscription["schedule"])
    phase = _due(schedule, at=at) if schedule else None
    if schedule is None or phase is None:
        return
    before = rhythm_of(items_of(subscription))
    items = _items(account, subscription, phase)
    anchor = subscription["billing_cycle_anchor"] if rhythm_of(items) == before else at
    account.update(subscription, items=put_items(subscription, items), billing_cycle_anchor=anchor)
    _begin(account, schedule, phase)


def next_phase(account: Account, key: str, dials: StripeDials) -> None:
    """In the middle of a period: the phase begins with its own proration. After the last one the schedule lets go."""
    schedule = account.get("subscription_schedule", key)
    subscription = account.find("subscription", schedule["subscription"])
    if schedule["status"] != "active" or subscription is None:
        return
    now = account.now(schedule["customer"])
    if period_of(subscription)[1] <= now:
        # The period ends at this very moment: its renewal enters the phase.
        WORKS["renew"](account, subscription["id"], dials)
    phase = _due(schedule, at=now)
    if phase is not None:
        items = _items(account, subscription, phase)
        proration = phase["proration_behavior"]
        switch = switched(account, subscription, items, at=now, prorate=proration != "none", restart=False)
        make_switch(account, subscription, switch, dials=dials, proration=proration, payment="allow_incomplete")
        _begin(account, schedule, phase)
    elif schedule["phases"][-1]["end_date"] <= now:
        _over(account, schedule, subscription)


def release(account: Account, schedule: Obj) -> None:
    """The schedule lets go of its subscription, which goes on as it is."""
    subscription = account.get("subscription", schedule["subscription"])
    account.update(subscription, "customer.subscription.updated", schedule=None)
    account.update(
        schedule,
        "subscription_schedule.updated",
        status="released",
        released_at=account.now(schedule["customer"]),
        released_subscription=subscription["id"],
        subscription=None,
        current_phase=None,
    )
    account.emit("subscription_schedule.released", schedule)


def _over(account: Account, schedule: Obj, subscription: Obj) -> None:
    if schedule["end_behavior"] == "cancel":
        now = account.now(schedule["customer"])
        account.update(
            schedule, "subscription_schedule.completed", status="completed", completed_at=now, current_phase=None
        )
        account.update(subscription, schedule=None)
        end(account, subscription, reason="cancellation_requested")
    else:
        release(account, schedule)


def _due(schedule: Obj, *, at: int) -> Obj | None:
    """The phase that should be on at a time and is not yet."""
    if schedule["status"] != "active":
        return None
    current = schedule["current_phase"]
    for phase in schedule["phases"]:
        if phase["start_date"] <= at < phase["end_date"]:
            same = current and current["start_date"] == phase["start_date"]
            return None if same else phase
    return None


def _begin(account: Account, schedule: Obj, phase: Obj) -> None:
    current = {"start_date": phase["start_date"], "end_date": phase["end_date"]}
    account.update(schedule, "subscription_schedule.updated", current_phase=current)


def _items(account: Account, subscription: Obj, phase: Obj) -> list[Obj]:
    """The subscription's items at the prices of a phase, which has as many."""
    wanted = phase["items"]
    before = items_of(subscription)
    return [
        repriced(item, recurring(account, one["price"], param="phases"), one["quantity"])
        for item, one in zip(before, wanted, strict=False)
    ]
