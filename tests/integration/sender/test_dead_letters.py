"""Dead letters: what failed waits for a person, goes again once, and everything done about it is on record."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from libs.common.contracts.gateway import LeadErased
from libs.common.errors import Conflict, Invalid, NotFound
from libs.common.ids import new_id
from services.sender.domain.dead_letters import WHAT_TO_DO, Cause, cause_of_outcome, cause_of_problem
from services.sender.domain.sending import Accepted, Deferred, Outcome, Refused
from services.sender.repositories import dead_letters
from services.sender.repositories.dead_letters import Action, DeadLetter, Group, Which
from services.sender.tables import campaigns, enrolments, mailboxes, recipients
from services.sender.use_cases import replay_dead_letters as replaying
from services.sender.use_cases.delete_list import delete_list, erase_lists
from services.sender.use_cases.discard_dead_letters import discard_dead_letters
from services.sender.use_cases.edit_line import edit_line
from services.sender.use_cases.erase_lead import erase_lead, erase_leads
from services.sender.use_cases.plan_day import plan_day
from services.sender.use_cases.readdress_dead_letter import readdress_dead_letter
from services.sender.use_cases.replay_dead_letters import Replayed, replay_dead_letters
from services.sender.use_cases.send_emails import send_emails
from tests.integration.sender.world import TIMING, Post, World, recipient
from tests.support.waiting import eventually

PERSON = uuid4()
NOBODY = Refused("550 5.1.1 no such user", no_such_address=True)
POLICY = Refused("550 5.7.1 we do not want this")


async def sent_by(world: World, post: Post) -> None:
    await world.plan()
    while (await send_emails(world.context, post, stopping=lambda: False)).claimed:
        continue


async def failing(world: World, *outcomes: Outcome) -> list[UUID]:
    """A lead for each outcome, all of them recorded. Answers the emails."""
    await world.running(leads=len(outcomes))
    claims = await world.claim(limit=len(outcomes))
    for claim, outcome in zip(claims, outcomes, strict=True):
        assert (await world.begin(claim)).state == "go"
        assert (await world.record(claim, outcome)) is not None
    return [claim.email_id for claim in claims]


async def found(world: World, **which: Any) -> list[DeadLetter]:
    async with world.open_uow() as uow:
        return await dead_letters.find(uow.conn, Which(world.workspace_id, **which), limit=100)


async def groups(world: World) -> list[Group]:
    async with world.open_uow() as uow:
        return await dead_letters.groups(uow.conn, workspace_id=world.workspace_id, campaign_id=None)


async def replay(world: World, **which: Any) -> Replayed:
    async with world.open_uow() as uow:
        chosen = Which(world.workspace_id, state="open", **which)
        return await replay_dead_letters(uow, chosen, made_by=PERSON, now=world.now)


async def discard(world: World, **which: Any) -> int:
    async with world.open_uow() as uow:
        chosen = Which(world.workspace_id, state="open", **which)
        return (await discard_dead_letters(uow, chosen, made_by=PERSON, now=world.now))[0]


async def readdress(world: World, email_id: UUID, address: str) -> DeadLetter:
    async with world.open_uow() as uow:
        return await readdress_dead_letter(
            uow, workspace_id=world.workspace_id, email_id=email_id, address=address, made_by=PERSON, now=world.now
        )


async def done_about(world: World, email_id: UUID) -> list[Action]:
    async with world.open_uow() as uow:
        return await dead_letters.actions(uow.conn, email_id)


@pytest.mark.parametrize(
    ("outcome", "cause"), [(NOBODY, "no_such_address"), (POLICY, "refused"), (Deferred("450 later"), "given_up")]
)
def test_what_a_server_says_is_a_cause(outcome: Outcome, cause: Cause) -> None:
    assert cause_of_outcome(outcome) == cause


@pytest.mark.parametrize(
    ("problem", "cause"),
    [
        ("line_missing: the row has no opening line", "line_missing"),
        ("subject_too_long: the subject has 300 characters", "mail_too_long"),
        ("template_failed: 'company' is undefined", "mail_not_made"),
        ("no code at all", "mail_not_made"),
    ],
)
def test_what_is_wrong_with_a_mail_is_a_cause_with_something_to_do(problem: str, cause: Cause) -> None:
    assert cause_of_problem(problem) == cause
    assert WHAT_TO_DO[cause].endswith(".")


async def test_what_failed_stands_under_its_cause_with_the_servers_answer(world: World) -> None:
    """Red when a refused email is not opened as a dead letter, or another workspace sees it."""
    emails = await failing(world, NOBODY, POLICY, POLICY, Accepted("250 OK"))
    assert [(group.cause, group.count) for group in await groups(world)] == [("refused", 2), ("no_such_address", 1)]
    (nobody,) = await found(world, cause="no_such_address")
    assert (nobody.email_id, nobody.detail, nobody.state) == (emails[0], NOBODY.reply, "open")
    assert (nobody.recipient, nobody.position) == ("lead1@company1.example", 1)
    other = await World(world.open_uow).open()
    assert await groups(other) == await found(other) == []
    assert (await replay(other, email_id=emails[0])).replayed == 0


async def test_a_mail_that_cannot_be_made_is_a_dead_letter_too(world: World) -> None:
    """The line was emptied after the start. Red when only the server's refusals are opened."""
    list_id = await world.list_of(recipient(1))
    await world.draft(list_id)
    await world.start()
    await world.plan()
    claim = await world.claim_one()
    await world.run(sa.update(recipients).where(recipients.c.workspace_id == world.workspace_id).values(line=""))
    assert (await world.begin(claim)).state == "dropped"
    (letter,) = await found(world)
    assert letter.cause == "line_missing"


async def test_a_missing_line_can_be_written_also_when_the_campaign_has_ended(world: World) -> None:
    """Red when what the dead letter says to do is refused: the campaign is finished by the time somebody reads it."""
    await world.draft(await world.list_of(recipient(1)))
    await world.start()
    await world.run(sa.update(recipients).where(recipients.c.workspace_id == world.workspace_id).values(line=""))
    await sent_by(world, Post())
    await world.plan()
    assert not await world.is_open()
    (letter,) = await found(world)
    assert letter.cause == "line_missing"
    word = {"workspace_id": world.workspace_id, "campaign_id": world.campaign_id, "lead_id": letter.lead_id}
    async with world.open_uow() as uow:
        await edit_line(uow, **word, line="Your pumps run quietly.", approved=True, user_id=PERSON)
    assert (await replay(world)).replayed == 1
    post = Post()
    await sent_by(world, post)
    assert b"Your pumps run quietly." in post.letters[0].content
    await world.plan()
    async with world.open_uow() as uow:
        with pytest.raises(Conflict):
            await edit_line(uow, **word, line="Too late.", approved=True, user_id=PERSON)


async def test_replayed_it_goes_once_more_under_the_same_message_id_and_a_new_slot(world: World) -> None:
    """Red when a replay makes another email (nobody could tell that both are one), or sends without a slot."""
    (email_id,) = await failing(world, POLICY)
    assert (await world.slot_states())["free"] == 1
    post = Post()
    await sent_by(world, post)
    assert post.letters == []
    assert await replay(world) == Replayed(1)
    await sent_by(world, post)
    assert [letter.message_id for letter in post.letters] == [f"<{email_id.hex}@corofy.example>"]
    assert await world.states() == {"sent": 1}
    assert (await world.slot_states())["used"] == 1
    assert [action.action for action in await done_about(world, email_id)] == ["replayed"]


async def test_twenty_clicks_at_once_replay_it_once(world: World) -> None:
    """Red when the letters are not locked while they are decided about: it would be noted, or sent, more than once."""
    (email_id,) = await failing(world, POLICY)
    done = await asyncio.gather(*(replay(world) for _ in range(20)))
    assert sum(one.replayed for one in done) == 1
    post = Post()
    await sent_by(world, post)
    assert len(post.letters) == 1
    assert len(await done_about(world, email_id)) == 1


async def test_what_fails_again_is_open_again(world: World) -> None:
    (email_id,) = await failing(world, POLICY)
    await replay(world)
    assert await found(world, state="open") == []
    await sent_by(world, Post(answer=lambda _: NOBODY))
    (letter,) = await found(world, state="open")
    assert (letter.email_id, letter.cause, letter.attempts) == (email_id, "no_such_address", 2)


async def test_a_finished_campaign_goes_on_for_what_is_replayed(world: World) -> None:
    """Red when the campaign stays finished: nothing of it is planned any more."""
    await failing(world, POLICY)
    await world.plan()
    assert not await world.is_open()
    await replay(world)
    assert await world.is_open()
    await sent_by(world, Post())
    await world.plan()
    assert not await world.is_open()


async def test_who_is_suppressed_or_waits_in_another_campaign_is_not_written_to(world: World) -> None:
    """Red when a replay goes around what keeps everybody else from being written to."""
    emails = await failing(world, POLICY, POLICY, POLICY)
    await world.suppress("lead1@company1.example")
    await world.draft(await world.list_of(recipient(2)))
    await world.start()
    done = await replay(world)
    assert (done.replayed, done.kept) == (1, {"suppressed": 1, "in_other_campaign": 1})
    assert {letter.email_id for letter in await found(world, state="open")} == set(emails[:2])


async def test_put_right_it_goes_to_the_new_address_and_the_old_one_is_on_record(world: World) -> None:
    (email_id,) = await failing(world, NOBODY)
    letter = await readdress(world, email_id, " Lead.One@Company1.example ")
    assert letter.recipient == "lead.one@company1.example"
    await replay(world)
    post = Post()
    await sent_by(world, post)
    assert [sent.envelope_to for sent in post.letters] == ["lead.one@company1.example"]
    edited, replayed = await done_about(world, email_id)
    assert edited.detail == {"email_before": "lead1@company1.example", "email": "lead.one@company1.example"}
    assert (edited.made_by, replayed.action) == (PERSON, "replayed")


async def test_an_address_that_is_just_being_put_in_is_there_before_its_person_is_erased(world: World) -> None:
    """It is not committed when they ask. Red when the erasure does not see it, and the letter keeps the address."""
    (email_id,) = await failing(world, NOBODY)
    address = "asks.to.be.forgotten@company1.example"
    wish = LeadErased(erasure_id=new_id(), email=address)

    async def ask() -> None:
        async with world.open_uow() as uow:
            await erase_lead(wish, uow=uow, workspace_id=world.workspace_id)

    async with world.open_uow() as uow:
        await readdress_dead_letter(
            uow, workspace_id=world.workspace_id, email_id=email_id, address=address, made_by=PERSON, now=world.now
        )
        asking = asyncio.create_task(ask())
        await eventually(world.somebody_waits)
    await asking
    await erase_leads(now=world.now, open_uow=world.open_uow)
    assert address not in {letter.recipient for letter in await found(world)}
    assert all(address not in str(action.detail) for action in await done_about(world, email_id))


async def test_put_right_it_keeps_the_line_that_somebody_gave_it(world: World) -> None:
    """Red when the line is looked up by the person who has the new address, and not by the list's row."""
    (email_id,) = await failing(world, NOBODY)
    listed = (await found(world))[0].lead_id
    await edit(world, listed, "A line of its own.")
    readdressed = await readdress(world, email_id, "right@company1.example")
    await edit(world, readdressed.lead_id, "Another line of its own.")
    await replay(world)
    post = Post()
    await sent_by(world, post)
    assert "Another line of its own." in post.letters[0].content.decode()
    for lead_id in (listed, readdressed.lead_id):
        with pytest.raises(Conflict) as refused:
            await edit(world, lead_id, "Too late.")
        assert refused.value.code == "already_sent"


async def edit(world: World, lead_id: UUID, line: str) -> None:
    async with world.open_uow() as uow:
        await edit_line(
            uow,
            workspace_id=world.workspace_id,
            campaign_id=world.campaign_id,
            lead_id=lead_id,
            line=line,
            approved=True,
            user_id=PERSON,
        )


@pytest.mark.parametrize(
    ("row", "zone", "source"),
    [
        ({}, "Asia/Tokyo", "email_domain"),
        ({"email": "ann@company.de"}, "Asia/Tokyo", "email_domain"),
        ({"country": "France"}, "Europe/Paris", "country"),
    ],
)
async def test_put_right_it_is_sent_in_the_hours_of_the_new_address_where_that_alone_tells(
    world: World, row: dict[str, object], zone: str, source: str
) -> None:
    """Red when somebody is written to by the clock of the country of an address that was wrong."""
    await world.draft(await world.list_of(recipient(1, **row)))
    await world.start()
    await world.plan()
    claim = await world.claim_one()
    await world.begin(claim)
    await world.record(claim, NOBODY)
    await readdress(world, claim.email_id, "ann@company.co.jp")
    query = sa.select(enrolments.c.time_zone, enrolments.c.zone_source)
    async with world.open_uow() as uow:
        kept = (await uow.conn.execute(query.where(enrolments.c.campaign_id == world.campaign_id))).one()
    assert tuple(kept) == (zone, source)


async def test_nobody_is_written_to_twice_by_putting_an_address_in_again(world: World) -> None:
    """Red when the new address may be somebody whom the campaign writes to in another row."""
    first, _ = await failing(world, NOBODY, Accepted("250 OK"))
    with pytest.raises(Conflict, match=r"lead2@company2\.example in another row") as refused:
        await readdress(world, first, "lead2@company2.example")
    assert refused.value.code == "already_in_campaign"
    async with world.open_uow() as uow:
        event = LeadErased(erasure_id=new_id(), email="gone@company1.example")
        await erase_lead(event, uow=uow, workspace_id=world.workspace_id)
    with pytest.raises(Conflict) as erased:
        await readdress(world, first, "Gone@company1.example")
    assert erased.value.code == "erased"
    with pytest.raises(Invalid) as invalid:
        await readdress(world, first, "not an address")
    assert invalid.value.code == "invalid_address"


async def test_discarded_it_is_not_replayed_nor_edited(world: World) -> None:
    first, second = await failing(world, NOBODY, POLICY)
    assert await discard(world, cause="no_such_address") == 1
    assert await discard(world, cause="no_such_address") == 0
    assert (await replay(world)).replayed == 1
    with pytest.raises(Conflict) as closed:
        await readdress(world, first, "new@company1.example")
    assert closed.value.code == "dead_letter_closed"
    assert [action.action for action in await done_about(world, first)] == ["discarded"]
    with pytest.raises(NotFound):
        await readdress(world, uuid4(), "new@company1.example")
    assert (await found(world, email_id=second))[0].state == "replayed"


async def test_what_has_no_row_any_more_stays_a_dead_letter(world: World) -> None:
    """Red when it is planned again: no mail can be made of it, so that it would be claimed without end."""
    await failing(world, POLICY)
    await world.plan()
    async with world.open_uow() as uow:
        query = sa.select(campaigns.c.list_id).where(campaigns.c.id == world.campaign_id)
        list_id = (await uow.conn.execute(query)).scalar_one()
        await delete_list(uow, list_id, workspace_id=world.workspace_id, now=world.now)
    assert (await replay(world)).kept == {"list_deleted": 1}
    await erase_lists(now=world.now, open_uow=world.open_uow)
    assert (await replay(world)).kept == {"list_deleted": 1}
    assert not await world.is_open()
    assert len(await found(world, state="open")) == 1


async def test_what_has_no_mailbox_any_more_stays_a_dead_letter(world: World) -> None:
    """Red when its campaign goes on and waits for a mailbox that never comes."""
    await failing(world, POLICY)
    await world.plan()
    await world.run(sa.update(mailboxes).where(mailboxes.c.id == world.mailbox_id).values(deleted_at=world.now))
    assert (await replay(world)).kept == {"mailbox_deleted": 1}
    assert not await world.is_open()


async def test_those_that_stay_do_not_keep_the_others_from_going(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when the newest are looked at again and again, and the older ones never."""
    monkeypatch.setattr(replaying, "MOST_AT_ONCE", 2)
    oldest, *others = sorted(await failing(world, POLICY, NOBODY, NOBODY))
    for letter in await found(world):
        if letter.email_id in others:
            await world.suppress(letter.recipient)
    first = await replay(world)
    assert (first.replayed, first.kept) == (0, {"suppressed": 2})
    second = await replay(world, before=first.next_before)
    assert (second.replayed, second.next_before) == (1, None)
    assert (await found(world, email_id=oldest))[0].state == "replayed"


async def test_a_replay_waits_for_a_start_that_enrols_the_same_address(world: World) -> None:
    """Red when both find the address free: the second would break on the index, with an error of ours."""
    await failing(world, POLICY)
    await world.plan()
    other = await world.draft(await world.list_of(recipient(1)))
    async with world.open_uow() as uow:
        await world.begin_campaign(uow, other)
        task = asyncio.create_task(replay(world))
        await eventually(world.somebody_waits)
    assert (await task).kept == {"in_other_campaign": 1}


async def test_a_planner_that_finishes_the_campaign_does_not_strand_what_is_replayed(world: World) -> None:
    """Red when the planner's end of the campaign is not seen: the mail would wait in a campaign that nobody plans."""
    await failing(world, POLICY)
    async with world.open_uow() as uow:
        await plan_day(
            uow,
            workspace_id=world.workspace_id,
            mailbox_id=world.mailbox_id,
            now=world.now,
            default_quota=world.quota,
            call_s=TIMING.call_s,
        )
        task = asyncio.create_task(replay(world))
        await eventually(world.somebody_waits)
    assert (await task).replayed == 1
    assert await world.is_open()


async def test_of_two_that_put_in_the_same_address_one_is_told(world: World) -> None:
    """Red when both find the person outside the campaign: the second would break on the index, with an error of ours."""
    first, second = await failing(world, NOBODY, NOBODY)
    async with world.open_uow() as uow:
        await readdress_dead_letter(
            uow,
            workspace_id=world.workspace_id,
            email_id=first,
            address="ann@company1.example",
            made_by=PERSON,
            now=world.now,
        )
        task = asyncio.create_task(readdress(world, second, "ann@company1.example"))
        await eventually(world.somebody_waits)
    with pytest.raises(Conflict) as refused:
        await task
    assert refused.value.code == "already_in_campaign"
