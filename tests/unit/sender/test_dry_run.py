"""Days on a clock of their own: what a simulated provider makes of a campaign, and how quick that is."""

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.sender.domain.dry_run import Faults, dry_run
from services.sender.domain.plan.candidates import Candidate, PlannedCampaign, UsableMailbox
from services.sender.domain.plan.crowds import Crowd
from services.sender.domain.plan.forecast import forecast
from services.sender.domain.plan.outlook import Outlook
from services.sender.domain.plan.quotas import MailboxQuota
from services.sender.domain.plan.rooms import DayTerms
from services.sender.domain.plan.simulation import Simulation
from services.sender.domain.sending import SendTiming
from services.sender.domain.windows import ALWAYS, OFFICE_HOURS, is_open

TIMING = SendTiming(call_deadline_s=10, provider_timeout_s=30, sending_lease_s=60, claim_lease_s=120)
NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
BOX = UsableMailbox(UUID(int=11), "corofy.example", MailboxQuota(None))
CAMPAIGN = PlannedCampaign(UUID(int=1), 400, 1, OFFICE_HOURS, (BOX.id,))
ZONES = (("Europe/Berlin", "DE"), ("America/New_York", "US"), ("Asia/Kathmandu", "NP"), ("Australia/Lord_Howe", "AU"))


def people(many: int, *, domains: int = 1_000_000) -> list[Candidate]:
    return [
        Candidate(
            campaign_id=CAMPAIGN.id,
            enrolment_id=UUID(int=1000 + n),
            lead_id=UUID(int=n),
            recipient=f"a{n}@d{n % domains}.example",
            domain=f"d{n % domains}.example",
            position=n,
            mailbox_id=None,
            time_zone=ZONES[n % 4][0],
            country=ZONES[n % 4][1],
            subdivision="",
        )
        for n in range(many)
    ]


def outlook(waiting: list[Candidate], *, quota: int = 400, domain_quota: int | None = None) -> Outlook:
    terms = DayTerms(quota, domain_quota, 50)
    return Outlook(
        now=NOW,
        time_zone="Europe/Berlin",
        terms=terms,
        quota_today=quota,
        pause=timedelta(days=3),
        call=timedelta(seconds=TIMING.call_s),
        campaigns=(CAMPAIGN,),
        mailboxes=(BOX,),
        waiting=Crowd(waiting),
        held=(),
    )


@given(
    many=st.integers(1, 60),
    quota=st.integers(1, 20),
    domain_quota=st.sampled_from((None, 1, 3)),
    rates=st.tuples(st.floats(0, 0.4), st.floats(0, 0.3), st.floats(0, 0.3)),
    seed=st.integers(0, 5),
)
@settings(deadline=None, max_examples=60)
def test_every_lead_ends_once_within_the_quota_and_its_hours(
    many: int, quota: int, domain_quota: int | None, rates: tuple[float, float, float], seed: int
) -> None:
    """Red when a lead is written to twice or lost, a day goes over its quota or a domain's, or a call leaves its hours."""
    faults = Faults(*rates, seed=seed)
    seen = outlook(people(many, domains=5), quota=quota, domain_quota=domain_quota)
    run = dry_run(seen, CAMPAIGN.id, faults=faults, timing=TIMING)
    assert run.left == 0
    assert sum(day.sent + day.failed + day.unknown for day in run.days) == many
    assert all(day.sent + day.unknown <= quota for day in run.days)
    for day in Simulation(seen).days(366):
        assert all(is_open(OFFICE_HOURS, one.who, since=one.at, seconds=TIMING.call_s) for one in day.sends)
        domains = Counter(one.who.domain for one in day.sends)
        assert domain_quota is None or all(n <= domain_quota for n in domains.values())


def test_leads_go_by_their_place_in_the_list_although_others_are_asleep() -> None:
    """Red when grouping by place loses the order of the list."""
    noon = replace(outlook(people(40), quota=4), now=NOW.replace(hour=12))
    days = list(Simulation(noon).days(2))
    firsts = [one.who.position for one in sorted(days[0].sends, key=lambda one: one.who.position)]
    assert firsts == [0, 1, 3, 4], "it is evening in Kathmandu, where every fourth lead is, until the day ends"


def test_who_is_deferred_goes_again_the_same_day_if_its_hours_last() -> None:
    """Red when a deferral costs a day, or is never tried again."""
    waiting = [replace(who, time_zone="Europe/Berlin", country="DE") for who in people(50)]
    run = dry_run(outlook(waiting), CAMPAIGN.id, faults=Faults(deferred=0.5), timing=TIMING)
    assert run.days[0].deferred > 10
    assert run.days[0].sent > 40
    assert sum(day.sent for day in run.days) == 50


def test_the_same_seed_fails_the_same_mails_and_another_one_others() -> None:
    """Red when a dry run cannot be looked at twice."""
    faults = Faults(deferred=0.2, refused=0.1, unknown=0.1)
    seen = outlook(people(80))
    runs = [dry_run(seen, CAMPAIGN.id, faults=one, timing=TIMING) for one in (faults, faults, replace(faults, seed=1))]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_suppressed_leads_take_no_slot_and_are_counted() -> None:
    """Red when a dry run promises mail to somebody who must not be written to."""
    waiting = [replace(who, suppressed=n < 3) for n, who in enumerate(people(8))]
    run = dry_run(outlook(waiting), CAMPAIGN.id, faults=Faults(), timing=TIMING)
    assert (run.stopped, sum(day.sent for day in run.days), run.left) == (3, 5, 0)


def test_without_a_mailbox_nothing_leaves_and_everybody_is_left() -> None:
    """Red when a calendar promises mail that nothing can send."""
    seen = replace(outlook(people(5)), mailboxes=())
    found = forecast(seen, days=3)
    assert [day.campaigns for day in found.days] == [(), (), ()]
    assert found.left == 5


@pytest.mark.parametrize("domains", [1_000_000, 20])
def test_a_week_of_a_long_list_is_a_matter_of_a_second(domains: int) -> None:
    """Red when what keeps one lead of a kind is asked for each of them: a full domain or a weekend would take minutes."""
    seen = outlook(people(20_000, domains=domains), domain_quota=10)
    begun = time.process_time()
    found = forecast(seen, days=7)
    assert time.process_time() - begun < 10
    assert found.left > 17_000


def test_windows_that_are_always_open_send_at_once() -> None:
    """Red when a campaign at any hour waits for nine o'clock."""
    seen = replace(outlook(people(3)), campaigns=(replace(CAMPAIGN, window=ALWAYS),))
    run = dry_run(seen, CAMPAIGN.id, faults=Faults(), timing=TIMING)
    assert run.first_at == run.last_at == NOW
