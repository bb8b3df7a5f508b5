"""Who of those that wait can be sent to in what is left of a day."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.sender.domain.days import Day
from services.sender.domain.plan.candidates import Candidate, Hours, PlannedCampaign, waiting_of, wakes_at
from services.sender.domain.plan.spreading import spans_of
from services.sender.domain.plan.terms import Waiting


@dataclass
class Gathered:
    """`waiting` can be sent to today. `asleep` cannot, and wake then; `suppressed` will not be."""

    known: dict[UUID, Candidate] = field(default_factory=dict[UUID, Candidate])
    waiting: list[Waiting] = field(default_factory=list[Waiting])
    asleep: dict[UUID, datetime] = field(default_factory=dict[UUID, datetime])
    suppressed: list[UUID] = field(default_factory=list[UUID])


@dataclass(frozen=True)
class Sorter:
    """Sorts candidates by whether they can be sent to between `now` and the end of the day."""

    day: Day
    now: datetime
    call: timedelta
    pause: timedelta
    hours: Hours

    def sort(self, found: Sequence[Candidate], campaign: PlannedCampaign, *, into: Gathered) -> int:
        """Answers how many of them can."""
        before = len(into.waiting)
        for who in found:
            into.known[who.enrolment_id] = who
            waiting = waiting_of(who, window=campaign.window, hours=self.hours, pause=self.pause)
            if who.suppressed:
                into.suppressed.append(who.enrolment_id)
            elif spans_of(waiting, since=self.now, until=self.day.ends_at, call=self.call):
                into.waiting.append(waiting)
            else:
                into.asleep[who.enrolment_id] = wakes_at(
                    who, window=campaign.window, pause=self.pause, after=self.day.ends_at
                )
        return len(into.waiting) - before
