"""Switching plans mints nothing: tables of what people try, and any timeline against a model of the money."""

from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.billing.domain.selling.plans import ITEMS, PLANS
from services.billing.domain.stripe.crediting import Worth, value_lines
from services.billing.domain.stripe.high_water import Counted, still_due
from services.billing.domain.stripe.invoices import Invoice, place_in_time
from tests.unit.billing.stripe_objects import OFFERS, PRICES, START, after, invoice, line, part

STARTER = PLANS["starter"].credits_per_month
GROWTH = PLANS["growth"].credits_per_month


class Ledger:
    """What billing does with a subscription's invoices, in memory: values each once, grants what is still due."""

    def __init__(self) -> None:
        self.lines: dict[str, tuple[Worth, ...]] = {}
        self.told: dict[str, Invoice] = {}
        self.granted: dict[str, int] = {}

    def apply(self, invoices: list[Invoice]) -> None:
        for one in sorted(invoices, key=lambda it: (it.paid_at or START, it.number)):
            if one.id not in self.lines:
                known = [worth for lines in self.lines.values() for worth in lines]
                self.lines[one.id] = value_lines(one, offers=OFFERS, live=False, known=known)
                self.told[one.id] = one
        for id_, amount in still_due([self.counted(one) for one in self.told.values()]).items():
            assert id_ not in self.granted
            self.granted[id_] = amount

    def counted(self, told: Invoice) -> Counted:
        at = place_in_time(told.paid_at or START, told.issued_at, told.number, told.id)
        credits_ = sum(one.credits for one in self.lines[told.id] if one.kind in {"plan", "proration"})
        return Counted(told.id, at, credits_, self.granted.get(told.id, 0))

    @property
    def total(self) -> int:
        return sum(self.granted.values())


def switch(number: int, old: str, new: str, share: float, at: datetime) -> Invoice:
    lines = (part(old, share, gives_back=True), part(new, share, gives_back=False))
    return invoice(*lines, number=number, at=at)


def subscribed() -> Invoice:
    return invoice(line())


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ([], STARTER),
        ([switch(2, "starter_month", "growth_month", 0.5, after(days=15))], STARTER // 2 + GROWTH // 2),
        (
            [
                switch(2, "starter_month", "growth_month", 0.5, after(days=15)),
                switch(3, "growth_month", "starter_month", 0.5, after(days=15)),
                switch(4, "starter_month", "growth_month", 0.5, after(days=15)),
                switch(5, "growth_month", "starter_month", 0.5, after(days=15)),
            ],
            STARTER // 2 + GROWTH // 2,
        ),
        (
            [
                switch(2, "starter_month", "growth_month", 1.0, START),
                switch(3, "growth_month", "starter_month", 1.0, START),
                switch(4, "starter_month", "growth_month", 1.0, START),
            ],
            GROWTH,
        ),
        (
            [
                invoice(
                    part("starter_month", 0.5, gives_back=True),
                    line("growth_year", starts_at=after(days=15), ends_at=after(days=380)),
                    number=2,
                    at=after(days=15),
                )
            ],
            12 * GROWTH + STARTER // 2,
        ),
        ([invoice(line(starts_at=after(days=30), ends_at=after(days=60)), number=2, at=after(days=30))], 2 * STARTER),
    ],
    ids=["once", "upgrade", "back_and_forth", "three_in_a_second", "month_to_year", "renewal"],
)
def test_what_is_granted_is_the_highest_sum_reached(later: list[Invoice], expected: int) -> None:
    """Red when time that was given back is granted for again (each switch would bring its credits)."""
    ledger, told = Ledger(), [subscribed()]
    ledger.apply(told)
    for one in later:
        told.append(one)
        ledger.apply(told)
    assert ledger.total in {expected, expected - 1}
    at_once = Ledger()
    at_once.apply(told)
    assert at_once.granted == ledger.granted


def test_a_year_that_is_given_up_at_once_and_taken_again_is_granted_once() -> None:
    """The exploit of yearly plans: twelve months' credits, the money back to the balance, and again with it."""
    told = [invoice(line("growth_year"))]
    for number in range(2, 8, 2):
        told.append(invoice(part("growth_year", 1.0, gives_back=True), line(), number=number))
        told.append(invoice(part("starter_month", 1.0, gives_back=True), line("growth_year"), number=number + 1))
    ledger = Ledger()
    for count in range(1, len(told) + 1):
        ledger.apply(told[:count])
    assert ledger.total == 12 * GROWTH


def test_a_portals_downgrade_brings_nothing_until_its_money_is_used_up() -> None:
    """Money for unused time pays the next months: they bring nothing, and the first one that new money pays for does."""
    ledger, told = Ledger(), [invoice(line("growth_month"))]
    told.append(switch(2, "growth_month", "starter_month", 1.0, START))
    ledger.apply(told)
    assert ledger.total == GROWTH
    for month in range(1, 6):
        begin = after(days=30 * month)
        ends_at = begin + timedelta(days=30)
        told.append(invoice(line(starts_at=begin, ends_at=ends_at), number=2 + month, at=begin))
        ledger.apply(told)
        assert ledger.total == max(GROWTH, STARTER * (month + 1))


def test_an_invoice_that_was_found_right_only_later_brings_what_is_missing() -> None:
    """Red when what was granted before for others is granted again with it."""
    first, second = subscribed(), switch(2, "starter_month", "growth_month", 0.5, after(days=15))
    ledger = Ledger()
    ledger.apply([second])
    before = ledger.total
    ledger.apply([first, second])
    assert before < ledger.total <= STARTER // 2 + GROWTH // 2


def test_what_was_granted_too_much_is_made_up_for_before_more_is_granted() -> None:
    """An invoice that gave time back was refused at first, and the next one granted in full. Red when the mark is taken
    without what lies above it already."""

    def counted(number: int, credits_: int, granted: int = 0) -> Counted:
        return Counted(f"in_{number}", (START, START, number, ""), credits_, granted)

    known = [counted(1, -4_000), counted(2, 10_000, 10_000)]
    assert still_due([*known, counted(3, 2_000)]) == {}
    assert sum(still_due([*known, counted(3, 2_000), counted(4, 5_000)]).values()) == 3_000


ITEMS_SOLD = ("starter_month", "growth_month")


@st.composite
def timelines(draw: st.DrawFn) -> list[Invoice]:
    """A subscription's invoices: periods, and switches at any moment in them, several in the same second."""
    told, item, number = list[Invoice](), draw(st.sampled_from(ITEMS_SOLD)), 0
    for month in range(draw(st.integers(1, 3))):
        begin, end = after(days=30 * month), after(days=30 * (month + 1))
        number += 1
        told.append(invoice(line(item, starts_at=begin, ends_at=end), number=number, at=begin))
        at = 0
        for _ in range(draw(st.integers(0, 4))):
            at = draw(st.integers(at, 30 * 86_400))
            new = draw(st.sampled_from(ITEMS_SOLD))
            moment, number = begin + timedelta(seconds=at), number + 1
            share = Fraction(30 * 86_400 - at, 30 * 86_400)
            lines = [
                line(one, id=f"{one}_{back}", amount=round(PRICES[one] * share) * (-1 if back else 1), proration=True,
                     gives_back=back, starts_at=moment, ends_at=end)
                for one, back in ((item, True), (new, False))
            ]  # fmt: skip
            told.append(invoice(*lines, number=number, at=moment))
            item = new
    return told


@settings(max_examples=200, deadline=None)
@given(told=timelines(), data=st.data())
def test_any_order_and_repetition_ends_alike_and_is_paid_for(told: list[Invoice], data: st.DataObject) -> None:
    """Whenever somebody looks, all that is paid by then is looked at: the model of Stripe's list. At every moment, what is
    granted is no more than the credits of the money that ever lay with us, and in the end it does not matter who looked when.

    Red when anything else than the highest sum is granted, or when invoices of one second change places.
    """
    ledger = Ledger()
    for seen in sorted(data.draw(st.lists(st.integers(0, len(told)), max_size=6))):
        ledger.apply(told[:seen])
        ledger.apply(data.draw(st.permutations(told[:seen])))
        assert ledger.total <= highest_worth(told[:seen])
    ledger.apply(told)
    alone = Ledger()
    alone.apply(told)
    assert ledger.granted == alone.granted
    assert alone.total <= highest_worth(told)
    assert alone.total > highest_worth(told) - len(told) * 2


def highest_worth(told: list[Invoice]) -> Fraction:
    """The most credits that the money we held at any time stood for, exactly: whole periods and exact shares of them."""
    total = highest = Fraction(0)
    for one in told:
        for bought in one.lines:
            item = ITEMS[bought.price_id.removeprefix("price_")] if bought.price_id else None
            assert item is not None
            span = Fraction(int((bought.ends_at - bought.starts_at).total_seconds()), 30 * 86_400)
            total += item.credits * span * (-1 if bought.gives_back else 1)
        highest = max(highest, total)
    return highest
