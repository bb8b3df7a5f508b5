"""Days as the planner lays them out on a real Postgres: hours, mailboxes, domains, carry-over, and when it looks again."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from libs.common.ids import new_id
from services.sender.domain.sending import Accepted, Deferred, Unknown
from services.sender.domain.windows import OFFICE_HOURS
from services.sender.repositories import planning
from services.sender.repositories.claims import Claim
from services.sender.repositories.sending_settings import load_settings
from services.sender.tables import (
    campaign_mailboxes,
    campaigns,
    daily_plans,
    emails,
    enrolments,
    mailboxes,
    slots,
    workspaces,
)
from services.sender.use_cases.change_sending_settings import change_sending_settings
from tests.integration.sender.outlook import forecast
from tests.integration.sender.world import MORNING, TIMING, World, recipient

ACCEPTED = Accepted("250 OK")
NINE, FIVE = MORNING.replace(hour=9), MORNING.replace(hour=17)


async def planned(world: World) -> list[sa.RowMapping]:
    """The assigned slots with their emails, in the order in which they are due."""
    query = (
        sa.select(slots, emails.c.recipient, emails.c.step, enrolments.c.position)
        .join(emails, emails.c.id == slots.c.email_id)
        .join(enrolments, enrolments.c.id == emails.c.enrolment_id)
        .where(slots.c.workspace_id == world.workspace_id, slots.c.state == "assigned")
        .order_by(slots.c.due_at, slots.c.number)
    )
    async with world.open_uow() as uow:
        return list((await uow.conn.execute(query)).mappings())


async def due(world: World) -> tuple[datetime | None, bool]:
    """When the workspace is planned next by itself, and whether it is due."""
    async with world.open_uow() as uow:
        query = sa.text("SELECT due_at FROM sender.planning_dues WHERE workspace_id = :w")
        at = (await uow.conn.execute(query, {"w": world.workspace_id})).scalar_one()
        return at, world.workspace_id in await planning.due(uow.conn, now=world.now, limit=10_000)


async def office(world: World, *, leads: int, quota: int | None = None) -> World:
    """A started and planned campaign with office hours in UTC."""
    rows = [recipient(n) for n in range(1, leads + 1)]
    await world.draft(await world.list_of(*rows), quota=quota, window=OFFICE_HOURS)
    await world.start()
    await world.plan()
    return world


async def add_mailbox(world: World, **more: object) -> UUID:
    """A sandboxed mailbox of the workspace's own, for its campaign."""
    mailbox_id = new_id()
    row = {"id": mailbox_id, "workspace_id": world.workspace_id, "key": str(mailbox_id), "sandboxed": True}
    row |= {"address": f"{mailbox_id}@own.example", "provider": "sandbox", **more}
    await world.run(mailboxes.insert().values(**row))
    await world.run(campaign_mailboxes.insert().values(campaign_id=world.campaign_id, mailbox_id=mailbox_id))
    return mailbox_id


async def change(world: World, **values: object) -> None:
    await world.run(workspaces.update().where(workspaces.c.id == world.workspace_id).values(**values))


async def send_all_due(world: World) -> list[str]:
    """Claim and send what is due now; answers to whom, in the order of the claims."""
    sent: list[str] = []
    while claims := await world.claim(50):
        for claim in claims:
            assert (await world.begin(claim)).state == "go"
            await world.record(claim, ACCEPTED)
            sent.append(claim.recipient)
    return sent


async def test_mails_are_due_over_the_working_hours_and_no_earlier(world: World) -> None:
    """Red when the plan's hours do not reach the slots, or when a claim takes what is not due."""
    await office(world, leads=40)
    rows = await planned(world)
    assert [row["position"] for row in rows] == list(range(1, 41))
    assert all(NINE <= row["due_at"] <= FIVE - timedelta(seconds=TIMING.call_s) for row in rows)
    assert {row["closes_at"] for row in rows} == {FIVE}
    assert await world.claim(50) == []
    world.now = rows[9]["due_at"]
    assert len(await world.claim(50)) == 10


async def test_nothing_is_claimed_that_could_be_accepted_after_the_window(world: World) -> None:
    """Rule re_window: red when a claim does not add call deadline and provider timeout to the hours."""
    await office(world, leads=2)
    world.now = FIVE - timedelta(seconds=TIMING.call_s)
    first = await world.claim_one()
    world.later(microseconds=1)
    assert await world.claim() == []
    assert (await world.begin(first)).reason == "window_closed"


async def test_a_claim_that_waited_until_the_window_closed_is_not_begun(world: World) -> None:
    """Rule re_window: red when begin_sending looks at the day's end only. (Model C: accepted outside the window.)"""
    await office(world, leads=3, quota=1)
    world.now = FIVE - timedelta(minutes=5)
    claim = await world.claim_one()
    world.now = FIVE - timedelta(seconds=TIMING.call_s - 1)
    assert (await world.begin(claim)).reason == "window_closed"
    assert await world.state_of(claim) == "planned"
    assert await world.slot_states() == {"free": 1}, "or it would be claimed and given back for ever"


async def test_a_window_that_was_narrowed_after_the_plan_holds_for_what_is_planned(world: World) -> None:
    """Rule re_window: red when begin_sending trusts the hours that were planned with."""
    await office(world, leads=1)
    world.now = FIVE - timedelta(minutes=5)
    claim = await world.claim_one()
    await world.run(campaigns.update().where(campaigns.c.id == world.campaign_id).values(window_to_min=960))
    assert (await world.begin(claim)).reason == "window_closed"


async def test_what_missed_its_window_heads_the_plan_of_tomorrow(world: World) -> None:
    """Red when a lead that was planned and not sent queues behind leads that were not planned yet."""
    await office(world, leads=6, quota=2)
    assert [row["position"] for row in await planned(world)] == [1, 2]
    world.now = FIVE
    assert await world.plan() == 0, "nobody's hours are left today"
    assert await planned(world) == []
    world.now = MORNING + timedelta(days=1)
    assert await world.plan() == 2
    assert [row["position"] for row in await planned(world)] == [1, 2]
    async with world.open_uow() as uow:
        made = sa.select(sa.func.count()).where(emails.c.workspace_id == world.workspace_id)
        assert (await uow.conn.execute(made)).scalar_one() == 2, "and no mail is made twice"


async def test_leads_who_cannot_be_sent_to_today_are_passed_over_and_sleep(world: World) -> None:
    """Red when a closed window costs a slot, or when each planning reads all those leads again."""
    mondays = replace(OFFICE_HOURS, days=frozenset({1}))
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 5))), quota=2, window=mondays)
    await world.start()
    away = sa.and_(enrolments.c.campaign_id == world.campaign_id, enrolments.c.position <= 2)
    await world.run(enrolments.update().where(away).values(time_zone="Pacific/Kiritimati"))
    assert await world.plan() == 2
    assert [row["position"] for row in await planned(world)] == [3, 4]
    query = sa.select(enrolments.c.wakes_at).where(away)
    async with world.open_uow() as uow:
        wake = set((await uow.conn.execute(query)).scalars())
    assert wake == {datetime(2027, 3, 7, 19, tzinfo=UTC)}, "nine o'clock of their next Monday"


async def test_a_mailbox_gets_no_more_than_its_ramp_and_the_others_take_the_rest(world: World) -> None:
    """Red when a mailbox's own quota is not asked, or when its rest is lost."""
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 31))))
    ramping = await add_mailbox(
        world, daily_quota=20, ramp_from=3, ramp_step=4, ramp_started=world.now.date() - timedelta(days=1)
    )
    await world.run(mailboxes.update().where(mailboxes.c.id == world.mailbox_id).values(daily_quota=5))
    await world.start()
    assert await world.plan() == 12
    assert Counter(row["mailbox_id"] for row in await planned(world)) == {ramping: 7, world.mailbox_id: 5}


async def test_what_was_planned_for_a_paused_mailbox_leaves_by_another(world: World) -> None:
    """Red when a paused mailbox keeps the slots of leads that nobody has written to."""
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 11))), quota=10)
    spare = await add_mailbox(world)
    await world.start()
    await world.plan()
    assert len(Counter(row["mailbox_id"] for row in await planned(world))) == 2
    pause = {"state": "paused", "paused_reason": "person"}
    await world.run(mailboxes.update().where(mailboxes.c.id == spare).values(**pause))
    await world.plan()
    assert Counter(row["mailbox_id"] for row in await planned(world)) == {world.mailbox_id: 10}


async def test_a_mailbox_that_is_paused_after_the_claim_sends_nothing(world: World) -> None:
    """Rule re_pause for mailboxes: red when begin_sending does not look at the mailbox again."""
    await world.running(leads=1)
    claim = await world.claim_one()
    pause = {"state": "paused", "paused_reason": "person"}
    await world.run(mailboxes.update().where(mailboxes.c.id == world.mailbox_id).values(**pause))
    assert (await world.begin(claim)).reason == "mailbox_paused"
    await world.plan()
    assert await world.claim() == []


async def test_a_lead_stays_with_the_mailbox_that_has_written_to_it(world: World) -> None:
    """Red when a deferred mail, which may have been seen, leaves by another mailbox the next time."""
    await world.running(leads=1)
    claim = await world.claim_one()
    await world.begin(claim)
    await world.record(claim, Deferred("451 later"))
    await add_mailbox(world)
    pause = {"state": "paused", "paused_reason": "person"}
    await world.run(mailboxes.update().where(mailboxes.c.id == world.mailbox_id).values(**pause))
    world.later(hours=1)
    assert await world.plan() == 0
    await world.run(
        mailboxes.update().where(mailboxes.c.id == world.mailbox_id).values(state="active", paused_reason=None)
    )
    assert await world.plan() == 1
    assert [row["mailbox_id"] for row in await planned(world)] == [world.mailbox_id]


async def test_a_mail_that_stays_with_another_mailbox_is_planned_while_its_campaigns_own_have_no_room(
    world: World,
) -> None:
    """Red when a campaign is passed over once none of its own mailboxes has room, and when its first mails are not."""
    await world.running(leads=2, quota=1)
    claim = await world.claim_one()
    await world.begin(claim)
    await world.record(claim, Deferred("451 later"))
    ramp = {"ramp_from": 1, "ramp_step": 1, "ramp_started": world.now.date() + timedelta(days=30)}
    fresh = await add_mailbox(world, **ramp)
    moved = campaigns.update().where(campaigns.c.id == world.campaign_id)
    await world.run(moved.values(mailbox_id=fresh, daily_quota=5))
    world.later(hours=1)
    (today,) = (await forecast(world, days=1)).days
    assert [one.first_emails for one in today.campaigns] == [1], "the forecast says what the plan then does"
    assert await world.plan() == 1
    assert [(row["email_id"], row["mailbox_id"]) for row in await planned(world)] == [
        (claim.email_id, world.mailbox_id)
    ]


async def test_a_domain_gets_no_more_than_its_quota_a_day(world: World) -> None:
    """Red when the domain's count forgets what was sent this morning, or is not asked at all."""
    same = [recipient(n, email=f"p{n}@big.example") for n in range(1, 6)]
    await change(world, domain_quota=2)
    await world.draft(await world.list_of(*same, recipient(6)))
    await world.start()
    assert await world.plan() == 3
    assert len(await send_all_due(world)) == 3
    assert await world.plan() == 0
    world.later(days=1)
    assert await world.plan() == 2


async def test_a_second_campaign_waits_for_the_pause_between_campaigns(world: World) -> None:
    """Red when a lead hears from two campaigns within the pause."""
    await change(world, campaign_pause_days=2)
    await world.running(leads=1)
    await send_all_due(world)
    await world.plan()
    sent_at = world.now
    await another_text(world)
    assert await world.plan() == 0
    world.now = sent_at + timedelta(days=1, hours=2)
    assert await world.plan() == 0
    world.now = sent_at + timedelta(days=1, hours=17)
    assert await world.plan() == 1, "it is planned for the hour at which the pause is over"
    (row,) = await planned(world)
    assert row["due_at"] == sent_at + timedelta(days=2)


async def another_text(world: World) -> None:
    """Another campaign with another mail for the same person."""
    await world.draft(await world.list_of(recipient(1)))
    await world.run(campaigns.update().where(campaigns.c.id == world.campaign_id).values(subject="Another word"))
    await world.start()


async def step_two(world: World, claim: Claim, *, due_at: datetime) -> UUID:
    """The mail of a later step, as whoever plans sequences makes it."""
    async with world.open_uow() as uow:
        row = dict((await uow.conn.execute(sa.select(emails).where(emails.c.id == claim.email_id))).mappings().one())
        email_id = new_id()
        del row["stage"]  # Postgres derives it
        row |= {"id": email_id, "step": 2, "state": "planned", "message_id": f"<{email_id}@x>", "due_at": due_at}
        row |= {"fencing_token": 0, "attempts": 0, "lease_until": None, "ended_at": None, "created_at": world.now}
        await uow.conn.execute(emails.insert().values(**row))
    return email_id


async def test_a_later_step_is_planned_when_it_is_due_and_ends_the_enrolment_when_it_was_sent(world: World) -> None:
    """Red when step 1 ends an enrolment that has more to come, or when step 2 does not wait for its time."""
    await world.running(leads=1)
    claim = await world.claim_one()
    await world.begin(claim)
    await step_two(world, claim, due_at=world.now + timedelta(days=2))
    await world.record(claim, ACCEPTED)
    assert await world.plan() == 0
    world.later(days=2, minutes=1)
    assert await world.plan() == 1
    assert [(c.step, c.recipient) for c in await world.claim()] == [(2, claim.recipient)]
    assert await world.enrolment_states() == {("active", None): 1}


async def test_a_later_step_waits_while_an_earlier_one_is_unknown(world: World) -> None:
    """Red when the planner, or a send that was claimed before, looks at its own step only."""
    await world.running(leads=1)
    claim = await world.claim_one()
    await world.begin(claim)
    await step_two(world, claim, due_at=world.now)
    await world.record(claim, Unknown("lost after the final dot"))
    assert await world.plan() == 0
    await world.run(emails.update().where(emails.c.id == claim.email_id).values(state="sent"))
    assert await world.plan() == 1
    second = await world.claim_one()
    await world.run(emails.update().where(emails.c.id == claim.email_id).values(state="unknown"))
    assert (await world.begin(second)).reason == "earlier_step_open"


async def test_follow_ups_leave_room_for_first_mails(world: World) -> None:
    """Red when the share of follow-ups is not read from the workspace."""
    await world.running(leads=4, quota=4)
    first = await world.claim(4)
    for claim in first:
        await world.begin(claim)
        await step_two(world, claim, due_at=world.now + timedelta(hours=30))
        await world.record(claim, ACCEPTED)
    await change(world, follow_up_share=50, daily_quota=4)
    await world.run(campaigns.update().where(campaigns.c.id == world.campaign_id).values(daily_quota=100))
    await another_list(world)
    world.now = MORNING + timedelta(days=2)
    assert await world.plan() == 4
    assert Counter(row["step"] for row in await planned(world)) == {1: 2, 2: 2}


async def another_list(world: World) -> None:
    await world.draft(await world.list_of(*(recipient(n) for n in range(50, 60))))
    await world.start()


async def test_campaigns_share_by_weight(world: World) -> None:
    """Red when the weights of campaigns are not read."""
    await change(world, daily_quota=12)
    heavy = await world.draft(await world.list_of(*(recipient(n) for n in range(1, 21))))
    await world.run(campaigns.update().where(campaigns.c.id == heavy).values(weight=3))
    await world.start()
    await another_list(world)
    await world.plan()
    shares = Counter(row["campaign_id"] for row in await planned(world))
    assert shares == {heavy: 9, world.campaign_id: 3}


async def test_a_workspace_is_planned_when_something_changes_and_not_before(world: World) -> None:
    """Red when planning looks at workspaces in which nothing has happened, or misses that something has."""
    await office(world, leads=3)
    assert await due(world) == (FIVE, False)
    await world.pause()
    at, is_due = await due(world)
    assert is_due or at is not None
    await world.plan()
    assert (await due(world))[0] is None, "a paused campaign has nothing to plan"
    await world.start()
    await world.plan()
    world.now = FIVE + timedelta(minutes=1)
    assert (await due(world))[1], "what missed its window gives its slots back"
    await world.plan()
    assert (await due(world))[0] == MORNING.replace(hour=0) + timedelta(days=1)


async def test_somebody_who_asks_while_a_plan_is_made_is_not_forgotten(world: World) -> None:
    """Red when the planner puts the next time down without looking whether it was asked since it read."""
    await office(world, leads=3)
    async with world.open_uow() as planner:
        seen = await planning.asks(planner.conn, world.workspace_id)
        async with world.open_uow() as other:
            await planning.ask(other.conn, world.workspace_id)
        await planning.plan_next(planner.conn, world.workspace_id, at=FIVE, seen=seen)
    at, _ = await due(world)
    assert at is not None
    assert at != FIVE


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", datetime(2027, 3, 28, 12, tzinfo=UTC), 23),
        ("Europe/Berlin", datetime(2027, 10, 31, 12, tzinfo=UTC), 25),
    ],
)
async def test_a_day_of_any_length_has_one_quota(world: World, zone: str, day: datetime, hours: int) -> None:
    """Red when the day of a quota is 24 hours, whatever the clocks do."""
    await change(world, time_zone=zone)
    world.now = day
    await world.running(leads=9, quota=4)
    assert len(await send_all_due(world)) == 4
    async with world.open_uow() as uow:
        mine = sa.select(daily_plans).where(daily_plans.c.workspace_id == world.workspace_id)
        row = (await uow.conn.execute(mine)).one()
    assert row.ends_at - row.starts_at == timedelta(hours=hours)
    world.now = row.ends_at - timedelta(minutes=5)
    assert await world.plan() == 0
    world.now = row.ends_at
    assert await world.plan() == 4


@pytest.mark.parametrize(("hour", "more"), [(12, 0), (10, 4)])
async def test_a_workspace_that_moves_to_another_zone_gets_no_second_quota(world: World, hour: int, more: int) -> None:
    """P4: red when a new date brings a whole quota, although mails have left since its midnight (eleven o'clock in UTC)."""
    world.now = MORNING.replace(hour=hour)
    await change(world, daily_quota=4)
    await world.running(leads=9, quota=9)
    assert len(await send_all_due(world)) == 4
    await change(world, time_zone="Pacific/Auckland")
    world.now = MORNING.replace(hour=13)
    assert await world.plan() == more


async def test_who_sleeps_is_woken_when_the_workspace_changes_its_terms(world: World) -> None:
    """Red when a domain's quota that was raised at noon waits for tomorrow."""
    same = [recipient(n, email=f"p{n}@big.example") for n in range(1, 6)]
    await change(world, domain_quota=2)
    await world.draft(await world.list_of(*same))
    await world.start()
    assert await world.plan() == 2
    async with world.open_uow() as uow:
        told = await load_settings(uow.conn, world.workspace_id)
        await change_sending_settings(uow, replace(told, domain_quota=4), workspace_id=world.workspace_id)
    assert await world.plan() == 2


@pytest.mark.parametrize("deleted", [False, True])
async def test_a_campaign_takes_leads_over_only_from_one_that_has_no_mailbox_any_more(
    world: World, deleted: bool
) -> None:
    """Red when a second mailbox ends the campaigns of the first, or when a deleted one holds its leads for ever."""
    await world.running(leads=2)
    own = await add_mailbox(world)
    await world.run(campaign_mailboxes.delete().where(campaign_mailboxes.c.campaign_id == world.campaign_id))
    await world.run(campaigns.update().where(campaigns.c.id == world.campaign_id).values(mailbox_id=own))
    second = await add_mailbox(world)
    await world.run(campaign_mailboxes.delete().where(campaign_mailboxes.c.campaign_id == world.campaign_id))
    if deleted:
        await world.run(mailboxes.update().where(mailboxes.c.id == own).values(deleted_at=world.now))
    world.mailbox_id = second
    await world.draft(await world.list_of(recipient(1), recipient(9)))
    await world.start()
    states = await world.enrolment_states()
    assert states[("stopped", "mailbox_changed")] == deleted
    assert states[("excluded", "in_another_campaign")] == (not deleted)
