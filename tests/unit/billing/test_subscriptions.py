"""What each state of a subscription allows, how long a plan is kept, what a switch does, and what the reader is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.common.errors import Conflict
from libs.common.ids import new_id
from services.billing.domain.selling.ordering import offered, refuse_second_plan, trial_days_of
from services.billing.domain.selling.plans import ITEMS, PLANS, Interval, PlanItem, PriceIds
from services.billing.domain.selling.prices import FoundPrice, KeptPrice, fault_of
from services.billing.domain.selling.standing import sentence_of, sentence_of_switch
from services.billing.domain.selling.subscriptions import (
    DUNNING,
    KeptSubscription,
    Status,
    actions_of,
    entitles,
    plan_of,
    which_counts,
)
from services.billing.domain.selling.switching import Starts, decide_switch

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def item(name: str) -> PlanItem:
    found = ITEMS[name]
    assert isinstance(found, PlanItem)
    return found


def subscription(status: Status = Status.ACTIVE, *, plan: str = "growth_month", **changes: Any) -> KeptSubscription:
    made = KeptSubscription(
        id="sub_1",
        workspace_id=new_id(),
        customer_id="cus_1",
        status=status,
        item=item(plan),
        price_id="price_1",
        period_ends_at=NOW + timedelta(days=5),
        trial_ends_at=None,
        cancels_at_period_end=False,
        ended_at=None,
        pending=None,
        pending_at=None,
        dunning_since=None,
        next_attempt_at=None,
        pay_url=None,
        made_at=NOW,
        had_trial=False,
    )
    return replace(made, **changes)


CASES: list[tuple[Status, str, bool, str]] = [
    (Status.TRIALING, "cancel portal switch", True, "You are trying Growth until"),
    (Status.ACTIVE, "cancel portal switch", True, "Growth is paid until 2 December 2026 and renews then."),
    (Status.PAST_DUE, "cancel pay portal", True, "The last payment for Growth failed."),
    (Status.UNPAID, "cancel pay portal", False, "Growth was not paid for"),
    (Status.INCOMPLETE, "cancel pay", False, "The first payment for Growth has not gone through yet"),
    (Status.INCOMPLETE_EXPIRED, "checkout portal", False, "The first payment for Growth was never made."),
    (Status.CANCELED, "checkout portal", False, "Growth ended on"),
    (Status.PAUSED, "cancel portal", False, "Growth is paused"),
]


@pytest.mark.parametrize(("status", "may", "in_force", "says"), CASES, ids=[case[0] for case in CASES])
def test_each_state_allows_what_helps_and_is_told_in_plain_words(
    status: Status, may: str, in_force: bool, says: str
) -> None:
    """Red when a state is in force that should not be, or leaves somebody without a way out."""
    found = subscription(status)
    assert " ".join(sorted(actions_of(found))) == may
    assert entitles(found, now=NOW) is in_force
    assert plan_of([found], sells=True, now=NOW) == ("growth" if in_force else "free")
    assert sentence_of(found, sells=True, now=NOW).startswith(says)


def test_every_state_that_stripe_has_is_in_the_table() -> None:
    assert {case[0] for case in CASES} == set(Status)


def test_who_has_nothing_buys_and_who_sells_nothing_is_told_so() -> None:
    assert sorted(actions_of(None)) == ["checkout", "portal"]
    assert sentence_of(None, sells=True, now=NOW) == "You are on the free plan."
    assert "self-hosted" in sentence_of(None, sells=False, now=NOW)
    assert plan_of([subscription()], sells=False, now=NOW) == "self_hosted"


def test_one_that_is_to_end_can_be_resumed() -> None:
    ending = subscription(cancels_at_period_end=True)
    assert sorted(actions_of(ending)) == ["portal", "resume", "switch"]
    assert "ends then" in sentence_of(ending, sells=True, now=NOW)


def test_a_pending_switch_and_the_end_of_a_trial_are_told() -> None:
    pending = subscription(pending=item("starter_year"), pending_at=NOW)
    assert "changes to Starter, paid by the year" in sentence_of(pending, sells=True, now=NOW)
    trial = subscription(Status.TRIALING, trial_ends_at=NOW)
    assert "first payment is taken then" in sentence_of(trial, sells=True, now=NOW)
    assert "nothing is charged" in sentence_of(replace(trial, cancels_at_period_end=True), sells=True, now=NOW)


def test_a_switch_that_waits_for_its_payment_is_told() -> None:
    """Red when nobody learns that the better plan is not paid for yet."""
    waiting = subscription(pay_url="https://pay")
    assert "pay" in actions_of(waiting)
    assert "waits for its payment" in sentence_of(waiting, sells=True, now=NOW)


@pytest.mark.parametrize(
    ("after", "in_force"),
    [(timedelta(0), True), (DUNNING - timedelta(seconds=1), True), (DUNNING, False), (DUNNING * 4, False)],
)
def test_a_plan_is_kept_for_seven_days_of_dunning(after: timedelta, in_force: bool) -> None:
    """Red when the last second is counted wrong."""
    found = subscription(Status.PAST_DUE, dunning_since=NOW - after)
    assert entitles(found, now=NOW) is in_force
    assert ("out of force until" in sentence_of(found, sells=True, now=NOW)) is not in_force


def test_a_plan_that_is_none_of_ours_entitles_to_nothing() -> None:
    strange = subscription(item=None)
    assert plan_of([strange], sells=True, now=NOW) == "free"
    assert sentence_of(strange, sells=True, now=NOW).startswith("A plan that is not sold here")


def test_of_two_subscriptions_the_better_plan_counts_and_one_in_force_before_one_that_is_not() -> None:
    small, large = subscription(plan="starter_year"), subscription(plan="scale_month")
    assert which_counts([small, large], now=NOW) == which_counts([large, small], now=NOW) == large
    assert plan_of([small, large], sells=True, now=NOW) == "scale"
    unpaid = replace(large, status=Status.UNPAID)
    assert which_counts([unpaid, small], now=NOW) == small
    ended = replace(large, status=Status.CANCELED)
    assert which_counts([ended, replace(small, status=Status.INCOMPLETE)], now=NOW) != ended
    assert which_counts([], now=NOW) is None


SWITCHES: list[tuple[str, str, str]] = [
    ("starter_month", "growth_month", "now"),
    ("starter_month", "starter_year", "now"),
    ("starter_month", "scale_year", "now"),
    ("starter_year", "growth_year", "now"),
    ("growth_month", "starter_month", "period_end"),
    ("growth_year", "growth_month", "period_end"),
    ("growth_year", "starter_year", "period_end"),
    ("starter_year", "growth_month", "period_end"),
    ("growth_month", "starter_year", "period_end"),
    ("growth_month", "growth_month", "keeps"),
]


@pytest.mark.parametrize(("present", "target", "starts"), SWITCHES, ids=[f"{one[0]} to {one[1]}" for one in SWITCHES])
def test_more_is_had_at_once_and_less_when_what_is_paid_for_ends(present: str, target: str, starts: str) -> None:
    """Red when less is had at once, which would pay money back, or more is made to wait."""
    decided = decide_switch(subscription(plan=present), item(target))
    assert ("keeps" if decided.keeps else decided.starts) == starts
    assert not decided.ends_trial


@pytest.mark.parametrize(("target", "ends"), [("starter_month", False), ("growth_year", False), ("scale_month", True)])
def test_a_trial_goes_on_unless_the_target_has_none(target: str, ends: bool) -> None:
    """Red when the largest plan can be had on the smallest one's trial."""
    trial = subscription(Status.TRIALING, plan="growth_month")
    decided = decide_switch(trial, item(target))
    assert (decided.starts, decided.ends_trial) == (Starts.NOW, ends)


@pytest.mark.parametrize("status", [Status.PAST_DUE, Status.UNPAID, Status.INCOMPLETE, Status.PAUSED])
def test_what_is_not_paid_for_cannot_be_switched(status: Status) -> None:
    with pytest.raises(Conflict) as refused:
        decide_switch(subscription(status), item("scale_month"))
    assert refused.value.code == "switch_not_possible"


def test_what_has_ended_or_never_was_cannot_be_switched() -> None:
    for found in (None, subscription(Status.CANCELED)):
        with pytest.raises(Conflict) as refused:
            decide_switch(found, item("scale_month"))
        assert refused.value.code == "no_subscription"


PRICE = FoundPrice("price_1", "usd", 4_900, "month", 1, active=True, live=False)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, None),
        ({"interval": "year"}, "paid every year, and has to be paid every month"),
        ({"interval_count": 3}, "paid every 3 months"),
        ({"interval": None}, "paid once"),
        ({"active": False}, "archived"),
        ({"unit_amount": None}, "not a fixed amount"),
        ({"unit_amount": 0}, "not a fixed amount above zero"),
        ({"live": True}, "of live mode, and our key of test mode"),
    ],
    ids=str,
)
def test_a_price_that_does_not_fit_is_not_offered_and_says_why(changes: dict[str, Any], says: str | None) -> None:
    """Red when a year's price could be sold as a month's."""
    fault = fault_of(item("starter_month"), replace(PRICE, **changes), live=False)
    assert fault is None if says is None else says in (fault or "")


def test_a_price_that_stripe_lacks_or_a_plans_price_for_a_pack_is_not_offered() -> None:
    assert "no such price" in (fault_of(item("starter_month"), None, live=False) or "")
    assert "has to be paid once" in (fault_of(ITEMS["pack_1k"], PRICE, live=False) or "")


def test_only_what_fits_is_offered() -> None:
    growth, ids = item("growth_month"), PriceIds({"growth_month": "price_1"})
    kept = KeptPrice("price_1", growth, "usd", 100, active=True, live=False, fault=None, read_at=NOW)
    assert offered(growth, price_ids=ids, kept={"price_1": kept}) == kept
    for wrong in ({}, {"price_1": replace(kept, fault="archived")}, {"price_1": replace(kept, item=ITEMS["pack_1k"])}):
        with pytest.raises(Conflict) as refused:
            offered(growth, price_ids=ids, kept=wrong)
        assert refused.value.code == "not_offered"


def test_one_trial_per_workspace_and_one_plan_at_a_time() -> None:
    """Red when a trial could be had by cancelling and buying again."""
    growth = item("growth_month")
    had = subscription(Status.CANCELED, had_trial=True)
    assert trial_days_of(growth, []) == PLANS["growth"].trial_days > 0
    assert trial_days_of(growth, [replace(had, had_trial=False)]) > 0
    assert trial_days_of(growth, [had]) == trial_days_of(ITEMS["pack_1k"], []) == 0
    refuse_second_plan([had])
    for status in set(Status) - {Status.CANCELED, Status.INCOMPLETE_EXPIRED}:
        with pytest.raises(Conflict) as refused:
            refuse_second_plan([had, subscription(status)])
        assert refused.value.code == "subscription_exists"


def test_intervals_are_told_as_they_are() -> None:
    assert (Interval.MONTH.months, Interval.YEAR.months) == (1, 12)


@pytest.mark.parametrize(
    ("present", "target", "told"),
    [
        (
            subscription(),
            "scale_month",
            "Scale, paid by the month, starts at once. It costs 349.51 USD now, and 39,943 credits come when that is paid.",
        ),
        (
            subscription(Status.TRIALING, trial_ends_at=NOW),
            "growth_year",
            "Growth, paid by the year, starts at once. The trial goes on until 27 November 2026; it is paid for then.",
        ),
        (
            subscription(),
            "starter_year",
            "Starter, paid by the year, starts on 2 December 2026. Until then everything stays as it is.",
        ),
        (
            subscription(cancels_at_period_end=True),
            "growth_month",
            "You have Growth, paid by the month, already. It goes on instead of ending on 2 December 2026.",
        ),
    ],
    ids=["higher", "on trial", "lower", "cancelled"],
)
def test_the_reader_is_told_what_a_switch_costs_brings_and_when(
    present: KeptSubscription, target: str, told: str
) -> None:
    """Red when 0 credits are promised, or money has no currency."""
    switch = decide_switch(present, item(target))
    assert sentence_of_switch(switch, present, due="349.51 USD", credits_=39_943) == told
