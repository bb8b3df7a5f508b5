"""Zones of leads, calendars, dry runs and explanations, on the rows that the planner reads."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa

from libs.common.errors import Conflict, NotFound
from services.sender.domain.dry_run import Faults
from services.sender.domain.sending import Deferred, Unknown
from services.sender.domain.windows import ALWAYS, OFFICE_HOURS, Window
from services.sender.tables import METADATA, emails, mailboxes, recipients, workspaces
from services.sender.use_cases.change_window import change_window
from tests.integration.sender.outlook import causes, dry, forecast, lead_at, leads, live, next_due, send_due, why
from tests.integration.sender.world import World, recipient

SUNDAY = date(2027, 3, 7)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def started(world: World, *more: Mapping[str, object], window: Window = OFFICE_HOURS, quota: int = 400) -> World:
    """A started campaign with a lead for each, and their fields."""
    world.quota = quota
    rows = [recipient(n, **fields) for n, fields in enumerate(more, start=1)]
    await world.draft(await world.list_of(*rows), window=window)
    await world.start()
    return world


GERMAN, CALIFORNIAN, JAPANESE = {"country": "Germany"}, {"country": "US", "state": "CA"}, {"country": "Japan"}


async def change(world: World, window: Window) -> None:
    async with world.open_uow() as uow:
        await change_window(uow, workspace_id=world.workspace_id, campaign_id=world.campaign_id, window=window)


async def test_start_keeps_each_lead_s_zone_and_what_it_was_taken_from(world: World) -> None:
    """Red when a lead's zone is lost, so that its hours are the workspace's, or nobody can see why it has it."""
    await started(world, GERMAN, CALIFORNIAN, {"phone": "+81 3-3224-5000"}, {"city": "Paris"}, {})
    shown = [(row.time_zone, row.zone_source, row.country, row.subdivision) for row in await leads(world)]
    assert shown == [
        ("Europe/Berlin", "country", "DE", ""),
        ("America/Los_Angeles", "state", "US", "CA"),
        ("Asia/Tokyo", "phone", "JP", ""),
        ("Europe/Paris", "city", "FR", ""),
        ("UTC", "workspace", "", ""),
    ]


async def test_nobody_is_written_to_outside_their_working_hours(world: World) -> None:
    """P4: red when the plan or the gate lets a Californian be written to at night (the clocks: 08:00 UTC is midnight there)."""
    await started(world, GERMAN, CALIFORNIAN, JAPANESE)
    await live(world, days=3)
    query = sa.select(emails.c.recipient, emails.c.sending_at).where(emails.c.workspace_id == world.workspace_id)
    async with world.open_uow() as uow:
        sent = {row.recipient: row.sending_at.hour for row in await uow.conn.execute(query)}
    assert 8 <= sent["lead1@company1.example"] < 16
    assert sent["lead2@company2.example"] in {17, 18, 19, 20, 21, 22, 23, 0}
    assert sent["lead3@company3.example"] in range(8)


async def test_a_forecast_comes_true(world: World) -> None:
    """Red when forecast and planner have rules of their own: quota, hours, weekends and domains must agree day by day."""
    fields = [(GERMAN, CALIFORNIAN, JAPANESE, {})[n % 4] for n in range(24)]
    crowd = [{**one, "email": f"l{n}@crowd.example"} if n % 3 == 0 else one for n, one in enumerate(fields)]
    await started(world, *crowd, quota=5)
    await world.run(sa.update(workspaces).where(workspaces.c.id == world.workspace_id).values(domain_quota=1))
    await world.plan()
    await send_due(world)
    seen = await forecast(world)
    expected = {day.date: sum(one.first_emails for one in day.campaigns) for day in seen.days}
    assert seen.left == 0
    assert expected[SUNDAY] == 0
    assert await live(world, days=14) == +Counter(expected)


async def test_a_forecast_shares_the_days_among_campaigns_and_says_what_is_left(world: World) -> None:
    """Red when a campaign's calendar forgets that others have their share of the same days."""
    await started(world, *({} for _ in range(6)), window=ALWAYS, quota=4)
    first = world.campaign_id
    rows = [recipient(n, email=f"o{n}@other{n}.example") for n in range(1, 7)]
    await world.draft(await world.list_of(*rows))
    drafted = await forecast(world, days=2, campaign_id=world.campaign_id)
    shares = [{one.campaign_id: one.first_emails for one in day.campaigns} for day in drafted.days]
    assert shares == [{first: 2, world.campaign_id: 2}] * 2
    assert drafted.left_of == {first: 2, world.campaign_id: 2}
    alone = await forecast(world, days=2)
    assert [sum(one.first_emails for one in day.campaigns) for day in alone.days] == [4, 2]


async def test_a_dry_run_of_a_draft_is_what_the_started_campaign_then_does_and_stores_nothing(world: World) -> None:
    """Red when a dry run writes a row, or a draft's leads have other zones than they get at the start."""
    world.quota = 4
    await world.draft(await world.list_of(*(recipient(n, **GERMAN) for n in range(1, 11))), window=OFFICE_HOURS)
    tables = ("enrolments", "emails", "slots", "daily_plans", "outbox")
    counting = sa.union_all(
        *(sa.select(sa.func.count()).select_from(METADATA.tables[f"sender.{name}"]) for name in tables)
    )
    async with world.open_uow() as uow:
        before = list((await uow.conn.execute(counting)).scalars())
    run = await dry(world)
    async with world.open_uow() as uow:
        assert list((await uow.conn.execute(counting)).scalars()) == before
    await world.start()
    assert {day.date: day.sent for day in run.days} == await live(world, days=4)
    assert (run.left, run.first_at is not None) == (0, True)


async def test_a_dry_run_of_an_active_campaign_says_how_many_have_their_place_today(world: World) -> None:
    """Red when leads of today's plan are in no count, so that a campaign looks smaller than it is."""
    await started(world, *({} for _ in range(6)), window=ALWAYS, quota=4)
    await world.plan()
    run = await dry(world)
    assert (run.planned, sum(day.sent for day in run.days), run.left) == (4, 2, 0)


async def test_a_dry_run_never_goes_over_the_quota_whatever_its_provider_does(world: World) -> None:
    """Red when a slot that came back is counted twice, or an unknown one given away."""
    await started(world, *({} for _ in range(60)), window=ALWAYS, quota=10)
    run = await dry(world, Faults(deferred=0.3, refused=0.1, unknown=0.1))
    assert all(day.sent + day.unknown <= 10 for day in run.days)
    assert sum(day.sent + day.unknown + day.failed for day in run.days) == 60
    assert run.left == 0


async def test_a_closed_window_says_until_when(world: World) -> None:
    """Red when a lead whose hours have not begun has no next time, or not that of its own clock."""
    await started(world, JAPANESE)
    await world.plan()
    asked = await why(world, 1)
    assert (asked.explanation.code, asked.explanation.next_at) == ("window_closed", at("2027-03-02T00:00"))
    assert "09:00 to 17:00" in asked.explanation.sentence
    assert asked.position == 1


async def test_weekends_and_holidays_are_named(world: World) -> None:
    """Red when a person is not told which holiday it is, and where."""
    await started(world, GERMAN)
    world.now = at("2027-03-06T10:00")
    saturday = (await why(world, 1)).explanation
    assert (saturday.code, saturday.detail, saturday.next_at) == ("weekend", "Saturday", at("2027-03-08T08:00"))
    world.now = at("2027-03-29T10:00")
    easter = (await why(world, 1)).explanation
    assert (easter.code, easter.detail, easter.next_at) == ("holiday", "Easter Monday", at("2027-03-30T07:00"))


async def test_who_waits_for_a_turn_is_told_which_and_when(world: World) -> None:
    """Red when the next possible time is a guess: it is the planner's own, days ahead."""
    await started(world, *({} for _ in range(7)), window=ALWAYS, quota=2)
    await world.plan()
    assert (await why(world, 1)).explanation.code == "planned"
    asked = await why(world, 7)
    assert (asked.explanation.code, asked.position) == ("workspace_quota", 5)
    assert asked.explanation.next_at is not None
    assert asked.explanation.next_at.date() == date(2027, 3, 4)
    await live(world, days=5)
    assert (await why(world, 7)).explanation.code == "sent"


async def test_a_campaign_says_when_the_first_of_those_who_wait_for_a_turn_has_it(world: World) -> None:
    """Red when a quota is named without a day, or with that of a lead which is in today's plan."""
    await started(world, *({} for _ in range(7)), window=ALWAYS, quota=400)
    await world.run(sa.update(mailboxes).where(mailboxes.c.id == world.mailbox_id).values(daily_quota=2))
    for codes in ({"waits_for_plan": 2, "mailbox_quota": 5}, {"planned": 2, "mailbox_quota": 5}):
        told = {one.explanation.code: one for one in await causes(world)}
        assert {code: one.leads for code, one in told.items()} == codes
        assert told["mailbox_quota"].explanation.next_at == (await why(world, 3)).explanation.next_at
        assert told["mailbox_quota"].explanation.next_at == at("2027-03-02T00:00")
        await world.plan()


async def test_every_cause_of_a_stop_is_named(world: World) -> None:
    """Red when the gate would refuse a mail for a reason that nobody is told."""
    await started(world, {}, {}, {}, {"email": "not an address"}, window=ALWAYS)
    await world.plan()
    unknown, deferred = await world.claim(limit=2)
    assert {(await world.begin(one)).state for one in (unknown, deferred)} == {"go"}
    await world.record(unknown, Unknown("connection lost"))
    await world.record(deferred, Deferred("450 try later"))
    await world.suppress("lead3@company3.example")
    by_row = {row.position: row.state for row in await leads(world)}
    assert by_row[4] == "excluded"
    told = [(await why(world, n)).explanation for n in (1, 2, 3)]
    assert [one.code for one in told] == ["unknown_outcome", "deferred", "suppressed"]
    assert (told[1].detail, told[1].next_at) == ("450 try later", world.now.replace(minute=1))
    counted = {one.explanation.code: one.leads for one in await causes(world)}
    assert counted["unknown_outcome"] == 1
    assert counted["deferred"] == 1
    assert counted["excluded"] == 1


async def test_a_pause_a_resting_and_a_paused_mailbox_are_named(world: World) -> None:
    """Red when a campaign stands still and the page says that all is well."""
    await started(world, {}, {}, window=ALWAYS, quota=1)
    await world.plan()
    box = sa.update(mailboxes).where(mailboxes.c.id == world.mailbox_id)
    until = at("2027-03-01T09:30")
    await world.run(box.values(retry_at=until, trouble="421 busy"))
    resting = (await why(world, 1)).explanation
    assert (resting.code, resting.detail, resting.next_at) == ("mailbox_resting", "421 busy", until)
    assert [(one.explanation.code, one.leads) for one in await causes(world)] == [
        ("mailbox_resting", 1),
        ("workspace_quota", 1),
    ]
    await world.run(box.values(retry_at=None, trouble=None, state="paused", paused_reason="bounce_rate"))
    assert (await why(world, 2)).explanation.code == "mailbox_paused"
    assert [one.explanation.code for one in await causes(world)] == ["mailbox_paused", "no_mailbox"]
    await world.run(box.values(state="active", paused_reason=None))
    await world.pause()
    assert (await why(world, 2)).explanation.code == "campaign_paused"
    assert [(one.explanation.code, one.leads) for one in await causes(world)] == [("campaign_paused", 2)]


async def test_who_is_planned_and_overdue_is_never_promised_an_instant_that_is_over(world: World) -> None:
    """Red when a campaign's page names the slot's own instant although it has passed."""
    await started(world, {}, window=ALWAYS)
    await world.plan()
    world.later(minutes=5)
    assert [one.explanation.next_at for one in await causes(world)] == [world.now]
    assert (await why(world, 1)).explanation.next_at == world.now


async def test_a_draft_says_that_it_was_not_started(world: World) -> None:
    """Red when a person who has not pressed Start is told nothing at all."""
    await world.draft(await world.list_of(recipient(1), recipient(2)))
    assert [(one.explanation.code, one.leads) for one in await causes(world)] == [("campaign_draft", 2)]


async def test_a_row_that_the_sandbox_made_up_and_a_full_domain_are_named(world: World) -> None:
    """Red when made-up rows wait for ever without a word, or a domain's limit is blamed on the quota."""
    same = [{"email": f"l{n}@same.example"} for n in range(2)]
    await started(world, *same, window=ALWAYS)
    await world.run(sa.update(workspaces).where(workspaces.c.id == world.workspace_id).values(domain_quota=1))
    await world.plan()
    full = (await why(world, 2)).explanation
    assert (full.code, full.detail) == ("domain_quota", "same.example")
    assert full.next_at is not None
    await world.run(sa.update(mailboxes).where(mailboxes.c.id == world.mailbox_id).values(sandboxed=False))
    assert (await why(world, 2)).explanation.code == "sandboxed_row"
    await world.run(
        sa.update(recipients).where(recipients.c.workspace_id == world.workspace_id).values(sandboxed=False)
    )
    assert (await why(world, 2)).explanation.code == "domain_quota"


async def test_hours_change_before_the_start_and_in_a_pause_only_and_wake_who_slept(world: World) -> None:
    """Red when hours change under mails that are planned, or when who slept until the old hours sleeps on."""
    await started(world, JAPANESE)
    await world.plan()
    with pytest.raises(Conflict) as refused:
        await change(world, ALWAYS)
    assert refused.value.code == "campaign_active"
    assert await next_due(world) is None
    await world.pause()
    await change(world, ALWAYS)
    await world.start()
    await world.plan()
    assert await send_due(world) == 1


async def test_leads_are_paged_in_the_order_of_the_list_and_by_state(world: World) -> None:
    """Red when a page repeats or forgets a lead."""
    await started(world, *({} for _ in range(5)), window=ALWAYS, quota=2)
    await world.plan()
    first = await leads(world, limit=2)
    rest = await leads(world, after=first[-1].position)
    assert [row.position for row in [*first, *rest]] == [1, 2, 3, 4, 5]
    assert [row.position for row in await leads(world, state="planned")] == [1, 2]
    assert [row.position for row in await leads(world, state="waiting")] == [3, 4, 5]


async def test_another_workspace_is_told_nothing(world: World) -> None:
    """P7: red when a calendar or an explanation forgets the workspace."""
    await started(world, {})
    lead_id = await lead_at(world, 1)
    stranger = replace(await World(world.open_uow).open(), campaign_id=world.campaign_id)
    for asking in (forecast(stranger, campaign_id=stranger.campaign_id), dry(stranger), causes(stranger)):
        with pytest.raises(NotFound):
            await asking
    assert lead_id != uuid4()
    with pytest.raises(NotFound):
        await why(stranger, 1)
