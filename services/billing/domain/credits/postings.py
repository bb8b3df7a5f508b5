"""The words of the double entry: accounts, operations, subjects, postings, and movements that sum to zero."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID


class AccountKind(StrEnum):
    """The accounts of the double entry. `issued` and `receivable` are the other side of what exists and of what is owed."""

    ISSUED = "issued"
    AVAILABLE = "available"
    HELD = "held"
    CAPTURED = "captured"
    REFUNDED = "refunded"
    EXPIRED = "expired"
    VOIDED = "voided"
    CLAWED_BACK = "clawed_back"
    OWED = "owed"
    RECEIVABLE = "receivable"


class Operation(StrEnum):
    """What a movement is. It is also the first word of its business key."""

    GRANT = "grant"
    HOLD = "hold"
    RAISE = "raise"
    LOWER = "lower"
    CAPTURE = "capture"
    RELEASE = "release"
    EXPIRE = "expire"
    REFUND = "refund"
    ADJUST = "adjust"
    VOID = "void"
    CLAW_BACK = "claw_back"


SubjectKind = Literal["job", "sourcing"]


@dataclass(frozen=True)
class Subject:
    """What credits are held for. One subject has at most one hold, for ever."""

    kind: SubjectKind
    id: UUID

    @property
    def job_id(self) -> UUID | None:
        """Its id, if it is a job."""
        return self.id if self.kind == "job" else None

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True)
class Posting:
    """`credits` (signed) onto one account. Only `receivable` belongs to no grant: `owed` names the grant whose credits
    were taken back after they had been spent, or whose credits paid."""

    account: AccountKind
    credits: int
    grant_id: UUID | None = None


@dataclass(frozen=True)
class Movement:
    """Postings that sum to zero, under a business key that is never used twice in a workspace."""

    operation: Operation
    business_key: str
    postings: tuple[Posting, ...]
    subject: Subject | None = None
    reason: str = ""


def net(postings: Iterable[Posting], account: AccountKind) -> int:
    """What some postings put onto one account."""
    return sum(posting.credits for posting in postings if posting.account is account)


def move(grant_id: UUID, amount: int, *, source: AccountKind, target: AccountKind) -> Sequence[Posting]:
    """Two postings: `credits` of a grant from one account to another."""
    return (Posting(source, -amount, grant_id), Posting(target, amount, grant_id)) if amount else ()
