"""A campaign from start to end on a clock of our own, with a provider that has the faults it is told to have.

Plans are laid out by the planner, each send passes the gate of the sending transaction (`decide`), and each answer is
recorded as a real one is (`record_of`). Nothing is stored and nothing is sent.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import blake2b
from uuid import UUID

from services.sender.domain.plan.candidates import Candidate, PlannedCampaign
from services.sender.domain.plan.outlook import Outlook, VirtualSend
from services.sender.domain.plan.simulation import Simulation
from services.sender.domain.plan.terms import Assignment
from services.sender.domain.sending import (
    Accepted,
    Deferred,
    Facts,
    Go,
    NotCalled,
    Outcome,
    Record,
    Refused,
    SendTiming,
    Unknown,
    decide,
    record_of,
)
from services.sender.domain.windows import is_open

LONGEST_DAYS = 366
_PARTS = 2**64


@dataclass(frozen=True)
class Faults:
    """Of so many calls, as shares of 1, the answer is a deferral, a refusal, or none. The same `seed` fails the same mails."""

    deferred: float = 0
    refused: float = 0
    unknown: float = 0
    seed: int = 0


@dataclass(frozen=True)
class DryDay:
    """What became of the calls of a day. `deferred` are called again later, `unknown` wait for a person."""

    date: date
    sent: int
    deferred: int
    failed: int
    unknown: int


@dataclass(frozen=True)
class DryRun:
    """`planned` have their place in today's plan already and are not run; `left` were not reached within a year; `stopped`
    are suppressed."""

    days: tuple[DryDay, ...]
    first_at: datetime | None
    last_at: datetime | None
    left: int
    stopped: int
    planned: int


def dry_run(outlook: Outlook, campaign_id: UUID, *, faults: Faults, timing: SendTiming) -> DryRun:
    """What would become of this campaign, among the workspace's others, which have the same provider."""
    provider = _Provider(outlook.campaigns, faults=faults, timing=timing)
    simulation = Simulation(outlook, send=provider.send)
    days: list[DryDay] = []
    at: list[datetime] = []
    for day in simulation.days(LONGEST_DAYS):
        sends = [one for one in day.sends if one.who.campaign_id == campaign_id]
        days.append(_counted(day.day.date, sends))
        at += [one.at for one in sends if one.record.state == "sent"]
        if not simulation.left(campaign_id):
            break
    mine = outlook.waiting.alike(campaign_id)
    return DryRun(
        tuple(days),
        first_at=min(at, default=None),
        last_at=max(at, default=None),
        left=simulation.left(campaign_id),
        stopped=sum(len(alike) for alike in mine if alike.like.suppressed),
        planned=sum(one.campaign_id == campaign_id and one.state == "assigned" for one in outlook.held),
    )


def _counted(day: date, sends: Iterable[VirtualSend]) -> DryDay:
    states = Counter(one.record.state for one in sends)
    return DryDay(day, states["sent"], states["deferred"], states["failed"], states["unknown"])


@dataclass
class _Provider:
    """Answers by lot, the lot of a call being fixed by the lead, the attempt and the seed."""

    campaigns: Iterable[PlannedCampaign]
    faults: Faults
    timing: SendTiming
    attempts: Counter[UUID] = field(default_factory=Counter[UUID])
    deferrals: dict[UUID, int] = field(default_factory=lambda: defaultdict[UUID, int](int))

    def __post_init__(self) -> None:
        self._windows = {one.id: one.window for one in self.campaigns}

    def send(self, who: Candidate, given: Assignment, at: datetime) -> Record:
        """The record of the call, if the gate lets it through."""
        open_ = is_open(self._windows[who.campaign_id], who, since=at, seconds=self.timing.call_s)
        facts = Facts(
            suppressed=who.suppressed,
            enrolment_active=True,
            campaign_active=True,
            mailbox_active=True,
            sandboxed_lead=False,
            sandboxed_mailbox=True,
            already_sent=False,
            earlier_open=False,
            window_open=open_,
            day_ends_at=given.closes_at,
        )
        self.attempts[who.enrolment_id] += 1
        gate = decide(facts, now=at, timing=self.timing)
        outcome = self._outcome(who) if isinstance(gate, Go) else NotCalled(gate.reason)
        record = record_of(
            outcome, attempts=self.attempts[who.enrolment_id], deferrals=self.deferrals[who.enrolment_id], now=at
        )
        self.deferrals[who.enrolment_id] = record.deferrals
        return record

    def _outcome(self, who: Candidate) -> Outcome:
        call = f"{self.faults.seed}:{who.enrolment_id}:{self.attempts[who.enrolment_id]}"
        lot = int.from_bytes(blake2b(call.encode(), digest_size=8).digest()) / _PARTS
        if lot < self.faults.deferred:
            return Deferred("450 4.2.0 try again later")
        if lot < self.faults.deferred + self.faults.refused:
            return Refused("550 5.7.1 refused")
        if lot < self.faults.deferred + self.faults.refused + self.faults.unknown:
            return Unknown("no answer")
        return Accepted("250 OK")
