"""Lowering a hold: a person lets a job spend less, and what it may not spend any more is available at once."""

from dataclasses import dataclass, replace
from datetime import datetime

from libs.common.errors import Conflict, Transient
from services.billing.domain.credits.amounts import require_storable
from services.billing.domain.credits.holds import Decision, Hold, HoldState, conclude
from services.billing.domain.credits.ledger import Books
from services.billing.domain.credits.postings import Movement, Operation, Subject
from services.billing.domain.credits.raising import RaiseAnswer
from services.billing.domain.credits.settling import give_up


@dataclass(frozen=True)
class LowerRequest:
    """Round `round_no` of a subject, of the same row of numbers as its raises: `credits` in all stay set aside for it."""

    subject: Subject
    round_no: int
    credits: int


def lower_hold(
    books: Books, hold: Hold | None, request: LowerRequest, *, before: RaiseAnswer | None, now: datetime
) -> tuple[Decision, RaiseAnswer]:
    """Release what is set aside beyond `credits`, under the key `lower:<subject>:<round>`; `before` is the first answer.

    An end that was heard of first has released it already. Raises Transient `hold_unknown` while the hold has not been
    asked for, Conflict `lower_conflict` when the round said something else before, `lower_below_capture` when more is
    charged already: whoever lowers knows what is under way; Invalid `credits_out_of_range`.
    """
    require_storable(request.credits, of=request.subject)
    if hold is None:
        msg = f"the hold of {request.subject} cannot be lowered yet: it has not been asked for"
        raise Transient(msg, code="hold_unknown")
    if before is not None:
        if before.asked != request.credits:
            msg = f"round {request.round_no} of {request.subject} said {before.asked} before, now {request.credits}"
            raise Conflict(msg, code="lower_conflict")
        return Decision(books, hold), before
    surplus = max(0, hold.granted - request.credits) if hold.state is HoldState.HELD else 0
    if surplus > hold.held:
        msg = f"{request.subject} cannot be lowered to {request.credits} credits: {hold.captured} are captured"
        raise Conflict(msg, code="lower_below_capture", extra={"credits": request.credits, "captured": hold.captured})
    after, postings = give_up(books, hold, surplus, now=now)
    lowered = replace(hold.post(postings), lowered=hold.lowered + surplus)
    key = f"{Operation.LOWER}:{request.subject}:{request.round_no}"
    movement = Movement(Operation.LOWER, key, postings, subject=request.subject)
    decision = conclude(after, before=hold, after=lowered, movements=(movement,))
    return decision, RaiseAnswer(request.credits, lowered.granted, 0, decision.books.balance.available)
