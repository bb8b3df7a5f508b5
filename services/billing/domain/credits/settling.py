"""What becomes of held credits: captured chunk by chunk, released at the end. In any order it ends alike.

Captures take from the beginning of the burn order, a release gives back from its end: so the two commute.
"""

from collections.abc import Iterable
from datetime import datetime

from libs.common.errors import Conflict, Transient
from services.billing.domain.credits.amounts import require_storable
from services.billing.domain.credits.grants import arrive
from services.billing.domain.credits.holds import Decision, Hold, HoldState, Share, conclude
from services.billing.domain.credits.ledger import Books, Grant
from services.billing.domain.credits.postings import AccountKind, Movement, Operation, Posting, Subject, move, net
from services.billing.domain.credits.values import replace


def capture(
    books: Books, hold: Hold | None, *, subject: Subject, chunk_no: int, earned: int, before: int | None
) -> Decision:
    """Charge a chunk under the key `capture:<subject>:<chunk>`; `before` is what was charged under it, and then it stays.

    Raises Transient `hold_unknown` while the hold has not been asked for (events come in any order), Conflict
    `capture_conflict` when the chunk earned something else before, Conflict `capture_without_hold` when there will never
    be a hold, Conflict `capture_above_hold` beyond it: never clamped.
    """
    if hold is None or (hold.state is HoldState.TOMBSTONE and hold.credits_total):
        msg = f"chunk {chunk_no} of {subject} cannot be captured yet: its hold has not been asked for"
        raise Transient(msg, code="hold_unknown")
    if before is not None:
        if before != earned:
            msg = f"chunk {chunk_no} of {subject} earned {before} credits before, and now {earned}"
            raise Conflict(msg, code="capture_conflict")
        return Decision(books, hold)
    if earned and hold.state in {HoldState.TOMBSTONE, HoldState.DECLINED}:
        msg = f"chunk {chunk_no} of {subject} earned {earned} credits, but its hold is {hold.state}"
        raise Conflict(msg, code="capture_without_hold")
    if earned > hold.held:
        msg = f"chunk {chunk_no} of {subject} earned {earned} credits, and {hold.held} are held for it"
        raise Conflict(msg, code="capture_above_hold", extra={"credits": earned, "held": hold.held})
    left, postings = earned, list[Posting]()
    for grant, share in _shares_in_order(books.grants, hold):
        take = min(left, share.held)
        postings += move(grant.id, take, source=AccountKind.HELD, target=AccountKind.CAPTURED)
        left -= take
    key = f"{Operation.CAPTURE}:{subject}:{chunk_no}"
    movement = Movement(Operation.CAPTURE, key, tuple(postings), subject=subject)
    after = _close_when_whole(hold.post(postings))
    return conclude(books.post(postings), before=hold, after=after, movements=(movement,))


def settle(books: Books, hold: Hold | None, *, subject: Subject, credits_total: int, now: datetime) -> Decision:
    """The subject has ended, having earned `credits_total` in all: release the rest at once, stay open for the captures.

    An unknown hold becomes a tombstone. Raises Conflict `settlement_conflict` when the end was told otherwise before, or
    contradicts what was captured or held, Invalid `credits_out_of_range`.
    """
    require_storable(credits_total, of=subject)
    if hold is None:
        ended = Hold(subject, books.workspace_id, HoldState.TOMBSTONE, credits_total=credits_total, settled_at=now)
        return Decision(books, ended)
    if hold.state is not HoldState.HELD:
        if credits_total != (hold.credits_total or 0):
            msg = f"{subject} ended with {hold.credits_total or 0} credits before, and now with {credits_total}"
            raise Conflict(msg, code="settlement_conflict")
        return Decision(books, hold)
    surplus = hold.held - (credits_total - hold.captured)
    if surplus < 0 or credits_total < hold.captured:
        msg = f"{subject} ended with {credits_total} credits: {hold.granted} were held for it, {hold.captured} are captured"
        raise Conflict(msg, code="settlement_conflict")
    return _release(books, hold, surplus, credits_total=credits_total, now=now)


def give_up(books: Books, hold: Hold, surplus: int, *, now: datetime) -> tuple[Books, tuple[Posting, ...]]:
    """Where so many credits of a hold go, from the end of the burn order."""
    after, postings, left = books, list[Posting](), surplus
    for grant, share in reversed(_shares_in_order(books.grants, hold)):
        take = min(left, share.held)
        back = arrive(after, grant, take, source=AccountKind.HELD, now=now)
        after, left = after.post(back), left - take
        postings += back
    return after, tuple(postings)


def _release(books: Books, hold: Hold, surplus: int, *, credits_total: int, now: datetime) -> Decision:
    after, postings = give_up(books, hold, surplus, now=now)
    movement = Movement(Operation.RELEASE, f"{Operation.RELEASE}:{hold.subject}", postings, subject=hold.subject)
    ended = replace(hold.post(postings), state=HoldState.SETTLING, credits_total=credits_total, settled_at=now)
    return conclude(after, before=hold, after=_close_when_whole(ended), movements=(movement,))


def released(decision: Decision) -> int:
    """How many credits left the hold by a release, at its end or before."""
    release = (one for one in decision.movements if one.operation in {Operation.RELEASE, Operation.LOWER})
    return -sum(net(movement.postings, AccountKind.HELD) for movement in release)


def _shares_in_order(grants: Iterable[Grant], hold: Hold) -> list[tuple[Grant, Share]]:
    shares = {share.grant_id: share for share in hold.shares}
    return [(grant, shares[grant.id]) for grant in grants if grant.id in shares]


def _close_when_whole(hold: Hold) -> Hold:
    whole = hold.state is HoldState.SETTLING and hold.captured == hold.credits_total
    return replace(hold, state=HoldState.CLOSED) if whole else hold
