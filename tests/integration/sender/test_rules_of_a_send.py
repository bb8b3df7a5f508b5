"""Each rule of the send protocol on its own: the trace that breaks a promise without it. Times are the test's."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from services.sender.domain.sending import Accepted, Deferred, NotCalled, Refused, SendTiming, Unknown
from services.sender.repositories import plan
from services.sender.tables import campaigns, emails, enrolments, slots
from services.sender.use_cases.claim_emails import give_back_claims
from services.sender.use_cases.send_emails import send_emails
from tests.integration.sender.world import TIMING, Post, World, recipient
from tests.support.waiting import eventually

ACCEPTED = Accepted("250 OK")


async def test_a_claimer_whose_claim_was_taken_over_cannot_begin(world: World) -> None:
    """Rule fencing: red when begin_sending does not compare the token."""
    await world.running(leads=1)
    slow = await world.claim_one()
    world.later(seconds=TIMING.claim_lease_s + 1)
    fast = await world.claim_one()
    assert fast.token == slow.token + 1
    assert (await world.begin(slow)).state == "lost"
    assert (await world.begin(fast)).state == "go"
    assert (await world.begin(slow)).state == "lost"


async def test_an_outcome_of_an_older_token_is_not_written(world: World) -> None:
    """Rule fencing: red when record_outcome does not compare the token."""
    await world.running(leads=1)
    first = await world.claim_one()
    await world.begin(first)
    await world.record(first, NotCalled())
    await world.plan()
    second = await world.claim_one()
    await world.begin(second)
    assert await world.record(first, Refused("550 late news")) is None
    assert await world.state_of(second) == "sending"


async def test_two_who_hold_the_same_claim_begin_only_once(world: World) -> None:
    """Rule slot_write: red when begin_sending reads the slot instead of writing it, or leaves the email claimed."""
    await world.running(leads=1)
    claim = await world.claim_one()
    begun = await asyncio.gather(*(world.begin(claim) for _ in range(4)))
    assert sorted(b.state for b in begun) == ["go", "lost", "lost", "lost"]
    assert await world.slot_states() == {"used": 1}


async def test_a_mail_that_somebody_has_had_from_another_campaign_is_not_sent_again(world: World) -> None:
    """P3: red when begin_sending does not look for it (here the first one is known to have left only after Start)."""
    await world.running(leads=1)
    await send_emails(world.context, Post(), stopping=lambda: False)
    await world.run(emails.update().where(emails.c.campaign_id == world.campaign_id).values(state="failed"))
    first = world.campaign_id
    await world.running(leads=1)
    claim = await world.claim_one()
    await world.run(emails.update().where(emails.c.campaign_id == first).values(state="sent"))
    assert (await world.begin(claim)).reason == "already_sent"
    assert await world.state_of(claim) == "cancelled"
    assert (await world.slot_states())["free"] == 1


async def test_a_slot_that_is_being_moved_while_a_send_begins_is_not_used(world: World) -> None:
    """Rule slot_write: red when `use_slot` is a SELECT: it would read the slot as it was before the move committed."""
    await world.running(leads=1, quota=1)
    claim = await world.claim_one()
    async with world.open_uow() as mover:
        await plan.release_assigned(mover.conn, slots.c.email_id == claim.email_id, today=world.now.date())
        beginning = asyncio.create_task(world.begin(claim))
        await eventually(world.somebody_waits)
    assert (await beginning).reason == "no_slot"
    assert await world.state_of(claim) == "planned"
    assert await world.slot_states() == {"free": 1}


async def test_somebody_who_unsubscribes_after_the_claim_gets_no_mail(world: World) -> None:
    """Rule re_suppress: red when begin_sending does not look at the suppressions again."""
    await world.running(leads=2, quota=1)
    claim = await world.claim_one()
    await world.suppress(claim.recipient.upper())
    assert (await world.begin(claim)).state == "dropped"
    assert await world.state_of(claim) == "suppressed"
    assert await world.plan() == 1, "the slot goes to the next lead"
    assert (await world.claim_one()).recipient != claim.recipient


async def test_a_pause_holds_for_what_is_claimed_already(world: World) -> None:
    """Rule re_pause: red when begin_sending does not look at the campaign again."""
    await world.running(leads=1)
    claim = await world.claim_one()
    await world.run(campaigns.update().where(campaigns.c.id == world.campaign_id).values(state="paused"))
    assert (await world.begin(claim)).reason == "campaign_paused"
    assert await world.state_of(claim) == "planned"


async def test_an_enrolment_that_ended_after_the_claim_gets_no_mail(world: World) -> None:
    """Rule re_stop: red when begin_sending does not look at the enrolment again (a reply, a bounce, an erasure)."""
    await world.running(leads=1)
    claim = await world.claim_one()
    await world.run(enrolments.update().where(enrolments.c.id == claim.enrolment_id).values(state="stopped"))
    assert (await world.begin(claim)).reason == "enrolment_ended"
    assert await world.state_of(claim) == "cancelled"
    assert await world.slot_states() == {"free": 1}


@pytest.mark.parametrize("planned_again", [False, True])
async def test_a_claim_of_yesterday_does_not_use_a_slot_of_yesterday(world: World, planned_again: bool) -> None:
    """Rule re_slot: red when begin_sending takes the email's slot of any day."""
    world.now = datetime(2027, 3, 1, 23, 58, 50, tzinfo=UTC)
    await world.running(leads=1, quota=1)
    claim = await world.claim_one()
    world.later(minutes=2)
    if planned_again:
        await world.plan()
    begun = await world.begin(claim)
    assert begun.state == "planned"
    assert (await world.slot_states())["used"] == 0


async def test_a_slot_of_another_day_is_never_used(world: World) -> None:
    """Rule re_slot: red when `use_slot` forgets the day: today's plan exists, the live slot is still yesterday's."""
    await world.running(leads=1, quota=1)
    claim = await world.claim_one()
    world.later(days=1)
    await world.run(
        sa.text(
            "INSERT INTO sender.daily_plans (workspace_id, day, quota, starts_at, ends_at)"
            " SELECT workspace_id, day + 1, quota, ends_at, ends_at + interval '1 day' FROM sender.daily_plans"
            " WHERE workspace_id = :workspace"
        ).bindparams(workspace=world.workspace_id)
    )
    assert (await world.begin(claim)).reason == "no_slot"
    assert await world.slot_states() == {"assigned": 1}


async def test_nothing_begins_that_could_still_be_accepted_tomorrow(world: World) -> None:
    """Rule re_window (the day's end): red when begin_sending does not add call deadline and provider timeout."""
    world.now = datetime(2027, 3, 1, 23, 55, tzinfo=UTC)
    await world.running(leads=2)
    claim, other = await world.claim(2)
    world.now = datetime(2027, 3, 2, tzinfo=UTC) - timedelta(seconds=TIMING.call_s)
    assert (await world.begin(claim)).state == "go"
    world.later(microseconds=1)
    assert (await world.begin(other)).reason == "day_over"
    assert await world.claim() == [], "there is no use in claiming what cannot begin"


async def test_a_worker_past_its_call_deadline_does_not_call(world: World) -> None:
    """Rule deadline: red when the sending loop does not pass its own deadline to the call."""
    await world.running(leads=1)
    watch = [0.0]
    post = Post(on_send=lambda: watch.__setitem__(0, watch[0] + TIMING.call_deadline_s + 0.1))
    context = replace(world.context, monotonic=lambda: watch[0])
    turn = await send_emails(context, post, stopping=lambda: False)
    assert turn.claimed == 1
    assert turn.slots_back
    assert post.accepted == []
    assert await world.states() == {"deferred": 1}
    assert await world.slot_states() == {"free": 1}


def test_a_lease_that_a_call_could_outlive_is_refused() -> None:
    """Rule lease_covers: red when SendTiming takes any lease."""
    with pytest.raises(ValueError, match="SEND_SENDING_LEASE_S"):
        SendTiming(call_deadline_s=10, provider_timeout_s=30, sending_lease_s=40, claim_lease_s=60)


async def test_a_send_is_not_called_unknown_while_it_may_still_be_accepted(world: World) -> None:
    """Rule lease_covers: red when the lease of `sending` ends before call deadline + provider timeout."""
    await world.running(leads=1)
    claim = await world.claim_one()
    await world.begin(claim)
    world.later(seconds=TIMING.call_s)
    await world.resolve()
    assert await world.state_of(claim) == "sending"
    world.later(seconds=TIMING.sending_lease_s)
    await world.resolve()
    assert await world.state_of(claim) == "unknown"


async def test_an_unknown_keeps_its_slot(world: World) -> None:
    """Rule unknown_keeps: red when record_of gives the slot back: two might be accepted on a quota of one."""
    await world.running(leads=2, quota=1)
    claim = await world.claim_one()
    await world.begin(claim)
    await world.record(claim, Unknown("lost after the final dot"))
    assert await world.slot_states() == {"used": 1}
    assert await world.plan() == 0
    assert await world.claim() == []


async def test_a_send_that_crashed_is_never_tried_again_by_itself(world: World) -> None:
    """Rule never_blind: red when the resolver, the planner or a claimer takes up `sending` or `unknown`."""
    await world.running(leads=1)
    claim = await world.claim_one()
    await world.begin(claim)
    world.later(seconds=TIMING.sending_lease_s + 1)
    await world.resolve()
    for _ in range(3):
        assert await world.plan() == 0
        assert await world.claim() == []
        world.later(days=1)
    assert await world.states() == {"unknown": 1}


async def test_the_owner_may_still_say_that_it_was_sent(world: World) -> None:
    """Rule truth_wins: red when record_outcome writes from `sending` only."""
    await world.running(leads=1)
    claim = await world.claim_one()
    await world.begin(claim)
    world.later(seconds=TIMING.sending_lease_s + 1)
    await world.resolve()
    assert await world.record(claim, ACCEPTED) is not None
    assert await world.states() == {"sent": 1}
    assert await world.slot_states() == {"used": 1}


async def test_the_owner_may_still_say_that_it_never_called(world: World) -> None:
    """Rule truth_wins: red when record_outcome writes from `sending` only."""
    await world.running(leads=1)
    claim = await world.claim_one()
    await world.begin(claim)
    world.later(seconds=TIMING.sending_lease_s + 1)
    await world.resolve()
    await world.record(claim, NotCalled())
    assert await world.slot_states() == {"free": 1}
    assert await world.plan() == 1


async def test_a_slot_does_not_come_back_on_another_day(world: World) -> None:
    """Rule same_day: red when `return_used` frees the slot whatever its day."""
    await world.running(leads=2, quota=1)
    claim = await world.claim_one()
    await world.begin(claim)
    world.later(days=1)
    await world.record(claim, Deferred("451 later"))
    assert await world.slot_states() == {"gone": 1}
    await world.plan()
    assert await world.slot_states() == {"gone": 1, "assigned": 1}, "today has its own one"


@pytest.mark.parametrize("outcome", [Refused("550 no"), Deferred("451 later"), NotCalled()])
async def test_a_slot_that_was_proven_unused_serves_the_next_lead_the_same_day(
    world: World, outcome: Refused | Deferred | NotCalled
) -> None:
    """Red when a proven non-acceptance keeps its slot."""
    await world.running(leads=2, quota=1)
    claim = await world.claim_one()
    await world.begin(claim)
    await world.record(claim, outcome)
    assert await world.slot_states() == {"free": 1}
    assert await world.plan() == 1


async def test_a_number_is_given_once_a_day_and_an_email_has_one_live_slot(world: World) -> None:
    """Rule unique_slot: red when the primary key or the unique index of `slots` goes."""
    await world.running(leads=2, quota=2)
    claim = await world.claim_one()
    row = {"workspace_id": world.workspace_id, "day": world.now.date(), "state": "assigned", "email_id": claim.email_id}
    row |= {"mailbox_id": claim.mailbox_id, "due_at": world.now, "closes_at": world.now + timedelta(hours=1)}
    with pytest.raises(IntegrityError, match="uq_slots_live_email"):
        await world.run(slots.insert().values(**row, number=3))
    with pytest.raises(IntegrityError, match="pk_slots"):
        await world.run(slots.insert().values(**row, number=1))


async def test_planners_that_run_at_once_give_away_the_quota_once(world: World) -> None:
    """Rule unique_slot: red when plan_day neither locks the workspace nor numbers its slots."""
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 31))), quota=20)
    assert await world.plan() == 0, "the day is laid out: what they race for is its slots"
    await world.start()
    assert sum(await asyncio.gather(*(world.plan() for _ in range(5)))) == 20
    assert await world.slot_states() == {"assigned": 20}


async def test_claimers_that_run_at_once_never_hold_the_same_email(world: World) -> None:
    """Red when claims do not skip or lock each other's rows."""
    await world.running(leads=40)
    batches = await asyncio.gather(*(world.claim(10) for _ in range(8)))
    held = [claim.email_id for batch in batches for claim in batch]
    assert len(held) == len(set(held)) == 40


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
async def test_a_claim_takes_no_more_than_its_limit(world: World, limit: int) -> None:
    """Red when the limit stands in a subquery of the UPDATE, which Postgres may run once for every row."""
    await world.running(leads=9)
    assert len(await world.claim(limit)) == limit
    assert (await world.states())["claimed"] == limit


async def test_a_claim_whose_claimer_died_is_planned_again(world: World) -> None:
    """Rule claim_expiry: red when nobody looks at the leases of claims."""
    await world.running(leads=1)
    dead = await world.claim_one()
    assert await world.claim() == []
    world.later(seconds=TIMING.claim_lease_s + 1)
    heir = await world.claim_one()
    assert (heir.email_id, heir.token) == (dead.email_id, dead.token + 1)


async def test_a_claim_writes_no_index(world: World) -> None:
    """Red when an index of `emails` names a column that a claim changes: each of a thousand claims then writes all of them."""
    async with world.open_uow() as uow:
        named = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'sender.emails'::regclass"
        indexes = list((await uow.conn.execute(sa.text(named))).scalars())
    changed = re.compile(r"\b(state|lease_until|fencing_token)\b")
    assert [index for index in indexes if changed.search(index)] == []


async def test_a_claim_of_before_is_left_to_its_heir(world: World) -> None:
    """Red when a batch whose lease ran out takes an email from whoever claimed it since."""
    await world.running(leads=1)
    claim = await world.claim_one()
    async with world.open_uow() as uow:
        await give_back_claims(uow, [claim], now=world.now)
    world.later(seconds=TIMING.claim_lease_s - 1)
    await world.claim_one()
    world.later(seconds=2)
    assert await world.claim() == []
    assert (await world.states())["claimed"] == 1


async def test_an_email_exists_once_for_each_enrolment_and_step(world: World) -> None:
    """Red when the unique index (enrolment, step) goes."""
    await world.running(leads=1)
    claim = await world.claim_one()
    again = sa.select(emails).where(emails.c.id == claim.email_id)
    async with world.open_uow() as uow:
        row = dict((await uow.conn.execute(again)).mappings().one())
    del row["stage"]  # Postgres derives it
    row |= {"id": world.workspace_id, "message_id": "<other@x>"}
    with pytest.raises(IntegrityError, match="uq_emails_enrolment_id_step"):
        await world.run(emails.insert().values(**row))
