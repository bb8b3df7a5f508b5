"""The sender's data are those of a moment in the past: what may have left since, and who lets campaigns go on."""

from datetime import timedelta

import sqlalchemy as sa

from services.sender.repositories.campaigns import load_campaign
from services.sender.tables import campaigns, emails, slots
from services.sender.use_cases.note_restore import note_restore
from tests.integration.sender.test_resolving import decide
from tests.integration.sender.world import World


async def restored(world: World) -> str:
    return await note_restore(world.open_uow, world.now - timedelta(minutes=5), clock=world.clock)


async def reason_of(world: World) -> tuple[str, str | None]:
    async with world.open_uow() as uow:
        campaign = await load_campaign(uow.conn, workspace_id=world.workspace_id, campaign_id=world.campaign_id)
    assert campaign is not None
    return campaign.state, campaign.paused_reason


async def test_what_was_claimed_or_due_may_have_left_and_is_not_sent_again(world: World) -> None:
    """P3. Red when a claim of before the restore is planned again, or a mail whose slot was due stays planned."""
    await world.running(leads=5)
    await world.claim(2)
    later = sa.select(slots.c.email_id).where(slots.c.workspace_id == world.workspace_id, slots.c.state == "assigned")
    one = sa.select(emails.c.id).where(emails.c.id.in_(later), emails.c.state == "planned").limit(1)
    hour = timedelta(hours=1)
    not_yet = {"due_at": world.now + hour, "closes_at": world.now + 2 * hour}
    await world.run(sa.update(slots).where(slots.c.email_id.in_(one)).values(not_yet))
    await restored(world)
    assert await world.states() == {"unknown": 4, "planned": 1}
    assert (await world.slot_states())["used"] == 4
    await world.start()
    await world.plan()
    world.later(hours=3)
    assert len(await world.claim(10)) <= 1


async def test_a_campaign_waits_for_a_person_and_says_why(world: World) -> None:
    """Red when a campaign goes on by itself, or when its owner cannot see why it does not."""
    await world.running(leads=1)
    await restored(world)
    state, reason = await reason_of(world)
    assert state == "paused"
    assert reason is not None
    assert "restored from a backup of" in reason
    await world.start()
    assert await reason_of(world) == ("active", None)


async def test_one_that_was_paused_already_says_it_too(world: World) -> None:
    """It may have been resumed since, and have sent."""
    await world.running(leads=1)
    await world.pause()
    await restored(world)
    state, reason = await reason_of(world)
    assert (state, reason is None) == ("paused", False)


async def test_a_start_half_way_comes_to_nothing(world: World) -> None:
    await world.draft(await world.list_of())
    half = {"state": "starting", "start_due_at": world.now}
    await world.run(sa.update(campaigns).where(campaigns.c.id == world.campaign_id).values(half))
    await restored(world)
    query = sa.select(campaigns.c.start_problem).where(campaigns.c.id == world.campaign_id)
    async with world.open_uow() as uow:
        assert "restored from a backup" in (await uow.conn.execute(query)).scalar_one()


async def test_told_twice_it_does_nothing_more(world: World) -> None:
    """Red when a restore that was broken off cannot be repeated."""
    await world.running(leads=3)
    claim = await world.claim_one()
    await restored(world)
    assert "of 0 mails" in await restored(world)
    assert await world.states() == {"unknown": 3}
    assert await decide(world, claim, "send_again")
    assert await world.state_of(claim) == "planned"
