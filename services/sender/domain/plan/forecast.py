"""A calendar of days to come: how many mails of which campaign leave on each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.sender.domain.plan.rooms import FIRST_STEP, HeldSlot
from services.sender.domain.plan.simulation import Outlook, Simulation


@dataclass(frozen=True)
class DayOfCampaign:
    """What of a campaign leaves on a day."""

    campaign_id: UUID
    first_emails: int
    follow_ups: int


@dataclass(frozen=True)
class ForecastDay:
    """A day to come, the campaigns in the order in which they were made."""

    date: date
    campaigns: tuple[DayOfCampaign, ...]


@dataclass(frozen=True)
class Forecast:
    """`left` wait after the last day, in all campaigns; without any, that is the day on which the last one is written to."""

    days: tuple[ForecastDay, ...]
    left: int


def forecast(outlook: Outlook, *, days: int) -> Forecast:
    """What leaves on each of so many days at most, of what is enrolled now, as far as all goes well.

    Today counts what has a slot already and has not been sent. Made by the planner itself, on a clock of its own.
    """
    found: list[ForecastDay] = []
    left = 0
    assigned: Sequence[HeldSlot] = [one for one in outlook.held if one.state == "assigned"]
    for day in Simulation(outlook).days(days):
        sends = [(one.who.campaign_id, one.who.step) for one in day.sends]
        planned = [(one.campaign_id, one.step) for one in assigned]
        found.append(ForecastDay(day.day.date, tuple(_counted([*planned, *sends]))))
        assigned, left = (), day.left
    return Forecast(tuple(found), left)


def _counted(sends: Iterable[tuple[UUID, int]]) -> Iterator[DayOfCampaign]:
    counts = defaultdict[UUID, list[int]](lambda: [0, 0])
    for campaign_id, step in sends:
        counts[campaign_id][step > FIRST_STEP] += 1
    for campaign_id, (first, later) in sorted(counts.items()):
        yield DayOfCampaign(campaign_id, first, later)
