"""What operators do to credits, by example. The model of coins holds them against everything else."""

from datetime import UTC, datetime, timedelta

import pytest

from libs.common.errors import Conflict
from libs.common.ids import new_id
from services.billing.domain.credits.adjusting import adjust_down, void_grant
from services.billing.domain.credits.grants import grant_credits
from services.billing.domain.credits.holds import Hold
from services.billing.domain.credits.ledger import Books, Grant, GrantKind
from services.billing.domain.credits.placing import HoldRequest, place
from services.billing.domain.credits.postings import Subject
from services.billing.domain.credits.settling import settle

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
JOB = Subject("job", new_id())


def books_with(*sizes: int, days: int | None = None) -> Books:
    books = Books(new_id())
    for size in sizes:
        made = Grant(new_id(), GrantKind.PLAN, 20, None if days is None else NOW + timedelta(days=days), size)
        books = grant_credits(books, made, business_key=f"grant:{made.id}", reason="", now=NOW).books
    return books


def held(books: Books, credits_: int) -> tuple[Books, Hold]:
    decision = place(books, None, HoldRequest(JOB, credits_, 1), now=NOW)
    return decision.books, decision.hold


def test_credits_are_taken_away_in_burn_order() -> None:
    turn = adjust_down(books_with(3, 5), 4, business_key="adjust:1", reason="given twice", now=NOW)
    assert [(grant.available, grant.voided) for grant in turn.books.grants] == [(0, 3), (4, 1)]
    assert turn.books.balance.available == 4


def test_no_more_is_taken_away_than_is_available() -> None:
    """Red when the amount is cut to fit, or takes what is held."""
    books, _ = held(books_with(5), 3)
    with pytest.raises(Conflict) as refused:
        adjust_down(books, 3, business_key="adjust:1", reason="given twice", now=NOW)
    assert (refused.value.code, refused.value.extra) == ("adjustment_above_available", {"credits": 3, "available": 2})


def test_credits_whose_date_has_passed_are_not_there_to_be_taken_away() -> None:
    with pytest.raises(Conflict):
        adjust_down(books_with(5, days=1), 1, business_key="adjust:1", reason="", now=NOW + timedelta(days=1))


def test_what_a_voided_grant_has_in_a_hold_stays_capturable_and_what_comes_back_expires() -> None:
    """Red when a voided grant gives credits again."""
    books, hold = held(books_with(5), 3)
    turn = void_grant(books, books.grants[0].id, reason="by mistake", now=NOW)
    assert (turn.books.balance.available, turn.books.balance.held) == (0, 3)
    ended = settle(turn.books, hold, subject=JOB, credits_total=1, now=NOW)
    grant = ended.books.grants[0]
    assert (grant.voided, grant.expired, grant.held, ended.books.balance.available) == (2, 2, 1, 0)


def test_a_grant_with_nothing_available_has_nothing_to_void() -> None:
    books, _ = held(books_with(5), 5)
    with pytest.raises(Conflict) as refused:
        void_grant(books, books.grants[0].id, reason="by mistake", now=NOW)
    assert (refused.value.code, refused.value.extra) == ("grant_has_nothing_available", {"held": 5})
