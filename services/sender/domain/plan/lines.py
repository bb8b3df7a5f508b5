"""Those who wait in a campaign, in their order, by what they have in common: the place, until when they rest, the domain.

What keeps one of a group from being sent to today keeps all of it, so that a hundred thousand leads behind a closed window
or a full domain cost no more than one.
"""

import heapq
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from uuid import UUID

from services.sender.domain.plan.candidates import Candidate, PlannedCampaign
from services.sender.domain.plan.crowds import Alike, Crowd
from services.sender.domain.plan.sorting import Gathered, Sorter

_Order = tuple[bool, int]
_NUMBERS = count()
CROWDED = 20
"""So many leads of a domain stand in a stack of their own, where its quota may keep them all; others are looked at singly."""


def _is_first_mail(order: _Order) -> bool:
    return order[0]


class _Stack:
    """Some who are alike, the next one first. `mixed`: of several domains."""

    __slots__ = ("_alike", "_at", "_indices", "mixed")

    def __init__(self, alike: Alike, indices: Sequence[int], *, mixed: bool = False) -> None:
        self._alike, self._indices, self.mixed = alike, indices, mixed
        self._at = 0

    def __len__(self) -> int:
        return len(self._indices) - self._at

    @property
    def order(self) -> _Order:
        """Mails that were made already come before first mails, these by their position."""
        return self._alike.like.email_id is None, self._alike.positions[self._indices[self._at]]

    @property
    def first(self) -> Candidate:
        return self._alike[self._indices[self._at]]

    def pop(self) -> None:
        """The next is first."""
        self._at += 1

    def take_one(self) -> "_Stack":
        """The first, in a stack of its own."""
        one = _Stack(self._alike, (self._indices[self._at],))
        self.pop()
        return one


@dataclass(slots=True)
class _Group:
    """Leads with the same hours. `stacks` have the next one first, by their order; `full` are for tomorrow."""

    stacks: list[tuple[_Order, int, _Stack]] = field(default_factory=list[tuple[_Order, int, _Stack]])
    full: list[_Stack] = field(default_factory=list[_Stack])

    def add(self, stack: _Stack) -> None:
        if len(stack):
            heapq.heappush(self.stacks, (stack.order, next(_NUMBERS), stack))

    def reopen(self) -> None:
        """Domains that have had enough are looked at again."""
        full, self.full = self.full, []
        for stack in full:
            self.add(stack)


class Line:
    """One campaign's line."""

    def __init__(self, campaign: PlannedCampaign, found: Iterable[Alike], *, by_domain: bool) -> None:
        self.campaign = campaign
        self._awake: list[tuple[_Order, int, _Group]] = []
        self._asleep: list[tuple[datetime, int, _Group]] = []
        self._spent: list[_Group] = []
        self._day: date | None = None
        self._length = 0
        for alike in found:
            self._join(_stacks_of(alike) if by_domain else [_Stack(alike, alike.in_order())])

    def __len__(self) -> int:
        return self._length

    def add(self, who: Candidate) -> None:
        """Somebody who waits again."""
        alike = Alike(who, (who.domain,))
        alike.append(who, 0)
        self._join([_Stack(alike, (0,))])

    def gather(
        self,
        sorter: Sorter,
        *,
        wanted: int,
        first_mails: bool,
        domain_is_full: Callable[[str], bool],
        into: Gathered,
    ) -> None:
        """Take out up to `wanted` who can be sent to today; of `first_mails` none where no mailbox could send them. Domains
        that have had enough wait for another day."""
        self._wake(sorter)
        while self._awake and wanted > 0 and (first_mails or not _is_first_mail(self._awake[0][0])):
            group = heapq.heappop(self._awake)[2]
            _, _, stack = heapq.heappop(group.stacks)
            who = stack.first
            if domain_is_full(who.domain):
                group.full.append(stack.take_one() if stack.mixed else stack)
                if stack.mixed:
                    group.add(stack)
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
            stack.pop()
            group.add(stack)
            self._stand(group)

    def _join(self, stacks: Iterable[_Stack]) -> None:
        group = _Group()
        for stack in stacks:
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
        if group.stacks:
            heapq.heappush(self._awake, (group.stacks[0][0], next(_NUMBERS), group))
        elif group.full:
            self._spent.append(group)


def _stacks_of(alike: Alike) -> list[_Stack]:
    """A stack for each domain of many, and one for all others."""
    counts = Counter(alike.domains)
    own: dict[int, array[int]] = {domain: array("L") for domain, many in counts.items() if many >= CROWDED}
    others = array("L")
    for index in alike.in_order():
        own.get(alike.domains[index], others).append(index)
    return [*(_Stack(alike, indices) for indices in own.values()), _Stack(alike, others, mixed=True)]


def lines_of(campaigns: Iterable[PlannedCampaign], crowd: Crowd, *, by_domain: bool) -> dict[UUID, Line]:
    """A line for each campaign."""
    return {one.id: Line(one, crowd.alike(one.id), by_domain=by_domain) for one in campaigns}
