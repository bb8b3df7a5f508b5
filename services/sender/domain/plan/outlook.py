"""The words of days to come: what they are made from, and what comes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.sender.domain.days import Day
from services.sender.domain.plan.candidates import Candidate, PlannedCampaign, UsableMailbox
from services.sender.domain.plan.crowds import Crowd
from services.sender.domain.plan.rooms import DayTerms, HeldSlot
from services.sender.domain.plan.terms import Assignment, Room, Share
from services.sender.domain.sending import Record


@dataclass(frozen=True)
class Outlook:
    """All that the days to come are made from, as it stands at `now`.

    `waiting` have no slot yet, `held` are today's slots that somebody has, `tests` are today's test mails, which take of the
    mailboxes alone; `call` is the longest time a send takes.
    """

    now: datetime
    time_zone: str
    terms: DayTerms
    quota_today: int
    pause: timedelta
    call: timedelta
    campaigns: Sequence[PlannedCampaign]
    mailboxes: Sequence[UsableMailbox]
    waiting: Crowd
    held: Sequence[HeldSlot]
    tests: Sequence[HeldSlot] = ()


@dataclass(frozen=True, slots=True)
class VirtualSend:
    """A mail of a day to come, and what became of it."""

    who: Candidate
    mailbox_id: UUID
    at: datetime
    record: Record


@dataclass(frozen=True)
class VirtualDay:
    """A day to come. `left` wait at its end."""

    day: Day
    sends: tuple[VirtualSend, ...]
    left: int


@dataclass(frozen=True)
class NextPlan:
    """Who would be given a slot now, and what would be left of the day."""

    day: Day
    given: Mapping[UUID, Assignment]
    shares: tuple[Share, ...]
    room: Room
