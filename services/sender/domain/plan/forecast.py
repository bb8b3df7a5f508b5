"""A calendar of days to come: how many mails of which campaign leave on each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.sender.domain.plan.outlook import Outlook
from services.sender.domain.plan.rooms import HeldSlot
from services.sender.domain.plan.simulation import Simulation
from services.sender.domain.plan.terms import FIRST_STEP


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
    """`left_of` each campaign wait after the last day."""

    days: tuple[ForecastDay, ...]
    left_of: Mapping[UUID, int]

    @property
    def left(self) -> int:
        """How many wait after the last day, in all campaigns."""
        return sum(self.left_of.values())


def forecast(outlook: Outlook, *, days: int) -> Forecast:
    """What leaves on each of so many days at most, of what is enrolled now, as far as all goes well.

    Today counts what has a slot already and has not been sent. Made by the planner itself, on a clock of its own.
    """
    found: list[ForecastDay] = []
    simulation = Simulation(outlook)
    assigned: Sequence[HeldSlot] = [one for one in outlook.held if one.state == "assigned"]
    for day in simulation.days(days):
        sends = [(one.who.campaign_id, one.who.step) for one in day.sends]
        planned = [(one.campaign_id, one.step) for one in assigned]
        found.append(ForecastDay(day.day.date, tuple(_counted([*planned, *sends]))))
        assigned = ()
    return Forecast(tuple(found), {one.id: simulation.left(one.id) for one in outlook.campaigns})


def _counted(sends: Iterable[tuple[UUID, int]]) -> Iterator[DayOfCampaign]:
    counts = defaultdict[UUID, list[int]](lambda: [0, 0])
    for campaign_id, step in sends:
        counts[campaign_id][step > FIRST_STEP] += 1
    for campaign_id, (first, later) in sorted(counts.items()):
        yield DayOfCampaign(campaign_id, first, later)
