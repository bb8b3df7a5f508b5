"""Who waits for a turn, told together, and when the first of them has it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from services.sender.domain.explaining import PlanToday
from services.sender.domain.plan.candidates import Candidate
from services.sender.domain.plan.crowds import Alike
from services.sender.domain.plan.outlook import Outlook
from services.sender.domain.plan.simulation import Simulation

TURNS = frozenset({"workspace_quota", "campaign_quota", "mailbox_quota", "domain_quota"})
"""What passes by itself: a day's mails are given away, and the next day has its own."""
DAYS_AHEAD = 90
"""So far ahead is looked for the day of somebody who waits for a turn."""
_Key = TypeVar("_Key")
_Like = tuple[object, ...]


@dataclass(frozen=True)
class Group:
    """So many leads of whom the same is said; `first` is one of them."""

    first: Candidate
    leads: int
    like: _Like


def groups_of(found: Iterable[Alike], *, today: PlanToday) -> Iterator[Group]:
    """Those who wait, by all that makes a difference: what they have in common, a domain with a quota, today's plan."""
    by_domain = today.plan.room.domain_quota is not None
    for alike in found:
        inside = alike.indices_of(today.plan.given)
        for index in inside:
            yield Group(alike[index], 1, _like(alike[index], by_domain=by_domain))
        first, counts = dict[int, int](), Counter[int]()
        for index, domain in enumerate(alike.domains):
            if index not in inside:
                number = domain if by_domain else 0
                first.setdefault(number, index)
                counts[number] += 1
        for number, index in first.items():
            who = alike[index]
            yield Group(who, counts[number], _like(who, by_domain=by_domain))


def first_turns(today: PlanToday, campaign_id: UUID, waiting: Mapping[_Key, Sequence[Group]]) -> dict[_Key, datetime]:
    """When the planner, going on day by day, first sends to one of the groups of each key. Who is in today's plan is in none."""
    by_domain = today.plan.room.domain_quota is not None
    keys = defaultdict[_Like, set[_Key]](set)
    for key, groups in waiting.items():
        for group in groups:
            keys[group.like].add(key)
    found = dict[_Key, datetime]()
    if not keys:
        return found
    for day in Simulation(today.outlook).days(DAYS_AHEAD):
        for one in day.sends:
            if one.who.campaign_id == campaign_id and one.who.enrolment_id not in today.plan.given:
                for key in keys.get(_like(one.who, by_domain=by_domain), ()):
                    found.setdefault(key, one.at)
        if len(found) == len(waiting):
            break
    return found


def turn_of(outlook: Outlook, enrolment_id: UUID) -> datetime | None:
    """The instant at which the planner, going on day by day, sends to this one."""
    for day in Simulation(outlook).days(DAYS_AHEAD):
        for one in day.sends:
            if one.who.enrolment_id == enrolment_id:
                return one.at
    return None


def _like(who: Candidate, *, by_domain: bool) -> _Like:
    rests = (who.due_at, who.written_elsewhere_at, who.mailbox_id, who.step, who.email_id is None)
    return (who.time_zone, who.country, who.subdivision, *rests, who.domain if by_domain else "")
