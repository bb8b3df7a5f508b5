"""Raising a hold: a person lets a job spend more. Whatever order rounds are heard in, the same is set aside in the end."""

from dataclasses import dataclass, replace
from datetime import datetime

from libs.common.errors import Conflict, Transient
from services.billing.domain.credits.amounts import require_storable
from services.billing.domain.credits.grants import expire_due
from services.billing.domain.credits.holds import Decision, Hold, HoldState
from services.billing.domain.credits.ledger import Books
from services.billing.domain.credits.placing import set_aside
from services.billing.domain.credits.postings import Operation, Subject
from services.billing.domain.watching.caps import DeclineReason, Limit, room


@dataclass(frozen=True)
class RaiseRequest:
    """Round `round_no` of a subject: `credits` in all are to be set aside for it, after its hold was lowered in round
    `after_lowering`, if it was."""

    subject: Subject
    round_no: int
    credits: int
    after_lowering: int = 0


@dataclass(frozen=True)
class RaiseAnswer:
    """The first answer to a round, for good: `credits` are set aside in all, or None, and `needed` more were wanted.

    `reason` is what bounded `available`.
    """

    asked: int
    credits: int | None
    needed: int
    available: int
    reason: DeclineReason = DeclineReason.CREDITS


def raise_hold(
    books: Books,
    hold: Hold | None,
    request: RaiseRequest,
    *,
    before: RaiseAnswer | None,
    now: datetime,
    limit: Limit | None = None,
) -> tuple[Decision, RaiseAnswer]:
    """Answer a round under the key `raise:<subject>:<round>`; `before` is what was answered, and then it stays.
    `limit` is what the workspace's caps leave, which may be less than is available.

    An end that was heard of first declines it: what was set aside is released already. Raises Transient `hold_unknown`
    while the hold has not been asked for, Conflict `raise_conflict` when the round asked for something else before, Invalid
    `credits_out_of_range`.
    """
    require_storable(request.credits, of=request.subject)
    if hold is None:
        msg = f"the hold of {request.subject} cannot be raised yet: it has not been asked for"
        raise Transient(msg, code="hold_unknown")
    if before is not None:
        if before.asked != request.credits:
            msg = (
                f"round {request.round_no} of {request.subject} asked for {before.asked} before, now {request.credits}"
            )
            raise Conflict(msg, code="raise_conflict")
        return Decision(books, hold), before
    missing = max(0, request.credits - hold.granted)
    turn = expire_due(books, now=now)
    available, bound = room(turn.books.balance.available, limit)
    if hold.state is not HoldState.HELD or missing > available:
        declined = RaiseAnswer(request.credits, None, missing, available, bound)
        return Decision(turn.books, hold, turn.movements), declined
    raised = replace(hold, raised=hold.raised + missing)
    key = f"{Operation.RAISE}:{request.subject}:{request.round_no}"
    return set_aside(turn, raised, missing, key=key), RaiseAnswer(request.credits, raised.granted, missing, available)
