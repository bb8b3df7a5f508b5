"""What the lines of a paid invoice are worth, and what is refused: tables."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.billing.domain.selling.plans import PLANS
from services.billing.domain.stripe.crediting import Contradiction, months_before, value_lines
from services.billing.domain.stripe.invoices import Invoice
from tests.unit.billing.stripe_objects import MONTH_ENDS, OFFERS, after, invoice, line, part

STARTER = PLANS["starter"].credits_per_month
GROWTH = PLANS["growth"].credits_per_month


def credits_of(told: Invoice) -> list[tuple[str, int]]:
    return [(one.kind, one.credits) for one in value_lines(told, offers=OFFERS, live=False)]


@pytest.mark.parametrize(
    ("lines", "worth"),
    [
        ([line()], [("plan", STARTER)]),
        ([line("starter_year")], [("plan", 12 * STARTER)]),
        ([line("pack_1k", quantity=3, amount=4_500)], [("pack", 3_000)]),
        ([line(), line("pack_1k")], [("plan", STARTER), ("pack", 1_000)]),
        ([line(amount=2_450, discount=2_450)], [("plan", STARTER)]),
        ([line(discount=4_900)], [("plan", STARTER)]),
        ([line(amount=0, discount=4_900)], [("plan", STARTER)]),
        ([line(amount=0, ends_at=after(days=14))], [("trial", PLANS["starter"].trial_credits)]),
    ],
    ids=["month", "year", "packs", "mixed", "net_discount", "gross_discount", "coupon_for_all", "trial"],
)
def test_whole_lines_are_worth_what_the_catalogue_says(lines: list[Any], worth: list[tuple[str, int]]) -> None:
    """Red when a quantity, an interval or a discount changes what is worth what, or when a trial brings a period's credits."""
    assert credits_of(invoice(*lines)) == worth


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (invoice(line(), live=True), "stripe_mode_differs"),
        (invoice(line(price_id="price_other")), "stripe_price_unknown"),
        (invoice(line(price_id=None)), "stripe_price_unknown"),
        (invoice(line(currency="eur")), "stripe_currency_differs"),
        (invoice(line(), currency="eur"), "stripe_currency_differs"),
        (invoice(line(quantity=0, amount=0)), "stripe_quantity_wrong"),
        (invoice(line(amount=4_899)), "stripe_amount_differs"),
        (invoice(line(amount=4_901)), "stripe_amount_differs"),
        (invoice(line(amount=1)), "stripe_amount_differs"),
        (invoice(line(amount=100, discount=100)), "stripe_amount_differs"),
        (invoice(line(amount=-4_900)), "stripe_amount_differs"),
        (invoice(line("pack_1k", amount=0)), "stripe_amount_differs"),
        (invoice(line("pack_1k", proration=True)), "stripe_amount_differs"),
        (invoice(line("starter_year", ends_at=MONTH_ENDS)), "stripe_interval_differs"),
        (invoice(line(ends_at=after(days=365))), "stripe_interval_differs"),
        (invoice(line(proration=True, amount=5_000)), "stripe_amount_differs"),
        (invoice(line(proration=True, gives_back=True, amount=10)), "stripe_amount_differs"),
    ],
)
def test_what_contradicts_our_record_is_refused_by_name(told: Invoice, code: str) -> None:
    """Red when a check is left out: each of these brings nothing."""
    with pytest.raises(Contradiction) as refused:
        value_lines(told, offers=OFFERS, live=False)
    assert refused.value.code == code


def test_tax_on_top_changes_nothing() -> None:
    """Red when an invoice's total is taken for what its lines cost."""
    assert credits_of(invoice(line(), total=5_831, paid=5_831)) == [("plan", STARTER)]


@pytest.mark.parametrize("share", [1.0, 0.5, 1 / 3, 1 / 30, 0.0])
def test_a_part_of_a_period_is_worth_its_share_of_it(share: float) -> None:
    """Red when the share is taken of something else than the period, or is rounded for the customer."""
    told = invoice(part("starter_month", share, gives_back=True), part("growth_month", share, gives_back=False))
    (_, back), (_, rest) = credits_of(told)
    assert -STARTER * share - 1 < back <= -STARTER * share + 0.01
    assert GROWTH * share - 1 < rest <= GROWTH * share + 0.01


def test_time_that_is_given_back_counts_though_it_was_free() -> None:
    """Unused time of a discounted plan may cost nothing; it names the lines it credits. Red when it is not taken off, or when
    free time that nobody paid for is added."""
    free = line("growth_month", amount=0, proration=True, starts_at=after(days=15))
    (_, given), (_, added) = credits_of(invoice(line(id="b", proration=True, amount=0, gives_back=True), free))
    assert (given, added) == (-STARTER, 0)


def test_the_share_is_that_of_the_period_that_was_paid_for() -> None:
    """A period that began on the 30th of January has 29 days, which the calendar cannot tell from its end."""
    begin, end = datetime(2026, 1, 30, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC)
    paid = value_lines(invoice(line(starts_at=begin, ends_at=end)), offers=OFFERS, live=False)
    switched = invoice(line("growth_month", id="r", proration=True, starts_at=begin, ends_at=end))
    (known,) = value_lines(switched, offers=OFFERS, live=False, known=paid)
    (guessed,) = value_lines(switched, offers=OFFERS, live=False)
    assert known.credits == GROWTH > guessed.credits


@pytest.mark.parametrize(
    ("moment", "months", "expected"),
    [
        ((2026, 12, 1), 1, (2026, 11, 1)),
        ((2026, 1, 15), 1, (2025, 12, 15)),
        ((2026, 3, 31), 1, (2026, 2, 28)),
        ((2024, 3, 31), 1, (2024, 2, 29)),
        ((2024, 2, 29), 12, (2023, 2, 28)),
        ((2027, 11, 1), 12, (2026, 11, 1)),
    ],
)
def test_months_are_counted_back_by_the_calendar(
    moment: tuple[int, int, int], months: int, expected: tuple[int, int, int]
) -> None:
    assert months_before(datetime(*moment, tzinfo=UTC), months) == datetime(*expected, tzinfo=UTC)


def test_only_what_is_paid_in_full_is_paid() -> None:
    """Red when a part of the money, or a status alone, is enough."""
    assert invoice(line()).is_paid
    assert not invoice(line(), status="open", remaining=4_900).is_paid
    assert not invoice(line(), remaining=1).is_paid
    assert not invoice(line(), paid_at=None).is_paid
    assert invoice(line(), status="uncollectible").is_void
