"""What billing must have made of one workspace's events: where each coin lies, and the first answer to each key."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from libs.common.clock import utc_now
from libs.common.contracts.billing import (
    CreditsCaptured,
    CreditsReleased,
    HoldDeclined,
    HoldPlaced,
    HoldRaised,
    HoldRaiseDeclined,
)
from libs.common.contracts.envelope import Event
from services.billing.domain.credits.postings import Subject
from tests.unit.billing.coins import Coins

PLACES = ("available", "held", "captured", "expired", "voided", "clawed_back")


class Waits(Exception):
    """The event has come too early, and is told again later."""


@dataclass
class Hold:
    """`answer` is what its request was answered; `granted` what is set aside for it in all."""

    state: str
    answer: Event | None = None
    granted: int = 0
    captured: int = 0
    refunded: int = 0
    refunds: int = 0
    total: int | None = None
    asked_about: int = 0


@dataclass
class Account:
    """One workspace. `ranks` is the burn order: priority, expiry, id. `cap` is of the day, in which all of it happens."""

    id: UUID
    ranks: dict[UUID, tuple[int, datetime, UUID]] = field(default_factory=dict[UUID, tuple[int, datetime, UUID]])
    voided: set[UUID] = field(default_factory=set[UUID])
    holds: dict[Subject, Hold] = field(default_factory=dict[Subject, Hold])
    rounds: dict[tuple[Subject, int], Event | None] = field(default_factory=dict[tuple[Subject, int], Event | None])
    chunks: set[tuple[Subject, int]] = field(default_factory=set[tuple[Subject, int]])
    cap: int | None = None

    def __post_init__(self) -> None:
        self.coins = Coins(rank=self.ranks.__getitem__, dead=self.is_dead)

    def is_dead(self, grant: UUID) -> bool:
        return grant in self.voided or self.ranks[grant][1] <= utc_now()

    def know(self, grant: UUID, *, priority: int, expires_at: datetime | None) -> None:
        self.ranks[grant] = (priority, expires_at or datetime.max.replace(tzinfo=UTC), grant)

    def grow_older(self, *, by: timedelta) -> None:
        never = datetime.max.replace(tzinfo=UTC)
        for grant, (priority, until, id_) in self.ranks.items():
            self.ranks[grant] = (priority, until if until == never else until - by, id_)

    @property
    def last_grant(self) -> UUID:
        return list(self.ranks)[-1]

    @property
    def available(self) -> int:
        return len(self.coins.lying("available"))

    def held(self, subject: Subject) -> int:
        return len(self.coins.lying("held", job=subject.id))

    def room(self) -> tuple[int, str]:
        """What may be set aside, and what bounds it. What a hold gave back counts against no cap."""
        self.coins.sweep()
        kept = sum(self.held(subject) + hold.captured for subject, hold in self.holds.items())
        left = self.available if self.cap is None else max(0, self.cap - kept)
        return (left, "cap_day") if left < self.available else (self.available, "credits")

    def place(self, subject: Subject, asked: int, step: int | None) -> Event | None:
        if subject in self.holds:
            return self.holds[subject].answer
        room, reason = self.room()
        amount = asked if asked <= room else room // step * step if step else 0
        if not amount:
            said = HoldDeclined(job_id=subject.id, needed=asked, available=room, subject=subject.kind, reason=reason)  # type: ignore[arg-type]
            self.holds[subject] = Hold("declined", said)
            return said
        self.coins.hold(subject.id, amount)
        said = HoldPlaced(job_id=subject.id, credits=amount, subject=subject.kind)
        self.holds[subject] = Hold("held", said, granted=amount)
        return said

    def lift(self, subject: Subject, round_no: int, asked: int, *, after_lowering: int) -> Event | None:
        if after_lowering and (subject, after_lowering) not in self.rounds:
            raise Waits("hold_not_lowered")
        if subject not in self.holds:
            raise Waits("hold_unknown")
        if (subject, round_no) not in self.rounds:
            hold, (room, reason) = self.holds[subject], self.room()
            missing = max(0, asked - hold.granted)
            self.rounds[subject, round_no] = said = (
                HoldRaiseDeclined(
                    job_id=subject.id,
                    round=round_no,
                    needed=missing,
                    available=room,
                    reason=reason,  # type: ignore[arg-type]
                )
                if hold.state != "held" or missing > room
                else HoldRaised(job_id=subject.id, round=round_no, credits=hold.granted + missing)
            )
            if isinstance(said, HoldRaised):
                self.coins.hold(subject.id, missing)
                hold.granted += missing
        return self.rounds[subject, round_no]

    def lower(self, subject: Subject, round_no: int, asked: int) -> Event | None:
        if subject not in self.holds:
            raise Waits("hold_unknown")
        hold, first = self.holds[subject], (subject, round_no) not in self.rounds
        self.rounds.setdefault((subject, round_no), None)
        if not first or hold.state != "held":
            return None
        less = max(0, hold.granted - asked)
        hold.granted -= less
        return self._let_go(subject, less)

    def capture(self, subject: Subject, chunk_no: int, earned: int) -> Event | None:
        if subject not in self.holds:
            raise Waits("hold_unknown")
        if (subject, chunk_no) in self.chunks:
            return None
        self.chunks.add((subject, chunk_no))
        hold = self.holds[subject]
        self.coins.capture(subject.id, earned)
        hold.captured += earned
        if hold.captured == hold.total:
            hold.state = "closed"
        return CreditsCaptured(job_id=subject.job_id, credits=earned, available=self.available) if earned else None

    def settle(self, subject: Subject, total: int) -> Event | None:
        if subject not in self.holds:
            self.holds[subject] = Hold("tombstone", total=total)
        hold = self.holds[subject]
        if hold.state != "held":
            return None
        hold.total, hold.state = total, "closed" if hold.captured == total else "settling"
        return self._let_go(subject, self.held(subject) - (total - hold.captured))

    def _let_go(self, subject: Subject, less: int) -> Event | None:
        self.coins.release(subject.id, keep=self.held(subject) - less)
        return CreditsReleased(job_id=subject.job_id, credits=less, available=self.available) if less else None

    def balance(self) -> list[int]:
        """Available, held, settling, spent, owed."""
        held = Counter[str]()
        for subject, hold in self.holds.items():
            held[hold.state] += self.held(subject)
        return [self.available, held["held"], held["settling"], len(self.coins.lying("captured")), self.coins.owed]

    def grants(self) -> dict[str, list[int]]:
        lying = self.coins.count()
        return {str(grant): [lying[grant, place] for place in PLACES] for grant in self.ranks}

    def subjects(self) -> dict[str, list[Any]]:
        return {str(one.id): [hold.state, self.held(one), hold.captured] for one, hold in self.holds.items()}
