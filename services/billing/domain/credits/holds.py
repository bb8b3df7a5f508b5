"""A hold: credits set aside for one subject, and what each grant covers of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.billing.domain.credits.ledger import Books
from services.billing.domain.credits.postings import AccountKind, Movement, Posting, Subject
from services.billing.domain.credits.values import add, replace
from services.billing.domain.watching.caps import DeclineReason


class HoldState(StrEnum):
    """`held → settling → closed`; `declined` and `tombstone` (the end came before the beginning) are answers for good."""

    HELD = "held"
    DECLINED = "declined"
    SETTLING = "settling"
    CLOSED = "closed"
    TOMBSTONE = "tombstone"


@dataclass(frozen=True)
class Share:
    """What one grant covers of a hold."""

    grant_id: UUID
    held: int = 0
    captured: int = 0
    refunded: int = 0


@dataclass(frozen=True)
class Hold:
    """The one hold of a subject, kept for ever: that is what makes `created` and the terminal event count once.

    `needed` is what was asked for at first, `placed` what was set aside then, `raised` what raises have added
    and `lowered` what was given back while it was at work. `credits_per_row` is what a row of it costs, where that is known.
    `declined_available` is what there was when it was declined, and `declined_reason` what bounded it, so that the same
    answer can be given again. `user_id` is whose spending it is.
    `settled_at` is when the subject's end was heard of.
    """

    subject: Subject
    workspace_id: UUID
    state: HoldState
    needed: int = 0
    placed: int = 0
    raised: int = 0
    lowered: int = 0
    shares: tuple[Share, ...] = ()
    credits_total: int | None = None
    price_version: int | None = None
    credits_per_row: int | None = None
    declined_available: int | None = None
    declined_reason: DeclineReason | None = None
    user_id: UUID | None = None
    settled_at: datetime | None = None

    @property
    def granted(self) -> int:
        """What is set aside for it in all."""
        return self.placed + self.raised - self.lowered

    @property
    def held(self) -> int:
        return sum([share.held for share in self.shares])

    @property
    def captured(self) -> int:
        return sum([share.captured for share in self.shares])

    @property
    def refunded(self) -> int:
        return sum(share.refunded for share in self.shares)

    def held_while(self, state: HoldState) -> int:
        """What it holds, if it is in this state."""
        return self.held if self.state is state else 0

    def post(self, postings: Iterable[Posting]) -> "Hold":
        """The hold after some postings to its grants."""
        shares = {share.grant_id: share for share in self.shares}
        for posting in postings:
            if (grant_id := posting.grant_id) is not None and (place := _IN_SHARE.get(posting.account)):
                name, sign = place
                shares[grant_id] = add(shares.get(grant_id) or Share(grant_id), {name: sign * posting.credits})
        return replace(self, shares=tuple(shares.values()))


_IN_SHARE = {
    AccountKind.HELD: ("held", 1),
    AccountKind.CAPTURED: ("captured", 1),
    AccountKind.REFUNDED: ("refunded", -1),
}
"""Which amount of a share an account is, and with which sign."""


@dataclass(frozen=True)
class Decision:
    """What is to be written: the books and the hold as they are now, and the movements that led there."""

    books: Books
    hold: Hold
    movements: tuple[Movement, ...] = ()


def conclude(books: Books, *, before: Hold, after: Hold, movements: tuple[Movement, ...]) -> Decision:
    """Let the balance's `held` and `settling` follow a hold. `books` have the movements posted; empty ones are dropped."""
    change = {
        "held": after.held_while(HoldState.HELD) - before.held_while(HoldState.HELD),
        "settling": after.held_while(HoldState.SETTLING) - before.held_while(HoldState.SETTLING),
    }
    written = tuple([movement for movement in movements if movement.postings])
    return Decision(replace(books, balance=add(books.balance, change)), after, written)
