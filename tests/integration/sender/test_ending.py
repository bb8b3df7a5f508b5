"""A campaign that a person ends: nothing of it begins any more, and everybody else may have what it held."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from libs.common.errors import Conflict, NotFound
from services.sender.domain.resolving import Resolution
from services.sender.domain.sending import Accepted, Deferred, Refused, Unknown
from services.sender.repositories import endings, plan
from services.sender.repositories.dead_letters import Which
from services.sender.tables import enrolments, slots
from services.sender.use_cases.begin_sending import Begun
from services.sender.use_cases.claim_emails import give_back_claims
from services.sender.use_cases.delete_list import delete_list
from services.sender.use_cases.end_campaign import end_campaign
from services.sender.use_cases.replay_dead_letters import replay_dead_letters
from services.sender.use_cases.resolve_email import resolve_email
from tests.integration.sender.world import TIMING, World, recipient
from tests.support.waiting import eventually

PERSON = uuid4()


async def end(world: World, campaign_id: UUID | None = None) -> str:
    async with world.open_uow() as uow:
        ended = await end_campaign(
            uow,
            workspace_id=world.workspace_id,
            campaign_id=campaign_id or world.campaign_id,
            ended_by=PERSON,
            now=world.now,
        )
    return ended.state


async def test_what_was_planned_is_cancelled_and_the_day_and_the_leads_are_free_for_another(world: World) -> None:
    """Red when ended means paused: its addresses and slots would be held for ever."""
    await world.running(leads=3, quota=2)
    assert await end(world) == "finished"
    assert await world.claim(limit=10) == []
    assert await world.states() == {"cancelled": 2}
    assert (await world.slot_states())["free"] == 2
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 4))))
    assert (await world.start()).excluded == []
    await world.plan()
    assert len(await world.claim(limit=10)) == 3


async def test_ended_it_stays_ended_and_cannot_be_started(world: World) -> None:
    """Ten clicks. Red when a second one fails, or Start takes it up again."""
    await world.running(leads=1)
    assert set(await asyncio.gather(*(end(world) for _ in range(10)))) == {"finished"}
    with pytest.raises(Conflict) as refused:
        await world.start()
    assert refused.value.code == "campaign_finished"
    await world.plan()
    assert await world.claim(limit=10) == []


async def test_a_draft_can_be_ended_and_anothers_campaign_cannot(world: World) -> None:
    await world.draft(await world.list_of(recipient(1)))
    other = await World(world.open_uow).open()
    with pytest.raises(NotFound):
        await end(other, world.campaign_id)
    assert await end(world) == "finished"


async def test_what_is_claimed_does_not_begin_and_what_has_begun_is_recorded(world: World) -> None:
    """Red when the sending transaction does not ask for the lead, or an accepted mail counts as cancelled."""
    await world.running(leads=3)
    begun, put_off, claimed = await world.claim(limit=3)
    await world.begin(begun)
    await world.begin(put_off)
    await end(world)
    assert (await world.begin(claimed)).reason == "enrolment_ended"
    await world.record(begun, Accepted("250 OK"))
    await world.record(put_off, Deferred("450 later"))
    assert await world.states() == {"sent": 1, "cancelled": 2}
    await world.plan()
    assert await world.claim(limit=10) == []


async def test_what_is_claimed_and_never_begun_does_not_wait_for_ever(world: World) -> None:
    """Red when a mail that is given back, or whose process has died, is planned in a campaign that nobody plans any more."""
    await world.running(leads=2)
    given_back, _ = await world.claim(2)
    await end(world)
    async with world.open_uow() as uow:
        await give_back_claims(uow, [given_back], now=world.now)
    assert await world.states() == {"cancelled": 1, "claimed": 1}
    world.later(seconds=TIMING.claim_lease_s + 1)
    assert await world.claim() == []
    assert await world.states() == {"cancelled": 2}


async def test_whoever_ends_it_and_whoever_begins_a_mail_of_it_do_not_wait_for_each_other(world: World) -> None:
    """Red when a beginning has the slot before the lead: the end has all leads before the slots, and one of both fails."""
    await world.running(leads=1)
    claim = await world.claim_one()
    async with world.open_uow() as ending:
        leads = enrolments.update().where(enrolments.c.campaign_id == world.campaign_id)
        await ending.conn.execute(leads.values(state="stopped", reason=endings.REASON, ended_at=world.now))
        beginning = asyncio.create_task(world.begin(claim))
        await eventually(world.somebody_waits)
        await plan.release_assigned(ending.conn, slots.c.campaign_id == world.campaign_id, today=world.now.date())
    assert await beginning == Begun("dropped", "enrolment_ended")


async def test_an_unknown_of_it_can_have_been_sent_and_is_not_sent_again(world: World) -> None:
    """Red when "send again" plans a mail that nobody will ever take up."""
    await world.running(leads=1)
    claim = await world.claim_one()
    await world.begin(claim)
    await world.record(claim, Unknown("lost"))
    await end(world)

    async def decide(outcome: Resolution) -> bool:
        async with world.open_uow() as uow:
            return await resolve_email(
                uow,
                workspace_id=world.workspace_id,
                email_id=claim.email_id,
                outcome=outcome,
                decided_by="a person",
                now=world.now,
            )

    with pytest.raises(Conflict) as refused:
        await decide("send_again")
    assert refused.value.code == "campaign_ended"
    assert await decide("sent")
    assert await world.states() == {"sent": 1}


async def test_its_dead_letters_stay_and_its_list_can_be_deleted(world: World) -> None:
    """Red when a replay brings an ended campaign back, or a list stays in use for ever."""
    list_id = await world.list_of(recipient(1), recipient(2))
    await world.draft(list_id)
    await world.start()
    await world.plan()
    claim = await world.claim_one()
    await world.begin(claim)
    await world.record(claim, Refused("550 no"))

    async def delete() -> None:
        async with world.open_uow() as uow:
            await delete_list(uow, workspace_id=world.workspace_id, list_id=list_id, now=world.now)

    with pytest.raises(Conflict, match="end them"):
        await delete()
    await end(world)
    async with world.open_uow() as uow:
        done = await replay_dead_letters(uow, Which(world.workspace_id, state="open"), made_by=PERSON, now=world.now)
    assert (done.replayed, done.kept) == (0, {"campaign_ended": 1})
    await delete()
