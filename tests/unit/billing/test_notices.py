"""What is listed as needing attention about a plan."""

from datetime import timedelta

import pytest

from services.billing.domain.selling.subscriptions import DUNNING, KeptSubscription, Status
from services.billing.domain.watching.notices import of_subscription
from tests.unit.billing.test_subscriptions import NOW, subscription

PAST = Status.PAST_DUE

CASES = [
    ("paid", subscription(), None, ""),
    ("ended", subscription(Status.CANCELED, ended_at=NOW), None, ""),
    (
        "ends",
        subscription(cancels_at_period_end=True),
        "plan_ends",
        "Growth is paid until 2 December 2026 and ends then.",
    ),
    ("failed", subscription(PAST, dunning_since=NOW), "payment_failed", "goes out of force on 4 December 2026."),
    ("overdue", subscription(PAST, dunning_since=NOW - 2 * DUNNING), "payment_failed", "is out of force until"),
    ("unpaid", subscription(Status.UNPAID), "plan_unpaid", "pay the open invoice to have it again."),
    ("first", subscription(Status.INCOMPLETE), "plan_unpaid", "pay or confirm it within a day."),
]


@pytest.mark.parametrize(("found", "kind", "says"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_notice_says_of_the_plan_what_its_page_says(found: KeptSubscription, kind: str | None, says: str) -> None:
    """Red when a plan that is out of force already is said to go out of force on a day that is over."""
    notices = of_subscription(found, now=NOW + timedelta(seconds=1))
    assert [one.kind for one in notices] == ([kind] if kind else [])
    assert all(says in one.text for one in notices)
