"""Grants by example: what comes in pays what is owed, dates pass, disputes take back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.common.errors import Invalid
from libs.common.ids import new_id
from services.billing.domain.grants import Turn, claw_back, expire_due, grant_credits
from services.billing.domain.holds import Decision
from services.billing.domain.ledger import Books, Grant, GrantKind, Subject
from services.billing.domain.placing import HoldRequest, place
from services.billing.domain.settling import settle

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
