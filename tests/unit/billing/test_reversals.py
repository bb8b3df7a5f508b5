"""What of an invoice's credits goes with its money, in whatever order refunds and disputes come."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain.stripe.crediting import Contradiction
from services.billing.domain.stripe.reversals import (
    Change,
    Reversal,
    ReversalKind,
    Standing,
    asked_back,
    change_to,
    check_turn,
    dispute_is_active,
    plan_credits_until,
    refund_is_active,
    returned_until,
)
from tests.unit.billing.stripe_objects import MONTH_ENDS, START


def reversal(
    amount: int, *, kind: ReversalKind = "refund", active: bool = True, status: str = "succeeded", number: int = 1
) -> Reversal:
    return Reversal(f"re_{number}", kind, "in_1", amount, status, active, "", START)


@pytest.mark.parametrize(
    ("reversals", "taken"),
    [
        ([], 0),
        ([reversal(4_900)], 2_000),
        ([reversal(2_450)], 1_000),
        ([reversal(1)], 0),
        ([reversal(4_899)], 1_999),
        ([reversal(2_450), reversal(2_450, number=2)], 2_000),
        ([reversal(4_900, active=False)], 0),
        ([reversal(10_000)], 2_000),
        ([reversal(10, kind="dispute")], 2_000),
        ([reversal(10, kind="dispute", active=False)], 0),
        ([reversal(2_450), reversal(4_900, kind="dispute", number=2)], 2_000),
        ([reversal(0, kind="void")], 2_000),
    ],
)
def test_credits_go_in_proportion_to_the_money_and_with_a_dispute_all(reversals: list[Reversal], taken: int) -> None:
    """Red when parts do not add up to the whole, or more is taken than was granted."""
    assert {asked_back(2_000, money=4_900, reversals=order) for order in permutations(reversals)} == {taken}


def test_an_invoice_of_nothing_has_nothing_to_give_back() -> None:
    assert asked_back(2_000, money=0, reversals=[reversal(10)]) == 0


@pytest.mark.parametrize(
    ("wanted", "standing", "change"),
    [
        (1_000, Standing(2_000, 0, 0), Change(take=1_000)),
        (2_000, Standing(2_000, 1_000, 1_000), Change(take=1_000)),
        (1_000, Standing(2_000, 1_000, 1_000), Change()),
        (0, Standing(2_000, 2_000, 2_000), Change(give_back=2_000)),
        (0, Standing(2_000, 2_000, 700), Change(give_back=700)),
        (1_000, Standing(2_000, 2_000, 700), Change(give_back=350)),
    ],
)
def test_only_the_difference_moves_and_only_what_was_there_comes_back(
    wanted: int, standing: Standing, change: Change
) -> None:
    """Red when credits that had expired unused come back with a dispute that was won."""
    assert change_to(wanted, standing) == change


@given(
    granted=st.integers(0, 10**9),
    money=st.integers(0, 10**8),
    amounts=st.lists(st.integers(0, 10**8), max_size=5),
)
def test_never_more_than_was_granted_is_taken_and_a_longer_list_takes_no_less(
    granted: int, money: int, amounts: list[int]
) -> None:
    """Red when rounding or a sum beyond the money takes too much."""
    steps = [
        asked_back(granted, money=money, reversals=[reversal(one, number=at) for at, one in enumerate(amounts[:end])])
        for end in range(len(amounts) + 1)
    ]
    assert steps == sorted(steps)
    assert 0 <= steps[-1] <= granted
    if money and sum(amounts) >= money:
        assert steps[-1] == granted


def test_which_states_have_the_money_away() -> None:
    """Red when an inquiry takes credits, or a refund that failed keeps them."""
    away = {"pending": True, "succeeded": True, "requires_action": True, "failed": False, "canceled": False}
    assert {status: refund_is_active(status) for status in away} == away
    disputed = {
        "needs_response": True,
        "under_review": True,
        "lost": True,
        "appeal_under_review": True,
        "won": False,
        "prevented": False,
        "warning_needs_response": False,
        "warning_closed": False,
    }
    assert {status: dispute_is_active(status) for status in disputed} == disputed


def test_what_fell_away_does_not_come_back_by_itself() -> None:
    """Red when credits are taken a second time under a key that is used up."""
    check_turn(reversal(1), reversal(1, active=False, status="failed"))
    check_turn(reversal(1), reversal(1))
    with pytest.raises(Contradiction) as refused:
        check_turn(reversal(1, active=False, status="failed"), reversal(1))
    assert refused.value.code == "stripe_reversal_revived"


def test_credits_end_with_their_period_and_late_ones_live_a_month() -> None:
    """Red when credits are written that have expired already, or live longer than what they came from."""
    grace, month = timedelta(days=2), timedelta(days=30)
    assert plan_credits_until(MONTH_ENDS, grace=grace, now=START) == MONTH_ENDS + grace
    late = MONTH_ENDS + grace
    assert plan_credits_until(MONTH_ENDS, grace=grace, now=late) == late + month
    assert returned_until(None, now=START) is None
    assert returned_until(MONTH_ENDS, now=START) == MONTH_ENDS
    assert returned_until(START, now=MONTH_ENDS) == MONTH_ENDS + month
