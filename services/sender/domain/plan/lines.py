"""Those who wait in a campaign, in their order, by what they have in common: the place, until when they rest, the domain.

What keeps one of a group from being sent to today keeps all of it, so that a hundred thousand leads behind a closed window
or a full domain cost no more than one.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from uuid import UUID

from services.sender.domain.plan.candidates import Candidate, PlannedCampaign
from services.sender.domain.plan.sorting import Gathered, Sorter

_Order = tuple[bool, int]
_NUMBERS = count()


def _order(who: Candidate) -> _Order:
    """Mails that were made already come before first mails, these by their position."""
    return who.email_id is None, who.position


@dataclass(slots=True)
class _Group:
    """Leads with the same hours. `domains` has a stack for each, the next one last, by their order; `full` are for tomorrow."""

    domains: list[tuple[_Order, int, list[Candidate]]] = field(
        default_factory=list[tuple[_Order, int, list[Candidate]]]
    )
    full: list[list[Candidate]] = field(default_factory=list[list[Candidate]])

    def add(self, stack: list[Candidate]) -> None:
        heapq.heappush(self.domains, (_order(stack[-1]), next(_NUMBERS), stack))

    def reopen(self) -> None:
        """Domains that have had enough are looked at again."""
        full, self.full = self.full, []
        for stack in full:
            self.add(stack)


class Line:
    """One campaign's line."""

    def __init__(self, campaign: PlannedCampaign, found: Iterable[Candidate], *, by_domain: bool) -> None:
        self.campaign = campaign
        self._awake: list[tuple[_Order, int, _Group]] = []
        self._asleep: list[tuple[datetime, int, _Group]] = []
        self._spent: list[_Group] = []
        self._day: date | None = None
        self._length = 0
        stacks = defaultdict[tuple[object, ...], dict[str, list[Candidate]]](dict)
        for who in found:
            rests = (who.due_at, who.written_elsewhere_at, who.step, who.email_id is None)
            stack = stacks[(who.time_zone, who.country, who.subdivision, *rests)]
            stack.setdefault(who.domain if by_domain else "", []).append(who)
        for domains in stacks.values():
            self._join(list(domains.values()))

    def __len__(self) -> int:
        return self._length

    def add(self, who: Candidate) -> None:
        """Somebody who waits again."""
        self._join([[who]])

    def gather(
        self, sorter: Sorter, *, wanted: int, domain_is_full: Callable[[str, int], bool], into: Gathered
    ) -> None:
        """Take out up to `wanted` who can be sent to today. `domain_is_full` is told how many of a domain were taken."""
        self._wake(sorter)
        taken, held_back = defaultdict[str, int](int), list[list[Candidate]]()
        while self._awake and wanted > 0:
            group = heapq.heappop(self._awake)[2]
            _, _, stack = heapq.heappop(group.domains)
            who = stack[-1]
            if domain_is_full(who.domain, taken[who.domain]):
                (group.full if domain_is_full(who.domain, 0) else held_back).append(stack)
                self._stand(group)
                continue
            got = sorter.sort([who], self.campaign, into=into)
            wakes = into.asleep.pop(who.enrolment_id, None)
            if wakes is not None:
                group.add(stack)
                heapq.heappush(self._asleep, (wakes, next(_NUMBERS), group))
                continue
            self._length -= 1
            wanted -= got
            taken[who.domain] += got
            stack.pop()
            if stack:
                group.add(stack)
            self._stand(group)
        # Whom the planner then passes over leaves the domain's place to these.
        for stack in held_back:
            self._stand(_Group([(_order(stack[-1]), next(_NUMBERS), stack)]))

    def _join(self, stacks: Sequence[list[Candidate]]) -> None:
        group = _Group()
        for stack in stacks:
            stack.sort(key=_order, reverse=True)
            group.add(stack)
            self._length += len(stack)
        self._stand(group)

    def _wake(self, sorter: Sorter) -> None:
        """Whose hours come before the end of the day, and on another day all whose domains had enough."""
        while self._asleep and self._asleep[0][0] < sorter.day.ends_at:
            self._stand(heapq.heappop(self._asleep)[2])
        if self._day == sorter.day.date:
            return
        self._day = sorter.day.date
        groups = [*self._spent, *(group for _, _, group in self._awake)]
        self._spent, self._awake = [], []
        for group in groups:
            group.reopen()
            self._stand(group)

    def _stand(self, group: _Group) -> None:
        if group.domains:
            heapq.heappush(self._awake, (group.domains[0][0], next(_NUMBERS), group))
        elif group.full:
            self._spent.append(group)


def lines_of(campaigns: Iterable[PlannedCampaign], found: Iterable[Candidate], *, by_domain: bool) -> dict[UUID, Line]:
    """A line for each campaign."""
    waiting = defaultdict[UUID, list[Candidate]](list)
    for who in found:
        waiting[who.campaign_id].append(who)
    return {one.id: Line(one, waiting[one.id], by_domain=by_domain) for one in campaigns}
