"""Those who wait in a campaign, in their order, by what they have in common: the place, the domain, until when they rest.

What keeps one of a group from being sent to today keeps all of it, so that a hundred thousand leads behind a closed window
or a full domain cost no more than one.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from uuid import UUID

from services.sender.domain.plan.candidates import Candidate, PlannedCampaign
from services.sender.domain.plan.sorting import Gathered, Sorter

_Order = tuple[bool, int]


@dataclass(slots=True)
class _Group:
    """Of equal prospects, the next one last."""

    members: list[Candidate]

    @property
    def order(self) -> _Order:
        """Mails that were made already come before first mails, these by their position."""
        who = self.members[-1]
        return who.email_id is None, who.position


class Line:
    """One campaign's line."""

    def __init__(self, campaign: PlannedCampaign, found: Iterable[Candidate], *, by_domain: bool) -> None:
        self.campaign = campaign
        self._numbers = count()
        self._awake: list[tuple[_Order, int, _Group]] = []
        self._asleep: list[tuple[datetime, int, _Group]] = []
        groups = defaultdict[tuple[object, ...], list[Candidate]](list)
        for who in found:
            place = (who.time_zone, who.country, who.subdivision)
            rests = (who.due_at, who.written_elsewhere_at, who.step)
            groups[(place, rests, who.email_id is None, who.domain if by_domain else "")].append(who)
        for members in groups.values():
            members.sort(key=lambda who: -who.position)
            self._stand(_Group(members))

    def __len__(self) -> int:
        awake = sum(len(group.members) for _, _, group in self._awake)
        return awake + sum(len(group.members) for _, _, group in self._asleep)

    def add(self, who: Candidate) -> None:
        """Somebody who waits again."""
        self._stand(_Group([who]))

    def put_off(self, who: Candidate, until: datetime) -> None:
        """Somebody who is not to be looked at before then."""
        self._sleep(_Group([who]), until)

    def gather(
        self, sorter: Sorter, *, wanted: int, domain_is_full: Callable[[str, int], bool], into: Gathered
    ) -> None:
        """Take out up to `wanted` who can be sent to today. `domain_is_full` is told how many of a domain were taken."""
        while self._asleep and self._asleep[0][0] < sorter.day.ends_at:
            self._stand(heapq.heappop(self._asleep)[2])
        taken = defaultdict[str, int](int)
        while self._awake and wanted > 0:
            group = heapq.heappop(self._awake)[2]
            who = group.members[-1]
            if domain_is_full(who.domain, taken[who.domain]):
                self._sleep(group, sorter.day.ends_at)
                continue
            got = sorter.sort([who], self.campaign, into=into)
            wakes = into.asleep.pop(who.enrolment_id, None)
            if wakes is not None:
                self._sleep(group, wakes)
                continue
            group.members.pop()
            wanted -= got
            taken[who.domain] += got
            if group.members:
                self._stand(group)

    def _stand(self, group: _Group) -> None:
        heapq.heappush(self._awake, (group.order, next(self._numbers), group))

    def _sleep(self, group: _Group, until: datetime) -> None:
        heapq.heappush(self._asleep, (until, next(self._numbers), group))


def lines_of(campaigns: Iterable[PlannedCampaign], found: Iterable[Candidate], *, by_domain: bool) -> dict[UUID, Line]:
    """A line for each campaign."""
    waiting = defaultdict[UUID, list[Candidate]](list)
    for who in found:
        waiting[who.campaign_id].append(who)
    return {one.id: Line(one, waiting[one.id], by_domain=by_domain) for one in campaigns}
