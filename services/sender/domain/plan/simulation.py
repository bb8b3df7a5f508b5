"""Days to come, on a clock of our own: the plan of each day is made by `lay_out`, as that of today is, and then comes true."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from services.sender.domain.days import Day, day_at
from services.sender.domain.plan.candidates import Candidate, Hours
from services.sender.domain.plan.laying_out import lay_out
from services.sender.domain.plan.lines import lines_of
from services.sender.domain.plan.outlook import NextPlan, Outlook, VirtualDay, VirtualSend
from services.sender.domain.plan.rooms import DayTerms, HeldSlot, room_of, shares_of
from services.sender.domain.plan.sorting import Gathered, Sorter
from services.sender.domain.plan.terms import Assignment
from services.sender.domain.sending import Record

FEWEST = 50
"""So many of a campaign are offered at once at least, as the planner offers them, who may then pass over some."""
REPLANS_AFTER = timedelta(seconds=30)
"""So long after a slot came back it is handed down to the next, at the latest."""


Send = Callable[[Candidate, Assignment, datetime], Record]
"""What a provider makes of a mail at an instant."""

_SENT = Record("sent", None, slot_back=False, deferrals=0)


def takes_all(who: Candidate, given: Assignment, at: datetime) -> Record:
    """A provider that accepts everything at once."""
    del who, given, at
    return _SENT


class Simulation:
    """Days to come, one after the other."""

    def __init__(self, outlook: Outlook, *, send: Send = takes_all) -> None:
        self._outlook, self._send = outlook, send
        limited = outlook.terms.domain_quota is not None
        self._lines = lines_of(outlook.campaigns, outlook.waiting, by_domain=limited)
        self._agenda: list[tuple[datetime, int, Assignment | None]] = []
        self._numbers = count()
        self._known: dict[UUID, Candidate] = {}

    def left(self, campaign_id: UUID) -> int:
        """How many of a campaign wait."""
        line = self._lines.get(campaign_id)
        return len(line) if line else 0

    def days(self, limit: int) -> Iterator[VirtualDay]:
        """From today on, at most so many, until nobody waits."""
        now, holders, terms = self._outlook.now, self._outlook.held, self._terms_today()
        tests = self._outlook.tests
        for _ in range(limit):
            day = day_at(now, time_zone=self._outlook.time_zone)
            sends = tuple(self._day(day, now, holders=holders, tests=tests, terms=terms))
            left = sum(len(line) for line in self._lines.values())
            yield VirtualDay(day, sends, left)
            if not left:
                return
            now, holders, tests, terms = day.ends_at, (), (), self._outlook.terms

    def next_plan(self) -> NextPlan:
        """What the planner would do now. Asked of a simulation that has not begun."""
        now = self._outlook.now
        day = day_at(now, time_zone=self._outlook.time_zone)
        outlook = self._outlook
        self._open(day, now, holders=outlook.held, tests=outlook.tests, terms=self._terms_today())
        self._plan(day, now)
        given = {one.waiting.key: one for _, _, one in self._agenda if one is not None}
        return NextPlan(day, given, self._shares, self._room)

    def _terms_today(self) -> DayTerms:
        return replace(self._outlook.terms, quota=self._outlook.quota_today)

    def _open(
        self,
        day: Day,
        now: datetime,
        *,
        holders: Sequence[HeldSlot],
        tests: Sequence[HeldSlot],
        terms: DayTerms,
    ) -> None:
        outlook = self._outlook
        free = max(terms.quota - len(holders), 0)
        self._shares = shares_of(outlook.campaigns, holders)
        self._room = room_of(outlook.mailboxes, [*holders, *tests], day=day.date, terms=terms, free=free)
        self._hours = Hours(since=now, until=day.ends_at)

    def _day(
        self, day: Day, now: datetime, *, holders: Sequence[HeldSlot], tests: Sequence[HeldSlot], terms: DayTerms
    ) -> Iterator[VirtualSend]:
        self._open(day, now, holders=holders, tests=tests, terms=terms)
        self._plan(day, now)
        while self._agenda:
            at, _, given = heapq.heappop(self._agenda)
            if given is None:
                self._plan(day, at)
                continue
            who = self._known.pop(given.waiting.key)
            record = self._send(who, given, at)
            self._note(who, given, record, at=at)
            yield VirtualSend(who, given.mailbox_id, at, record)

    def _plan(self, day: Day, now: datetime) -> None:
        """Hand out what is free, round after round, until the slots or those who wait are used up."""
        outlook = self._outlook
        sorter = Sorter(day, now, outlook.call, outlook.pause, self._hours)
        passed_over: list[Candidate] = []
        while self._room.slots > 0:
            gathered = self._gather(sorter)
            if not gathered.waiting:
                break
            layout = lay_out(
                gathered.waiting,
                shares=self._shares,
                room=self._room,
                day=day.date,
                since=now,
                until=day.ends_at,
                call=outlook.call,
            )
            self._shares, self._room = layout.shares, layout.room
            for given in layout.assignments:
                self._known[given.waiting.key] = gathered.known[given.waiting.key]
                heapq.heappush(self._agenda, (given.due_at, next(self._numbers), given))
            passed_over += [gathered.known[key] for key in layout.passed_over]
        for who in passed_over:
            self._lines[who.campaign_id].add(who)

    def _gather(self, sorter: Sorter) -> Gathered:
        gathered, room = Gathered(), self._room

        def domain_is_full(domain: str) -> bool:
            return room.domain_quota is not None and room.domains.get(domain, 0) >= room.domain_quota

        if all(left == 0 for left in room.mailboxes.values()):
            return gathered
        for share in self._shares:
            if share.room > 0:
                self._lines[share.campaign_id].gather(
                    sorter,
                    wanted=max(min(share.room, room.slots), FEWEST),
                    first_mails=any(room.mailboxes.get(name, 0) != 0 for name in share.mailbox_ids),
                    domain_is_full=domain_is_full,
                    into=gathered,
                )
        return gathered

    def _note(self, who: Candidate, given: Assignment, record: Record, *, at: datetime) -> None:
        """A slot that comes back serves the next; who was deferred stands in line again, and stays with the mailbox."""
        if record.slot_back:
            self._return(who, given.mailbox_id)
            if not any(job is None for _, _, job in self._agenda[:1]):
                heapq.heappush(self._agenda, (at + REPLANS_AFTER, next(self._numbers), None))
        if record.state == "deferred":
            again = replace(
                who, email_id=who.enrolment_id, due_at=record.due_at, mailbox_id=given.mailbox_id, deferred=True
            )
            self._lines[who.campaign_id].add(again)

    def _return(self, who: Candidate, mailbox_id: UUID) -> None:
        room = self._room
        left = room.mailboxes[mailbox_id]
        self._room = replace(
            room,
            slots=room.slots + 1,
            mailboxes={**room.mailboxes, mailbox_id: left if left is None else left + 1},
            domains={**room.domains, who.domain: room.domains.get(who.domain, 1) - 1},
        )
        self._shares = tuple(
            replace(share, room=share.room + 1, taken=share.taken - 1)
            if share.campaign_id == who.campaign_id
            else share
            for share in self._shares
        )
