"""Explanations: the words of the gate and of the planner, and never others."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.sender.domain.days import day_at
from services.sender.domain.explaining import SENTENCES, explain_gate, explain_plan, plan_today
from services.sender.domain.plan.candidates import Candidate, PlannedCampaign, UsableMailbox, waiting_of
from services.sender.domain.plan.crowds import Crowd
from services.sender.domain.plan.laying_out import lay_out
from services.sender.domain.plan.outlook import Outlook
from services.sender.domain.plan.quotas import MailboxQuota
from services.sender.domain.plan.rooms import DayTerms, room_of, shares_of
from services.sender.domain.sending import Facts, Go, SendTiming, decide
from services.sender.domain.windows import ALWAYS, OFFICE_HOURS

TIMING = SendTiming(call_deadline_s=10, provider_timeout_s=30, sending_lease_s=60, claim_lease_s=120)
CALL, PAUSE, HOUR = timedelta(seconds=40), timedelta(days=3), timedelta(hours=1)
HOURS = (None, None, -80, -70, -30, -1, 1, 5, 20, 40)
BOX = UsableMailbox(UUID(int=11), "corofy.example", MailboxQuota(7))
ZONES = (("Europe/Berlin", "DE"), ("America/Los_Angeles", "US"), ("Asia/Kolkata", "IN"), ("UTC", ""))
CAMPAIGNS = (
    PlannedCampaign(UUID(int=1), 4, 1, OFFICE_HOURS, (BOX.id,)),
    PlannedCampaign(UUID(int=2), 9, 2, ALWAYS, (BOX.id,)),
    PlannedCampaign(UUID(int=3), 1, 1, OFFICE_HOURS, (BOX.id,)),
)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    flags = {name: draw(st.booleans()) for name in Facts.__dataclass_fields__ if name != "day_ends_at"}
    return Facts(**flags, day_ends_at=draw(st.one_of(st.none(), st.just(datetime(2027, 3, 2, tzinfo=UTC)))))


@given(facts=facts(), minute=st.integers(0, 1440))
def test_what_the_gate_says_is_what_a_person_is_told(facts: Facts, minute: int) -> None:
    """Red when the gate refuses a mail for a reason that the explanation has not, in whatever order they are asked."""
    now = datetime(2027, 3, 1, tzinfo=UTC) + timedelta(minutes=minute)
    verdict, told = decide(facts, now=now, timing=TIMING), explain_gate(facts, now=now, timing=TIMING)
    hour = not isinstance(verdict, Go) and verdict.reason in {"day_over", "window_closed"}
    if isinstance(verdict, Go) or hour:
        assert told is None
    else:
        assert told is not None
        assert told.code == verdict.reason
        assert told.sentence


def test_every_reason_of_the_gate_has_its_sentence() -> None:
    """Red when a reason is added to the gate and nobody can read it."""
    good = Facts(False, True, True, True, False, True, False, False, True, datetime(2027, 3, 2, tzinfo=UTC))
    now = datetime(2027, 3, 1, tzinfo=UTC)
    assert isinstance(decide(good, now=now, timing=TIMING), Go)
    turned = [
        replace(good, **{name: not getattr(good, name)})
        for name in Facts.__dataclass_fields__
        if name not in {"day_ends_at", "sandboxed_mailbox", "sandboxed_lead"}
    ]
    for one in [*turned, replace(good, sandboxed_lead=True, sandboxed_mailbox=False)]:
        verdict = decide(one, now=now, timing=TIMING)
        assert not isinstance(verdict, Go)
        assert verdict.reason in SENTENCES


@st.composite
def crowds(draw: st.DrawFn) -> Outlook:
    """A day with campaigns that share it, and people who wait in them."""
    now = datetime(2027, 3, 1, tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 150)))
    people: list[Candidate] = []
    for position in range(draw(st.integers(1, 25))):
        zone, country = draw(st.sampled_from(ZONES))
        domain = draw(st.sampled_from(("one.example", "two.example", f"own{position}.example")))
        made = draw(st.booleans())
        elsewhere, due = draw(st.sampled_from(HOURS)), draw(st.sampled_from(HOURS))
        who = Candidate(
            campaign_id=draw(st.sampled_from(CAMPAIGNS)).id,
            enrolment_id=UUID(int=1000 + position),
            lead_id=UUID(int=2000 + position),
            recipient=f"a{position}@{domain}",
            domain=domain,
            position=position,
            mailbox_id=draw(st.sampled_from((None, None, BOX.id, UUID(int=99)))),
            time_zone=zone,
            country=country,
            subdivision="",
            written_elsewhere_at=now + elsewhere * HOUR if elsewhere else None,
            email_id=UUID(int=3000 + position) if made else None,
            due_at=now + due * HOUR if made and due else None,
            deferred=made,
        )
        people.append(who)
    terms = DayTerms(draw(st.integers(1, 12)), draw(st.sampled_from((None, 1, 2))), 50)
    return Outlook(now, "UTC", terms, terms.quota, PAUSE, CALL, CAMPAIGNS, (BOX,), Crowd(people), ())


@given(outlook=crowds())
@settings(deadline=None, max_examples=80)
def test_whoever_the_planner_passed_over_is_told_why_and_never_that_it_is_next(outlook: Outlook) -> None:
    """Red when the plan has room for somebody who is told to wait, or passes over one who is told that it is next."""
    today = plan_today(outlook)
    windows = {one.id: one.window for one in outlook.campaigns}
    day = day_at(outlook.now, time_zone="UTC")
    whole = lay_out(
        [waiting_of(who, window=windows[who.campaign_id], hours=today.hours, pause=PAUSE) for who in outlook.waiting],
        shares=shares_of(outlook.campaigns, ()),
        room=room_of(outlook.mailboxes, (), day=day.date, terms=outlook.terms, free=outlook.quota_today),
        day=day.date,
        since=outlook.now,
        until=day.ends_at,
        call=CALL,
    )
    assert len(today.plan.given) == len(whole.assignments)
    for who in outlook.waiting:
        told = explain_plan(who, windows[who.campaign_id], today=today, hours=today.hours)
        assert (told.code == "waits_for_plan") == (who.enrolment_id in today.plan.given) or told.code in RESTING
        assert told.code in SENTENCES
        assert told.next_at is None or told.next_at >= outlook.now


RESTING = {"deferred", "between_campaigns", "follow_up_waits"}
