"""Credits that were charged go back: to the grants they came from, the last one that was charged first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict
from services.billing.domain.credits.grants import give_back
from services.billing.domain.credits.holds import Decision, Hold
from services.billing.domain.credits.ledger import Books
from services.billing.domain.credits.postings import Movement, Operation, Posting, Subject


@dataclass(frozen=True)
class Refund:
    """The `number`-th refund of a subject: `credits` that were charged go back. `row_nos` are the rows it is for, if it is
    for rows."""

    subject: Subject
    number: int
    credits: int
    reason: str
    row_nos: tuple[int, ...] = ()

    @property
    def business_key(self) -> str:
        return f"{Operation.REFUND}:{self.subject}:{self.number}"


def refund(books: Books, hold: Hold, asked: Refund, *, renewed: Mapping[UUID, UUID], now: datetime) -> Decision:
    """Give charged credits back to the grants that paid for them, from the end of the burn order.

    `books` have every grant of the hold; `renewed` says per grant which id the new grant has, if it has expired.
    Raises Conflict `refund_above_capture` beyond what is charged and was not refunded before.
    """
    refundable = hold.captured - hold.refunded
    if not 0 < asked.credits <= refundable:
        msg = (
            f"{asked.credits} credits cannot be refunded to {hold.subject}: {hold.captured} were charged,"
            f" {hold.refunded} of them were refunded before"
        )
        raise Conflict(msg, code="refund_above_capture", extra={"credits": asked.credits, "refundable": refundable})
    shares = {share.grant_id: share for share in hold.shares}
    after, left, postings = books, asked.credits, list[Posting]()
    for grant in reversed([grant for grant in books.grants if grant.id in shares]):
        take = min(left, shares[grant.id].captured - shares[grant.id].refunded)
        if take:
            after, back = give_back(after, grant.id, take, renewed_id=renewed[grant.id], now=now)
            postings += back
        left -= take
    movement = Movement(Operation.REFUND, asked.business_key, tuple(postings), hold.subject, asked.reason)
    return Decision(after, hold.post(postings), (movement,))
