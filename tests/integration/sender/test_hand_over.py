"""Instantly as a mailbox: campaigns made, started, paused and changed there, leads handed over once and taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from libs.common.errors import Conflict, NotFound
from services.sender.domain.mailboxes.account import ApiAccount, hand_over_note
from services.sender.domain.mailboxes.mailbox import MailboxView
from services.sender.domain.windows import Window
from services.sender.repositories import hand_overs as hand_over_rows
from services.sender.tables import campaigns, hand_overs, take_backs, workspaces
from services.sender.use_cases.change_window import change_window
from services.sender.use_cases.delete_mailbox import delete_mailbox
from services.sender.use_cases.end_campaign import end_campaign
from services.sender.use_cases.pause_mailbox import pause_by_person
from services.sender.use_cases.settle_hand_overs import check_hand_over, settle_hand_overs
from services.sender.use_cases.suppress_address import suppress_address
from services.sender.use_cases.take_back_leads import take_back_leads
from services.sender.use_cases.try_mailbox import try_mailbox
from tests.integration.sender.mortal import Killed, Life, MortalDatabase, MortalMailbox
from tests.integration.sender.office import opener, view_of
from tests.integration.sender.providers import ACCOUNT, Providers
from tests.integration.sender.world import TIMING, World


async def started(
    world: World, providers: Providers, *, leads: int = 3, quota: int | None = None
) -> tuple[World, MailboxView]:
    """A campaign at Instantly, whose leads are planned."""
    view = await providers.mailbox(world, "instantly")
    mine = await providers.draft(world, view, leads=leads, quota=quota)
    await mine.start()
    await settle_hand_overs(providers.desk(world))
    await world.plan()
    return mine, view


async def row(world: World, campaign: World) -> Any:
    query = sa.select(hand_overs).where(hand_overs.c.campaign_id == campaign.campaign_id)
    async with world.open_uow() as uow:
        return (await uow.conn.execute(query)).one()


async def there(world: World, providers: Providers, campaign: World) -> dict[str, Any]:
    return providers.app.box.instantly.campaigns[(await row(world, campaign)).provider_ref]


async def test_from_start_to_the_inbox_each_once(world: World, providers: Providers) -> None:
    """Red when the campaign is not made and started there, or a lead is handed over twice."""
    mine, view = await started(world, providers, leads=5)
    await providers.send(world, view)
    assert await world.states() == {"sent": 5}
    assert sorted(providers.inbox.values()) == [1] * 5
    kept = await there(world, providers, mine)
    assert (kept["status"], kept["email_list"], kept["daily_limit"]) == (1, [ACCOUNT], 400)
    again = await settle_hand_overs(providers.desk(world), campaign_id=mine.campaign_id)
    assert again == 0, "what is as it should be is not told again"


async def test_our_quota_counts_what_is_handed_over(world: World, providers: Providers) -> None:
    """Red when slots do not hold for a provider that schedules by itself; the smaller quota is its cap as well."""
    mine, view = await started(world, providers, leads=5, quota=2)
    await providers.send(world, view)
    assert await world.states() == {"sent": 2}
    assert (await there(world, providers, mine))["daily_limit"] == 2


async def test_a_pause_here_is_a_pause_there_and_a_start_goes_on(world: World, providers: Providers) -> None:
    """Red when the provider goes on sending for a campaign or a mailbox that a person has paused."""
    mine, view = await started(world, providers)
    await mine.pause()
    await settle_hand_overs(providers.desk(world), campaign_id=mine.campaign_id)
    assert (await there(world, providers, mine))["status"] == 2
    await mine.start()
    await settle_hand_overs(providers.desk(world), campaign_id=mine.campaign_id)
    assert (await there(world, providers, mine))["status"] == 1
    async with world.open_uow() as uow:
        await pause_by_person(uow, view.id, workspace_id=world.workspace_id, now=world.now)
    await settle_hand_overs(providers.desk(world))
    assert (await there(world, providers, mine))["status"] == 2


async def test_what_is_ended_here_is_stopped_there(world: World, providers: Providers) -> None:
    """Red when an ended campaign counts as one that has handed everything over and is still to send it."""
    mine, _ = await started(world, providers)
    async with world.open_uow() as uow:
        await end_campaign(
            uow, workspace_id=world.workspace_id, campaign_id=mine.campaign_id, ended_by=uuid4(), now=world.now
        )
    await settle_hand_overs(providers.desk(world), campaign_id=mine.campaign_id)
    assert (await there(world, providers, mine))["status"] == 2
    assert await settle_hand_overs(providers.desk(world), campaign_id=mine.campaign_id) == 0


async def test_other_hours_and_quotas_are_told(world: World, providers: Providers) -> None:
    """Red when a change is told only together with a start or a pause, or never."""
    mine, _ = await started(world, providers)
    await world.run(workspaces.update().where(workspaces.c.id == world.workspace_id).values(daily_quota=7))
    await settle_hand_overs(providers.desk(world))
    assert (await there(world, providers, mine))["daily_limit"] == 7
    await mine.pause()
    await settle_hand_overs(providers.desk(world))
    other = Window(frozenset({7}), 60, 120, skip_holidays=False)
    async with world.open_uow() as uow:
        await change_window(uow, workspace_id=world.workspace_id, campaign_id=mine.campaign_id, window=other)
    await settle_hand_overs(providers.desk(world))
    kept = await there(world, providers, mine)
    (schedule,) = kept["campaign_schedule"]["schedules"]
    assert (schedule["timing"], schedule["days"]["0"], kept["status"]) == ({"from": "01:00", "to": "02:00"}, True, 2)


async def test_hours_that_cannot_be_kept_are_refused_at_start(world: World, providers: Providers) -> None:
    """Red when a campaign starts that Instantly would send at other hours, or another workspace hears of its zone."""
    view = await providers.mailbox(world, "instantly")
    mine = await providers.draft(world, view, leads=1)
    await world.run(
        workspaces.update().where(workspaces.c.id == world.workspace_id).values(time_zone="Australia/Eucla")
    )
    async with world.open_uow() as uow:
        with pytest.raises(Conflict) as refused:
            await check_hand_over(uow, mine.campaign_id, workspace_id=world.workspace_id, desk=providers.desk(world))
        with pytest.raises(NotFound):
            await check_hand_over(uow, mine.campaign_id, workspace_id=uuid4(), desk=providers.desk(world))
    assert refused.value.code == "zone_not_offered"
    await world.run(workspaces.update().where(workspaces.c.id == world.workspace_id).values(time_zone="UTC"))


async def test_a_campaign_whose_hours_cannot_be_kept_any_more_is_held_there(world: World, providers: Providers) -> None:
    """Red when the provider goes on by the hours of the zone before, or does not go on when the zone is mended."""
    mine, _ = await started(world, providers)
    desk, of_ours = providers.desk(world), workspaces.c.id == world.workspace_id
    await world.run(workspaces.update().where(of_ours).values(time_zone="Australia/Eucla"))
    await settle_hand_overs(desk, campaign_id=mine.campaign_id)
    kept = await row(world, mine)
    assert (kept.state, (await there(world, providers, mine))["status"]) == ("paused", 2)
    assert "Australia/Eucla" in kept.trouble
    await world.run(workspaces.update().where(of_ours).values(time_zone="UTC"))
    world.later(hours=5)
    await settle_hand_overs(desk, campaign_id=mine.campaign_id)
    kept = await row(world, mine)
    assert (kept.state, kept.trouble, kept.troubled_since, kept.failures) == ("active", None, None, 0)
    assert (await there(world, providers, mine))["status"] == 1


async def test_a_trouble_that_is_over_on_our_side_is_forgotten(world: World, providers: Providers) -> None:
    """Red when what is as it should be again goes on to be reported, as nothing is to be told."""
    view = await providers.mailbox(world, "instantly")
    mine = await providers.draft(world, view, leads=1)
    await mine.start()
    providers.turn("instantly", fail_rate=1, fail_status=500)
    await settle_hand_overs(providers.desk(world), campaign_id=mine.campaign_id)
    assert (await row(world, mine)).troubled_since == world.now
    await mine.pause()
    await settle_hand_overs(providers.desk(world), campaign_id=mine.campaign_id)
    assert ((await row(world, mine)).trouble, (await row(world, mine)).state) == (None, "missing")


async def test_a_slow_former_holder_overwrites_nothing(world: World, providers: Providers) -> None:
    """Fencing. Red when whoever was claimed from while the provider was asked writes what is not so any more."""
    mine, _ = await started(world, providers)
    async with world.open_uow() as uow:
        (seen,) = await hand_over_rows.find(uow.conn, now=world.now, campaign_id=mine.campaign_id)
        slow = await hand_over_rows.claim(uow.conn, seen, now=world.now)
        assert slow is not None
        assert await hand_over_rows.claim(uow.conn, seen, now=world.now) is None, "it is in somebody's hands"
    world.later(seconds=hand_over_rows.LEASE.total_seconds() + 1)
    await mine.pause()
    assert await settle_hand_overs(providers.desk(world), campaign_id=mine.campaign_id) == 1
    async with world.open_uow() as uow:
        assert not await hand_over_rows.record(uow.conn, slow, state="active", lease_until=None)
        assert not await hand_over_rows.note_trouble(uow.conn, slow, trouble="late", now=world.now, retry_at=world.now)
    kept = await row(world, mine)
    assert (kept.state, kept.trouble, kept.failures) == ("paused", None, 0)


async def test_a_provider_that_is_away_hears_of_it_later_and_people_see_why(world: World, providers: Providers) -> None:
    """Red when a campaign that could not be made there stays so, or nobody is told."""
    providers_view = await providers.mailbox(world, "instantly")
    mine = await providers.draft(world, providers_view, leads=1)
    await mine.start()
    providers.turn("instantly", fail_rate=1, fail_status=500)
    await settle_hand_overs(providers.desk(world))
    async with world.open_uow() as uow:
        note = hand_over_note((await hand_over_rows.notes_of(uow.conn, [mine.campaign_id]))[mine.campaign_id])
    assert note is not None
    assert "500" in note
    providers.turn("instantly", fail_rate=0)
    await settle_hand_overs(providers.desk(world))
    assert (await row(world, mine)).provider_ref is None, "not at once"
    await world.plan()
    await providers.send(world, providers_view)
    assert (await world.states()).keys() == {"deferred"}, "nothing is handed over before there is a campaign"
    world.later(minutes=2)
    await settle_hand_overs(providers.desk(world))
    assert ((await row(world, mine)).state, (await row(world, mine)).trouble) == ("active", None)


async def test_killed_at_any_step_of_making_it_leads_go_to_one_campaign(world: World, providers: Providers) -> None:
    """Red when a crash leaves two campaigns that send, or one that never starts."""
    view = await providers.mailbox(world, "instantly")
    whole, first = Life(), 1
    for ends_at in range(40):
        mine = await providers.draft(world, view, leads=1, first=first)
        await mine.start()
        first += 1
        life = whole if ends_at == 0 else Life(ends_at=ends_at)
        desk = providers.desk(world)
        assert not isinstance(desk.open_uow, MortalDatabase)
        mortal = replace(desk, open_uow=MortalDatabase(world.open_uow, life))  # pyright: ignore[reportArgumentType] - the factory
        if ends_at == 0:
            await settle_hand_overs(mortal, campaign_id=mine.campaign_id)
            continue
        if ends_at > whole.steps:
            break
        with pytest.raises(Killed):
            await settle_hand_overs(mortal, campaign_id=mine.campaign_id)
        world.later(minutes=4)
        await settle_hand_overs(desk, campaign_id=mine.campaign_id)
        assert (await row(world, mine)).state == "active"
        named = [
            one for one in providers.app.box.instantly.campaigns.values() if mine.campaign_id.hex[-8:] in one["name"]
        ]
        assert [one["status"] for one in named].count(1) == 1
    else:
        pytest.fail("it has more steps than were tried")


async def test_killed_between_call_and_record_the_lead_is_there_once(world: World, providers: Providers) -> None:
    """P4, P5: red when the hand-over is repeated by itself; repeated by a person, it changes nothing."""
    _, view = await started(world, providers, leads=1)
    with pytest.raises(Killed):
        await providers.send(world, view, around=lambda inner: MortalMailbox(inner, Life(ends_at=3)))
    world.later(seconds=TIMING.sending_lease_s + 1)
    await world.resolve()
    await world.plan()
    await providers.send(world, view)
    assert await world.states() == {"unknown": 1}
    assert list(providers.inbox.values()) == [1]


async def waiting(world: World, providers: Providers, *, leads: int = 2) -> tuple[World, MailboxView, list[str]]:
    """Leads that were handed over and have not left there."""
    mine, view = await started(world, providers, leads=leads)
    ref = (await row(world, mine)).provider_ref
    providers.app.box.instantly.campaigns[ref]["daily_limit"] = 0
    await providers.send(world, view)
    assert not providers.inbox
    return mine, view, [lead["email"] for lead in providers.app.box.instantly.in_campaign(ref)]


async def suppress(world: World, target: str, *, everybody: bool = False) -> None:
    async with world.open_uow() as uow:
        workspace_id = None if everybody else world.workspace_id
        await suppress_address(uow, workspace_id=workspace_id, address=target, reason="asked")


async def states(world: World, campaign: World) -> list[str]:
    query = sa.select(take_backs.c.state).where(take_backs.c.campaign_id == campaign.campaign_id)
    async with world.open_uow() as uow:
        return sorted((await uow.conn.execute(query)).scalars())


@pytest.mark.parametrize("everybody", [False, True])
@pytest.mark.parametrize("by_domain", [False, True])
async def test_who_is_suppressed_after_the_hand_over_is_taken_back(
    world: World, providers: Providers, everybody: bool, by_domain: bool
) -> None:
    """Red when who has unsubscribed is written to by the provider after all."""
    mine, _, leads = await waiting(world, providers)
    target = "@" + leads[0].partition("@")[2] if by_domain else leads[0]
    await suppress(world, target, everybody=everybody)
    gone = len(leads) if by_domain else 1
    assert await take_back_leads(providers.desk(world)) == gone
    assert await take_back_leads(providers.desk(world)) == 0
    assert await states(world, mine) == ["taken"] * gone
    ref = (await row(world, mine)).provider_ref
    assert leads[0] not in [lead["email"] for lead in providers.app.box.instantly.in_campaign(ref)]


async def test_a_provider_that_is_away_is_asked_again_until_it_lets_go(world: World, providers: Providers) -> None:
    """Red when an unsubscription is lost with the provider's outage."""
    mine, _, leads = await waiting(world, providers, leads=1)
    await suppress(world, leads[0])
    providers.turn("instantly", fail_rate=1, fail_status=500)
    assert await take_back_leads(providers.desk(world)) == 0
    assert await states(world, mine) == ["open"]
    providers.turn("instantly", fail_rate=0)
    world.later(minutes=2)
    assert await take_back_leads(providers.desk(world)) == 1


async def test_a_lead_in_a_workers_hand_is_taken_back_once_it_is_there(world: World, providers: Providers) -> None:
    """Red when the lead is looked for before the worker has put it there, and stays."""
    mine, view = await started(world, providers, leads=1)
    boxed = World(world.open_uow, workspace_id=world.workspace_id, now=world.now, mailbox_id=view.id)
    claim = await boxed.claim_one()
    await boxed.begin(claim)
    await suppress(world, claim.recipient)
    assert await take_back_leads(providers.desk(world)) == 0
    assert await states(world, mine) == ["open"]
    ref = (await row(world, mine)).provider_ref
    providers.app.box.instantly.campaigns[ref]["daily_limit"] = 0
    mailbox = await providers.open(world, view)
    async with world.open_uow() as uow:
        letter = (await world.prepared(uow, claim)).letter
    assert letter is not None
    await boxed.record(claim, await mailbox.send(letter, may_call=lambda: True))
    await mailbox.close()
    world.later(minutes=1)
    assert await take_back_leads(providers.desk(world)) == 1
    assert not providers.app.box.instantly.in_campaign(ref)


async def test_whom_nothing_was_handed_over_for_costs_the_provider_no_call(world: World, providers: Providers) -> None:
    mine, view = await started(world, providers, leads=1)
    await suppress(world, f"l1@{view.id.hex[-8:]}.example")
    providers.turn("instantly", fail_rate=1, fail_status=500)
    await take_back_leads(providers.desk(world))
    assert await states(world, mine) == ["not_handed_over"]


async def test_accounts_that_are_not_connected_there_are_named(world: World, providers: Providers) -> None:
    with pytest.raises(Conflict, match=r"other@acme\.example") as unknown:
        await providers.mailbox(world, "instantly", account=ApiAccount(accounts=("other@acme.example",)))
    assert unknown.value.code == "account_unknown"


async def test_trying_it_lets_in_and_sends_nothing(world: World, providers: Providers) -> None:
    view = await providers.mailbox(world, "instantly")
    ended = await try_mailbox(
        view, opener(world, providers.room), to="me@own.example", postal_address="1 St", now=world.now
    )
    assert ended.ended_at == "let_in"
    assert not providers.inbox


async def test_a_revoked_key_pauses_the_mailbox(world: World, providers: Providers) -> None:
    """Red when a revoked key makes a list of failures."""
    _, view = await started(world, providers, leads=2)
    providers.turn("instantly", bad_key=True)
    for _ in range(3):
        await providers.send(world, view)
        world.later(minutes=10)
        await world.plan()
    paused = await view_of(world, view.id)
    assert paused.pause is not None
    assert paused.pause.reason == "login_refused"
    assert (await world.states()).keys() <= {"planned", "deferred"}


async def test_by_default_a_campaign_is_not_handed_over(world: World, providers: Providers) -> None:
    """Red when leads are shared out to another scheduler without anybody having asked for it."""
    await providers.mailbox(world, "instantly")
    await world.running(leads=1)
    query = sa.select(campaigns.c.mailbox_id).where(campaigns.c.id == world.campaign_id)
    async with world.open_uow() as uow:
        assert (await uow.conn.execute(query)).scalar_one() == world.mailbox_id


async def test_a_mailbox_that_may_still_send_there_is_not_deleted(world: World, providers: Providers) -> None:
    """Red when its key goes while leads wait there: who unsubscribes then could not be taken back."""
    mine, view = await started(world, providers, leads=1)
    await providers.send(world, view)
    await world.plan()
    assert not await mine.is_open()
    async with world.open_uow() as uow:
        with pytest.raises(Conflict) as in_use:
            await delete_mailbox(uow, view.id, workspace_id=world.workspace_id, now=world.now)
        await pause_by_person(uow, view.id, workspace_id=world.workspace_id, now=world.now)
    assert (in_use.value.code, in_use.value.extra["campaigns"]) == ("mailbox_in_use", ["Leads"])
    await settle_hand_overs(providers.desk(world))
    async with world.open_uow() as uow:
        await delete_mailbox(uow, view.id, workspace_id=world.workspace_id, now=world.now)
