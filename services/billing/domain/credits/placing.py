"""Placing a hold: the first answer is the answer, whatever is asked later and in whatever order."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict, PaymentRequired
from services.billing.domain.credits.amounts import require_storable
from services.billing.domain.credits.grants import Turn, expire_due
from services.billing.domain.credits.holds import Decision, Hold, HoldState, conclude
from services.billing.domain.credits.ledger import Books
from services.billing.domain.credits.postings import AccountKind, Movement, Operation, Posting, Subject, move
from services.billing.domain.credits.values import replace
from services.billing.domain.watching.caps import Limit, room


@dataclass(frozen=True)
class HoldRequest:
    """A subject wants `credits` set aside at a price version; with a `step`, the greatest multiple of it that there is.

    `user_id` is whose spending it is; `credits_per_row` is what a row of it costs.
    """

    subject: Subject
    credits: int
    price_version: int
    step: int | None = None
    user_id: UUID | None = None
    credits_per_row: int | None = None

    def affordable(self, available: int) -> int | None:
        """What to set aside of `available` credits; None when there is not enough."""
        if self.credits <= available:
            return self.credits
        return available // self.step * self.step or None if self.step else None


def place(
    books: Books, hold: Hold | None, request: HoldRequest, *, now: datetime, limit: Limit | None = None
) -> Decision:
    """Answer a request for a hold, under the key `hold:<subject>`: the second time it is the first answer.

    `limit` is what the workspace's caps leave, which may be less than is available. It stops no work that was delivered.
    A tombstone holds no more than the credits its end spoke of, which for a job cancelled before its hold is nothing.
    Raises Conflict `hold_conflict` when the subject asked for something else before, PaymentRequired when even what a
    tombstone speaks of cannot be paid for, Invalid `credits_out_of_range`.
    """
    require_storable(request.credits, of=request.subject)
    if hold is None:
        return _place_first(books, request, now=now, limit=limit)
    if hold.state is HoldState.TOMBSTONE:
        return _place_late(books, hold, request, now=now) if hold.credits_total else Decision(books, hold)
    if (hold.needed, hold.price_version) != (request.credits, request.price_version):
        msg = (
            f"{request.subject} asked for {hold.needed} credits at price version {hold.price_version} before,"
            f" and now for {request.credits} at {request.price_version}"
        )
        raise Conflict(msg, code="hold_conflict")
    return Decision(books, hold)


def _place_first(books: Books, request: HoldRequest, *, now: datetime, limit: Limit | None) -> Decision:
    turn = expire_due(books, now=now)
    hold = Hold(
        request.subject,
        books.workspace_id,
        HoldState.HELD,
        needed=request.credits,
        price_version=request.price_version,
        credits_per_row=request.credits_per_row,
        user_id=request.user_id,
    )
    available, bound = room(turn.books.balance.available, limit)
    amount = request.affordable(available)
    if amount is None:
        declined = replace(hold, state=HoldState.DECLINED, declined_available=available, declined_reason=bound)
        return Decision(turn.books, declined, turn.movements)
    return set_aside(turn, replace(hold, placed=amount), amount, key=f"{Operation.HOLD}:{hold.subject}")


def _place_late(books: Books, hold: Hold, request: HoldRequest, *, now: datetime) -> Decision:
    """The end was heard of first, and work had been delivered: hold exactly that, and settle."""
    total = hold.credits_total or 0
    if total > request.credits:
        msg = f"{request.subject} ended with {total} credits, but asked for {request.credits}"
        raise Conflict(msg, code="settlement_conflict")
    turn = expire_due(books, now=now)
    available = turn.books.balance.available
    if total > available:
        msg = f"{request.subject} delivered rows for {total} credits, and {available} are available"
        raise PaymentRequired(msg, extra={"needed": total, "available": available})
    settling = replace(
        hold,
        state=HoldState.SETTLING,
        needed=request.credits,
        placed=request.credits,
        price_version=request.price_version,
        credits_per_row=request.credits_per_row,
        user_id=request.user_id,
    )
    return set_aside(turn, settling, total, key=f"{Operation.HOLD}:{hold.subject}")


def set_aside(turn: Turn, hold: Hold, amount: int, *, key: str) -> Decision:
    """Move credits that are available to a hold, from the beginning of the burn order, under a business key."""
    books, left, postings = turn.books, amount, list[Posting]()
    for grant in books.grants:
        take = min(left, grant.available)
        postings += move(grant.id, take, source=AccountKind.AVAILABLE, target=AccountKind.HELD)
        left -= take
    if left:
        msg = f"the grants of workspace {books.workspace_id} hold {left} credits less than its balance says"
        raise Conflict(msg, code="books_differ")
    movement = Movement(Operation(key.partition(":")[0]), key, tuple(postings), subject=hold.subject)
    return conclude(books.post(postings), before=hold, after=hold.post(postings), movements=(*turn.movements, movement))
