"""A hold's life by example, and every named refusal."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from libs.common.errors import AppError, PaymentRequired, Transient
from libs.common.ids import new_id
from services.billing.domain.credits.grants import grant_credits
from services.billing.domain.credits.holds import Decision, Hold, HoldState
from services.billing.domain.credits.ledger import Books, Grant, GrantKind
from services.billing.domain.credits.placing import HoldRequest, place
from services.billing.domain.credits.postings import Subject
from services.billing.domain.credits.refunding import Refund, refund
from services.billing.domain.credits.settling import capture, released, settle

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
JOB = Subject("job", UUID(int=7))


def books_with(*sizes: int, days: int | None = None) -> Books:
    books = Books(new_id())
    for size in sizes:
        expires_at = None if days is None else NOW + timedelta(days=days)
        made = Grant(new_id(), GrantKind.PLAN, 20, expires_at, size)
        books = grant_credits(books, made, business_key=f"grant:{made.id}", reason="", now=NOW).books
    return books


def ask(books: Books, credits_: int, hold: Hold | None = None, *, now: datetime = NOW) -> Decision:
    return place(books, hold, HoldRequest(JOB, credits_, price_version=1), now=now)


def charge(books: Books, hold: Hold | None, chunk_no: int, earned: int, *, before: int | None = None) -> Decision:
    return capture(books, hold, subject=JOB, chunk_no=chunk_no, earned=earned, before=before)


def end(books: Books, hold: Hold | None, total: int, *, now: datetime = NOW) -> Decision:
    return settle(books, hold, subject=JOB, credits_total=total, now=now)


def test_a_hold_takes_the_grant_that_expires_first() -> None:
    """Red when the burn order looks at the date of no grant, or at the largest."""
    books = books_with(5)
    soon = Grant(new_id(), GrantKind.PLAN, 20, NOW + timedelta(days=1), 3)
    books = grant_credits(books, soon, business_key="grant:soon", reason="", now=NOW).books
    decision = ask(books, 4)
    assert [share.held for share in decision.hold.shares] == [3, 1]
    assert decision.hold.shares[0].grant_id == soon.id


def test_a_lower_priority_burns_before_an_earlier_expiry() -> None:
    """Red when the date counts for more than the priority."""
    books = books_with(5, days=1)
    first = Grant(new_id(), GrantKind.PROMOTIONAL, 10, None, 5)
    books = grant_credits(books, first, business_key="grant:first", reason="", now=NOW).books
    assert [share.grant_id for share in ask(books, 5).hold.shares] == [first.id]


def test_credits_whose_date_has_passed_cannot_be_held_even_before_the_sweeper_came() -> None:
    """Red when only the sweeper expires what is due."""
    decision = ask(books_with(5, days=1), 5, now=NOW + timedelta(days=2))
    assert decision.hold.state is HoldState.DECLINED
    assert (decision.hold.declined_available, decision.books.balance.available) == (0, 0)
    assert [movement.business_key.split(":")[0] for movement in decision.movements] == ["expire"]


def test_a_decline_stays_a_decline_when_credits_arrive() -> None:
    """Red when `decline_key` is removed: a decline is an answer kept under the hold's key too."""
    declined = ask(books_with(1), 2).hold
    again = ask(books_with(100), 2, declined)
    assert again.hold == declined
    assert not again.movements


def test_a_closed_hold_is_not_opened_by_a_late_request() -> None:
    """Red when `hold_key` is removed: the hold's key is unique for ever, also after it closed."""
    held = ask(books_with(9), 3)
    closed = end(held.books, held.hold, 0)
    again = ask(closed.books, 3, closed.hold)
    assert (closed.hold.state, again.hold, again.books) == (HoldState.CLOSED, closed.hold, closed.books)


def test_a_job_cancelled_before_its_request_arrives_holds_nothing() -> None:
    """Red when `tombstone` is removed."""
    tombstone = end(books_with(9), None, 0)
    late = ask(tombstone.books, 3, tombstone.hold)
    assert late.hold.state is HoldState.TOMBSTONE
    assert late.books.balance.available == 9
    assert not late.movements


def test_a_request_after_an_end_with_credits_holds_exactly_those() -> None:
    """Red when the late request holds what it asks for instead of what its end said."""
    tombstone = end(books_with(9), None, 2)
    late = ask(tombstone.books, 3, tombstone.hold)
    assert (late.hold.state, late.hold.held, late.books.balance.settling) == (HoldState.SETTLING, 2, 2)
    assert charge(late.books, late.hold, 0, 2).hold.state is HoldState.CLOSED


def test_the_end_releases_the_rest_at_once_and_waits_for_the_captures() -> None:
    """Red when `settling` is removed: with everything released, the late capture would find nothing."""
    held = ask(books_with(9), 6)
    ended = end(held.books, held.hold, 2)
    assert (ended.hold.state, ended.hold.held, released(ended)) == (HoldState.SETTLING, 2, 4)
    assert (ended.books.balance.available, ended.books.balance.settling, ended.books.balance.held) == (7, 2, 0)
    captured = charge(ended.books, ended.hold, 0, 2)
    assert (captured.hold.state, captured.books.balance.spent) == (HoldState.CLOSED, 2)


def test_a_chunk_that_earned_nothing_moves_nothing() -> None:
    """Red when a capture of nothing is written as a movement, or keeps its hold open."""
    held = ask(books_with(9), 6)
    assert charge(held.books, held.hold, 0, 0).movements == ()
    ended = end(held.books, held.hold, 0)
    assert charge(ended.books, ended.hold, 1, 0).hold.state is HoldState.CLOSED


def test_a_repeated_capture_charges_nothing() -> None:
    """Red when `capture_key` is removed."""
    held = ask(books_with(9), 6)
    once = charge(held.books, held.hold, 0, 2)
    twice = charge(once.books, once.hold, 0, 2, before=2)
    assert (twice.books, twice.hold, twice.movements) == (once.books, once.hold, ())


def test_a_hold_that_is_asked_for_with_nothing_is_held() -> None:
    """Red when nothing is too little to hold: the job would wait for ever."""
    assert ask(books_with(), 0).hold.state is HoldState.HELD


def test_what_is_released_from_an_expired_grant_expires() -> None:
    """Red when `expire_released` is removed."""
    held = ask(books_with(5, days=1), 5)
    ended = end(held.books, held.hold, 2, now=NOW + timedelta(days=2))
    assert (ended.books.balance.available, ended.books.grants[0].expired) == (0, 3)
    captured = charge(ended.books, ended.hold, 0, 2)
    assert captured.books.balance.spent == 2


def test_a_refund_to_an_expired_grant_lives_on_in_a_new_one_for_30_days() -> None:
    """Red when `refund_expired` is removed."""
    held = ask(books_with(5, days=1), 5)
    charged = charge(held.books, held.hold, 0, 5)
    later, renewed = NOW + timedelta(days=2), new_id()
    grant_id = charged.hold.shares[0].grant_id
    given = refund(charged.books, charged.hold, Refund(JOB, 1, 2, "wrong rows"), renewed={grant_id: renewed}, now=later)
    old, new = given.books.grant(grant_id), given.books.grant(renewed)
    assert (old.refunded, old.expired, old.available) == (2, 2, 0)
    assert (new.size, new.available, new.expires_at) == (2, 2, later + timedelta(days=30))
    assert given.books.balance.spent == 3


def test_other_content_under_the_holds_key_is_a_named_conflict() -> None:
    """Red when the key alone decides, and a request for other credits passes as a repetition."""
    held = ask(books_with(9), 6)
    with pytest.raises(AppError) as refused:
        ask(held.books, 7, held.hold)
    assert refused.value.code == "hold_conflict"


def test_other_content_under_a_captures_key_is_a_named_conflict() -> None:
    """Red when the key alone decides, and another amount passes as a repetition."""
    held = ask(books_with(9), 6)
    with pytest.raises(AppError) as refused:
        charge(held.books, held.hold, 0, 3, before=2)
    assert refused.value.code == "capture_conflict"


def test_a_capture_above_its_hold_is_a_named_error_and_is_not_clamped() -> None:
    """Red when more than was held is charged, or when the amount is cut to fit and nobody hears of it."""
    held = ask(books_with(9), 6)
    with pytest.raises(AppError) as refused:
        charge(held.books, held.hold, 0, 7)
    assert (refused.value.code, refused.value.extra) == ("capture_above_hold", {"credits": 7, "held": 6})


def test_a_capture_above_what_settling_kept_is_a_named_error() -> None:
    """Red when what the end released can still be charged."""
    held = ask(books_with(9), 6)
    ended = end(held.books, held.hold, 2)
    with pytest.raises(AppError) as refused:
        charge(ended.books, ended.hold, 0, 3)
    assert refused.value.code == "capture_above_hold"


@pytest.mark.parametrize("total", [None, 2])
def test_a_capture_before_its_hold_is_tried_again_later(total: int | None) -> None:
    """Red when an early capture is refused for good: its credits would never be charged."""
    tombstone = None if total is None else end(books_with(9), None, total).hold
    with pytest.raises(Transient) as refused:
        charge(books_with(9), tombstone, 0, 2)
    assert refused.value.code == "hold_unknown"


def test_a_capture_for_a_declined_or_buried_job_is_a_named_error() -> None:
    """Red when it is charged, or tried for ever."""
    books = books_with(1)
    for hold in (ask(books, 2).hold, end(books, None, 0).hold):
        with pytest.raises(AppError) as refused:
            charge(books, hold, 0, 1)
        assert refused.value.code == "capture_without_hold"


@pytest.mark.parametrize(("captured", "total"), [(0, 7), (3, 2)])
def test_an_end_that_contradicts_the_hold_is_a_named_conflict(captured: int, total: int) -> None:
    """Red when an end may claim more than was held, or less than was charged."""
    held = ask(books_with(9), 6)
    charged = charge(held.books, held.hold, 0, captured)
    with pytest.raises(AppError) as refused:
        end(charged.books, charged.hold, total)
    assert refused.value.code == "settlement_conflict"


def test_an_end_told_twice_with_different_totals_is_a_named_conflict() -> None:
    """Red when the second total replaces the first."""
    held = ask(books_with(9), 6)
    ended = end(held.books, held.hold, 2)
    assert end(ended.books, ended.hold, 2).movements == ()
    with pytest.raises(AppError) as refused:
        end(ended.books, ended.hold, 3)
    assert refused.value.code == "settlement_conflict"


def test_a_late_request_that_cannot_be_paid_for_is_refused_by_name() -> None:
    """Red when it holds what is there, or makes a debt."""
    tombstone = end(books_with(1), None, 2)
    with pytest.raises(PaymentRequired) as refused:
        ask(tombstone.books, 3, tombstone.hold)
    assert refused.value.extra == {"needed": 2, "available": 1}


def test_a_refund_beyond_its_capture_is_refused() -> None:
    """Red when more, or nothing, can be given back."""
    held = ask(books_with(9), 6)
    charged = charge(held.books, held.hold, 0, 2)
    for amount in (0, 3):
        with pytest.raises(AppError) as refused:
            refund(charged.books, charged.hold, Refund(JOB, 1, amount, ""), renewed={}, now=NOW)
        assert refused.value.code == "refund_above_capture"


def test_what_was_refunded_before_cannot_be_refunded_again() -> None:
    """Red when each refund is compared with the whole capture."""
    held = ask(books_with(2, 9), 6)
    charged = charge(held.books, held.hold, 0, 4)
    renewed = {share.grant_id: new_id() for share in charged.hold.shares}
    first = refund(charged.books, charged.hold, Refund(JOB, 1, 3, ""), renewed=renewed, now=NOW)
    with pytest.raises(AppError) as refused:
        refund(first.books, first.hold, Refund(JOB, 2, 2, ""), renewed=renewed, now=NOW)
    assert refused.value.extra == {"credits": 2, "refundable": 1}
    last = refund(first.books, first.hold, Refund(JOB, 2, 1, ""), renewed=renewed, now=NOW)
    assert (last.books.balance.spent, last.books.balance.available) == (0, 9)


def test_books_whose_grants_fall_short_of_their_balance_are_refused() -> None:
    """Red when credits are held that no grant covers."""
    books = books_with(9)
    with pytest.raises(AppError) as refused:
        ask(Books(books.workspace_id, books.balance, ()), 3)
    assert refused.value.code == "books_differ"
