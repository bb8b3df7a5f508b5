"""Grants by example: what comes in pays what is owed, dates pass, disputes take back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.common.errors import Invalid
from libs.common.ids import new_id
from services.billing.domain.credits.grants import Turn, claw_back, expire_due, grant_credits
from services.billing.domain.credits.holds import Decision
from services.billing.domain.credits.ledger import Books, Grant, GrantKind
from services.billing.domain.credits.placing import HoldRequest, place
from services.billing.domain.credits.postings import Subject
from services.billing.domain.credits.settling import settle

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
JOB = Subject("job", new_id())


def give(books: Books, size: int, *, expires_at: datetime | None = None) -> Turn:
    made = Grant(new_id(), GrantKind.PURCHASED, 40, expires_at, size)
    return grant_credits(books, made, business_key=f"grant:{made.id}", reason="", now=NOW)


def disputed_while_held() -> Decision:
    """A grant of 5 is disputed while 3 of it are held: 2 are clawed back, 3 are owed."""
    books = give(Books(new_id()), 5).books
    held = place(books, None, HoldRequest(JOB, 3, 1), now=NOW)
    return replace(held, books=claw_back(held.books, books.grants[0].id, reason="disputed").books)


def test_a_dispute_takes_what_is_available_and_the_rest_is_owed() -> None:
    books = disputed_while_held().books
    assert (books.balance.available, books.balance.held, books.balance.owed) == (0, 3, 3)
    assert books.grants[0].clawed_back == 2


def test_a_new_grant_pays_what_is_owed_first() -> None:
    """Red when `owed_first` is removed."""
    books = disputed_while_held().books
    after = give(books, 4).books
    assert (after.balance.available, after.balance.owed) == (1, 0)


def test_a_release_pays_what_is_owed_first() -> None:
    """Red when `owed_first` is removed."""
    disputed = disputed_while_held()
    ended = settle(disputed.books, disputed.hold, subject=JOB, credits_total=0, now=NOW)
    assert (ended.books.balance.available, ended.books.balance.owed) == (0, 0)
    assert ended.books.grants[0].clawed_back == 5


def test_parts_of_a_grant_are_taken_back_until_nothing_of_it_is_left() -> None:
    """Red when what was taken before is forgotten."""
    books = give(Books(new_id()), 5).books
    books = place(books, None, HoldRequest(JOB, 3, 1), now=NOW).books
    grant_id, seen = books.grants[0].id, list[tuple[int, int]]()
    for part in (1, 2, 5, 5):
        turn = claw_back(books, grant_id, reason="refunded", amount=part, business_key=f"claw_back:{len(seen)}")
        books = turn.books
        seen.append((books.balance.available, books.balance.owed))
    assert seen == [(1, 0), (0, 1), (0, 3), (0, 3)]
    assert not turn.movements


def test_what_a_grant_paid_of_older_debts_is_owed_again_when_it_is_taken_back() -> None:
    """Red when a second payment may be disputed for nothing: it had paid for what the first one left open."""
    books = give(disputed_while_held().books, 4).books
    books = claw_back(books, books.grants[-1].id, reason="disputed").books
    assert (books.balance.available, books.balance.owed) == (0, 3)


def test_what_expired_is_not_taken_back() -> None:
    books = give(Books(new_id()), 5, expires_at=NOW + timedelta(hours=1)).books
    held = place(books, None, HoldRequest(JOB, 2, 1), now=NOW).books
    swept = expire_due(held, now=NOW + timedelta(hours=1)).books
    after = claw_back(swept, books.grants[0].id, reason="refunded", amount=5).books
    assert (after.balance.available, after.balance.owed) == (0, 2)


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_cannot_be_taken_back(amount: int) -> None:
    books = give(Books(new_id()), 5).books
    with pytest.raises(Invalid) as refused:
        claw_back(books, books.grants[0].id, reason="refunded", amount=amount)
    assert refused.value.code == "claw_back_empty"


def test_what_is_due_expires_once() -> None:
    books = give(give(Books(new_id()), 5, expires_at=NOW + timedelta(hours=1)).books, 2).books
    assert expire_due(books, now=NOW).movements == ()
    turn = expire_due(books, now=NOW + timedelta(hours=1))
    assert (turn.books.balance.available, len(turn.movements)) == (2, 1)
    assert expire_due(turn.books, now=NOW + timedelta(hours=2)).movements == ()


def test_a_grant_that_was_expired_stays_so_for_a_clock_that_lags() -> None:
    books = give(Books(new_id()), 5, expires_at=NOW + timedelta(hours=1)).books
    held = place(books, None, HoldRequest(JOB, 3, 1), now=NOW)
    swept = expire_due(held.books, now=NOW + timedelta(hours=1)).books
    ended = settle(swept, held.hold, subject=JOB, credits_total=0, now=NOW)
    assert (ended.books.balance.available, ended.books.grants[0].expired) == (0, 5)


@pytest.mark.parametrize("size", [0, -1])
def test_a_grant_of_nothing_is_refused(size: int) -> None:
    with pytest.raises(Invalid) as refused:
        give(Books(new_id()), size)
    assert refused.value.code == "grant_empty"


def test_a_grant_that_has_expired_before_it_is_made_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        give(Books(new_id()), 1, expires_at=NOW)
    assert refused.value.code == "grant_expired"
