"""The books of one workspace. Postings are the only thing that changes them, so entries can always rebuild them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from services.billing.domain.credits.postings import (
    AccountKind,
    Posting,
)
from services.billing.domain.credits.values import add, replace

_FOREVER = datetime.max.replace(tzinfo=UTC)


class GrantKind(StrEnum):
    """Where credits come from."""

    PLAN = "plan"
    PURCHASED = "purchased"
    PROMOTIONAL = "promotional"
    ADJUSTMENT = "adjustment"


@dataclass(frozen=True)
class Grant:
    """Credits that came in together. `size` is always the sum of where they are now (`is_whole`).

    `owed` is what was taken back of it after it had been spent or held, less what its credits have paid of what is owed:
    the only amount here that may be negative. `expired_at` is set when its unused credits expired or were voided; the
    date alone would let two clocks disagree.
    """

    id: UUID
    kind: GrantKind
    priority: int
    expires_at: datetime | None
    size: int
    available: int = 0
    held: int = 0
    captured: int = 0
    refunded: int = 0
    expired: int = 0
    voided: int = 0
    clawed_back: int = 0
    owed: int = 0
    expired_at: datetime | None = None

    def is_dead(self, now: datetime) -> bool:
        return self.expired_at is not None or (self.expires_at is not None and self.expires_at <= now)

    @property
    def is_whole(self) -> bool:
        spent = self.captured - self.refunded
        gone = self.expired + self.voided + self.clawed_back
        return self.size == self.available + self.held + spent + gone

    @property
    def recallable(self) -> int:
        """What can still be taken back of it: all but what expired, was voided, or was taken back before."""
        return max(0, self.size - self.expired - self.voided - self.clawed_back - self.owed)

    @property
    def burn_order(self) -> tuple[int, datetime, UUID]:
        """Priority, earliest expiry, oldest (ids sort by time)."""
        return (self.priority, self.expires_at or _FOREVER, self.id)


@dataclass(frozen=True)
class Balance:
    """Whole credits. `held` is for running subjects, `settling` for ended ones whose captures are on their way."""

    available: int = 0
    held: int = 0
    settling: int = 0
    spent: int = 0
    owed: int = 0


@dataclass(frozen=True)
class Books:
    """One workspace's balance and those of its grants that a decision may touch, in burn order."""

    workspace_id: UUID
    balance: Balance = field(default_factory=Balance)
    grants: tuple[Grant, ...] = ()

    def grant(self, grant_id: UUID) -> Grant:
        return next(grant for grant in self.grants if grant.id == grant_id)

    def with_grant(self, grant: Grant) -> "Books":
        """The books with a grant added, or put in the place of its former self."""
        others = [other for other in self.grants if other.id != grant.id]
        return replace(self, grants=tuple(sorted([*others, grant], key=lambda one: one.burn_order)))

    def post(self, postings: Iterable[Posting]) -> "Books":
        """The books after some postings. `held` and `settling` follow the holds (`Decision`), not the postings."""
        balance, onto = dict[str, int](), dict[UUID, dict[str, int]]()
        for posting in postings:
            if (grant_id := posting.grant_id) is not None and (place := _IN_GRANT.get(posting.account)):
                name, sign = place
                amounts = onto.setdefault(grant_id, {})
                amounts[name] = amounts.get(name, 0) + sign * posting.credits
            if name := _IN_BALANCE.get(posting.account):
                balance[name] = balance.get(name, 0) + posting.credits
        changed = {grant_id: add(self.grant(grant_id), amounts) for grant_id, amounts in onto.items()}
        # No posting moves a grant to another place in the burn order.
        grants = tuple([changed.get(grant.id, grant) for grant in self.grants])
        return Books(self.workspace_id, add(self.balance, balance), grants)


_IN_GRANT = {
    AccountKind.AVAILABLE: ("available", 1),
    AccountKind.HELD: ("held", 1),
    AccountKind.CAPTURED: ("captured", 1),
    AccountKind.REFUNDED: ("refunded", -1),
    AccountKind.EXPIRED: ("expired", 1),
    AccountKind.VOIDED: ("voided", 1),
    AccountKind.CLAWED_BACK: ("clawed_back", 1),
    AccountKind.OWED: ("owed", 1),
}
"""Which amount of a grant an account is, and with which sign."""

_IN_BALANCE = {
    AccountKind.AVAILABLE: "available",
    AccountKind.CAPTURED: "spent",
    AccountKind.REFUNDED: "spent",
    AccountKind.OWED: "owed",
}
