"""Weeks of plans in many zones, judged by a calendar of their own: the wall clocks of the people who are written to."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from services.sender.domain.days import Day, day_at
from services.sender.domain.plan.candidates import Candidate, Hours, waiting_of, wakes_at
from services.sender.domain.plan.laying_out import lay_out
from services.sender.domain.plan.quotas import MailboxQuota
from services.sender.domain.plan.terms import Assignment, Room, Share
from services.sender.domain.windows import OFFICE_HOURS

CALL = timedelta(seconds=40)
CAMPAIGN, BOXES = UUID(int=1), (UUID(int=11), UUID(int=12))
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Africa/Cairo",
    "America/Santiago",
)
STARTS = (
    date(2027, 3, 11),  # the clocks of North America go forward on the 14th, Europe's on the 28th
    date(2027, 3, 26),
    date(2027, 4, 1),  # those of Lord Howe and Auckland go back on the 4th
    date(2027, 10, 29),  # Europe's go back on the 31st, North America's on November 7th
    date(2027, 12, 30),
)


@dataclass
class Simulated:
    """A workspace whose days go by. `missed` says which sends of a day do not happen, as if no worker had been there."""

    zone: str
    quota: int
    box_quotas: dict[UUID, MailboxQuota]
    domain_quota: int | None
    waiting: dict[UUID, Candidate]
    sent: list[tuple[date, Assignment]] = field(default_factory=list[tuple[date, Assignment]])

    def live_through(self, now: datetime, *, missed: Sequence[int]) -> datetime:
        """Plan what is left of the day at `now`, send, and answer when the next begins."""
        day = day_at(now, time_zone=self.zone)
        plan = self._plan(day, now)
        for number, assignment in enumerate(plan):
            who = self.waiting[assignment.waiting.key]
            if number in missed:
                self.waiting[assignment.waiting.key] = replace(who, email_id=UUID(int=1), due_at=now)
            else:
                del self.waiting[assignment.waiting.key]
                self.sent.append((day.date, assignment))
        return day.ends_at

    def _plan(self, day: Day, now: datetime) -> tuple[Assignment, ...]:
        hours = Hours(since=now, until=day.ends_at)
        queued = [waiting_of(who, window=OFFICE_HOURS, hours=hours, pause=timedelta()) for who in self.waiting.values()]
        boxes = {name: quota.on(day.date) for name, quota in self.box_quotas.items()}
        layout = lay_out(
            queued,
            shares=(Share(CAMPAIGN, self.quota, BOXES),),
            room=Room(self.quota, boxes, domain_quota=self.domain_quota),
            day=day.date,
            since=now,
            until=day.ends_at,
            call=CALL,
        )
        flags = [self.waiting[assignment.waiting.key].email_id is not None for assignment in layout.assignments]
        assert flags == sorted(flags, reverse=True), "what missed its window heads the plan"
        for missed in (True, False):
            taken = [a.waiting.position for a, flag in zip(layout.assignments, flags, strict=True) if flag is missed]
            assert taken == sorted(taken), "lower positions come first"
        return layout.assignments


LEADS = st.lists(st.tuples(st.sampled_from(ZONES), st.integers(0, 3)), min_size=1, max_size=40).map(
    lambda rows: {
        UUID(int=1000 + n): Candidate(
            campaign_id=CAMPAIGN,
            enrolment_id=UUID(int=1000 + n),
            lead_id=UUID(int=1000 + n),
            recipient=f"lead{n}@d{domain}.example",
            domain=f"d{domain}.example",
            position=n,
            mailbox_id=None,
            time_zone=zone,
            country="",
            subdivision="",
        )
        for n, (zone, domain) in enumerate(rows)
    }
)
RAMPS = st.builds(MailboxQuota, st.one_of(st.none(), st.integers(1, 9)))


@settings(max_examples=60)
@given(
    zone=st.sampled_from(ZONES),
    start=st.sampled_from(STARTS),
    hour=st.integers(0, 23),
    quota=st.integers(1, 12),
    ramp=st.integers(0, 4),
    plain=RAMPS,
    domain_quota=st.one_of(st.none(), st.integers(1, 5)),
    leads=LEADS,
    missed=st.lists(st.integers(0, 6), max_size=4),
)
def test_weeks_of_plans_keep_every_promise_at_every_zone(
    zone: str,
    start: date,
    hour: int,
    quota: int,
    ramp: int,
    plain: MailboxQuota,
    domain_quota: int | None,
    leads: dict[UUID, Candidate],
    missed: list[int],
) -> None:
    """Red when a day of 23 or 25 hours, a window that spans two of the workspace's days, a ramp or a carry-over makes one
    mail too many, one at night, one twice, one out of turn, or one never."""
    boxes = {BOXES[0]: plain, BOXES[1]: MailboxQuota(20, ramp + 1, ramp, start)}
    world = Simulated(zone, quota, boxes, domain_quota, dict(leads))
    now = datetime.combine(start, time(hour), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    for days in range(150):
        if not world.waiting:
            break
        now = world.live_through(now, missed=missed if days < 10 else ())
    assert not world.waiting, "somebody was never written to"
    _check(world, zone=zone)


def _check(world: Simulated, *, zone: str) -> None:
    per_day, per_box, per_domain = Counter[date](), Counter[tuple[date, UUID]](), Counter[tuple[date, str]]()
    for day, assignment in world.sent:
        last = assignment.due_at + CALL
        assert assignment.due_at.astimezone(ZoneInfo(zone)).date() == day
        assert (last - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date() == day
        per_day[day] += 1
        per_box[day, assignment.mailbox_id] += 1
        per_domain[day, assignment.waiting.domain] += 1
    assert len({assignment.waiting.key for _, assignment in world.sent}) == len(world.sent)
    assert all(count <= world.quota for count in per_day.values())
    assert all(count <= (world.domain_quota or count) for count in per_domain.values())
    for (day, box), count in per_box.items():
        limit = world.box_quotas[box].on(day)
        assert limit is None or count <= limit


@settings(max_examples=60)
@given(zone=st.sampled_from(ZONES), start=st.sampled_from(STARTS), hour=st.integers(0, 23), leads=LEADS)
def test_the_wall_clock_of_the_recipient_shows_working_hours_at_every_send(
    zone: str, start: date, hour: int, leads: dict[UUID, Candidate]
) -> None:
    """Red when an offset is taken from the wrong side of a change of the clocks, or from the workspace's zone."""
    world = Simulated(zone, 12, dict.fromkeys(BOXES, MailboxQuota(None)), None, dict(leads))
    now = datetime.combine(start, time(hour), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    for _ in range(40):
        now = world.live_through(now, missed=())
    assert not world.waiting
    for _, assignment in world.sent:
        wall = ZoneInfo(leads[assignment.waiting.key].time_zone)
        first, last = assignment.due_at.astimezone(wall), (assignment.due_at + CALL).astimezone(wall)
        assert first.isoweekday() <= 5
        assert time(9) <= first.time()
        assert last.time() <= time(17)
        assert first.date() == last.date()


@given(zone=st.sampled_from(ZONES), lead_zone=st.sampled_from(ZONES), start=st.sampled_from(STARTS))
def test_who_sleeps_is_looked_at_again_on_the_first_day_that_suits(zone: str, lead_zone: str, start: date) -> None:
    """Red when a lead that cannot be sent today sleeps through a day on which it could, or is looked at for nothing."""
    who = Candidate(CAMPAIGN, UUID(int=1), UUID(int=1), "a@d.example", "d.example", 1, None, lead_zone, "", "")
    now = datetime.combine(start, time(23, 30), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    end = day_at(now, time_zone=zone).ends_at
    wakes = wakes_at(who, window=OFFICE_HOURS, pause=timedelta(), after=end)
    while not Hours(since=end, until=day_at(end, time_zone=zone).ends_at).of(who, OFFICE_HOURS):
        end = day_at(end, time_zone=zone).ends_at
    assert end <= wakes < day_at(end, time_zone=zone).ends_at
