"""Mails that are begun and recorded together: each is judged as it would be alone, and what is not called is taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from libs.common.uow import UnitOfWork, UnitOfWorkFactory
from services.sender.domain.message import Letter
from services.sender.domain.pace import LATEST_S, Pace
from services.sender.domain.sending import Outcome, Record, Refused
from services.sender.domain.windows import OFFICE_HOURS
from services.sender.in_flight.send_loop import SendLoop
from services.sender.repositories import mailboxes, plan, planning
from services.sender.repositories.claims import Claim
from services.sender.repositories.words import Words
from services.sender.tables import campaigns, dead_emails, emails, enrolments, recipients, slots
from services.sender.use_cases import record_for_sure, send_handful
from services.sender.use_cases.begin_alone import begin_alone
from services.sender.use_cases.begin_sending import Begun
from services.sender.use_cases.edit_line import edit_line
from services.sender.use_cases.end_campaign import end_campaign
from services.sender.use_cases.prepare_mail import Prepared
from services.sender.use_cases.send_context import SendContext
from services.sender.use_cases.send_emails import Turn, send_emails
from tests.integration.sender.mortal import Life, MortalDatabase
from tests.integration.sender.world import TIMING, Post, World, recipient
from tests.support.waiting import eventually

THREE = Pace(3, 3)
MIDDLE = "lead2@company2.example"


@dataclass
class Interrupted(Post):
    """Something happens after the claim, before anything is begun."""

    before: Callable[[], Awaitable[None]] | None = None

    async def open(self) -> None:
        if self.before is not None:
            await self.before()


async def turn(context: SendContext, post: Post, *, pace: Pace = THREE) -> Turn:
    return await send_emails(replace(context, batch_size=3, ahead=3), post, stopping=lambda: False, pace=pace)


async def three(world: World) -> World:
    """Three mails that are due, in office hours."""
    world.later(hours=2)
    rows = [recipient(n) for n in range(1, 4)]
    await world.draft(await world.list_of(*rows), window=OFFICE_HOURS)
    await world.start()
    await world.plan()
    mine = sa.and_(slots.c.workspace_id == world.workspace_id, slots.c.state == "assigned")
    await world.run(slots.update().where(mine).values(due_at=world.now))
    return world


async def rows_of(world: World) -> dict[str, Any]:
    names = (emails.c.recipient, emails.c.state, emails.c.reason, emails.c.attempts, emails.c.sending_at)
    query = sa.select(*names).where(emails.c.campaign_id == world.campaign_id).order_by(emails.c.id)
    async with world.open_uow() as uow:
        return {row.recipient: row for row in await uow.conn.execute(query)}


async def unsubscribes(world: World) -> None:
    await world.suppress(MIDDLE)


async def replies(world: World) -> None:
    theirs = sa.and_(enrolments.c.campaign_id == world.campaign_id, enrolments.c.email == MIDDLE)
    await world.run(enrolments.update().where(theirs).values(state="stopped"))


async def goes_home(world: World) -> None:
    theirs = sa.and_(enrolments.c.campaign_id == world.campaign_id, enrolments.c.email == MIDDLE)
    await world.run(enrolments.update().where(theirs).values(time_zone="Asia/Tokyo"))


async def loses_its_slot(world: World) -> None:
    theirs = sa.select(emails.c.id).where(emails.c.campaign_id == world.campaign_id, emails.c.recipient == MIDDLE)
    async with world.open_uow() as uow:
        await plan.release_assigned(uow.conn, slots.c.email_id.in_(theirs), today=world.now.date())


async def is_claimed_by_another(world: World) -> None:
    theirs = sa.and_(emails.c.campaign_id == world.campaign_id, emails.c.recipient == MIDDLE)
    await world.run(emails.update().where(theirs).values(fencing_token=emails.c.fencing_token + 1))


async def had_it_from_another_campaign(world: World) -> None:
    """The other two have had it in another text."""
    here = world.campaign_id
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 4))))
    there = world.campaign_id
    world.campaign_id = here
    await world.run(
        sa.text(
            "INSERT INTO sender.enrolments (id, workspace_id, campaign_id, recipient_id, lead_id, email, position, state)"
            " SELECT gen_random_uuid(), workspace_id, :there, NULL, lead_id, email, position, 'finished'"
            " FROM sender.enrolments WHERE campaign_id = :here AND email = :middle"
        ).bindparams(here=here, there=there, middle=MIDDLE)
    )
    await world.run(
        sa.text(
            "INSERT INTO sender.emails"
            " (id, workspace_id, campaign_id, enrolment_id, lead_id, mailbox_id, step, recipient, message_id, state)"
            " SELECT gen_random_uuid(), e.workspace_id, n.campaign_id, n.id, e.lead_id, e.mailbox_id, 1, e.recipient,"
            " '<' || n.id || '@x>', 'sent'"
            " FROM sender.emails e JOIN sender.enrolments n ON n.lead_id = e.lead_id AND n.campaign_id = :there"
            " WHERE e.campaign_id = :here AND e.recipient = :middle"
        ).bindparams(here=here, there=there, middle=MIDDLE)
    )
    words = sa.select(campaigns.c.subject, campaigns.c.text_body, campaigns.c.html_body)
    async with world.open_uow() as uow:
        row = (await uow.conn.execute(words.where(campaigns.c.id == here))).mappings().one()
    await world.run(campaigns.update().where(campaigns.c.id == there).values(**row))


Happens = Callable[[World], Awaitable[None]]


@pytest.mark.parametrize(
    ("happens", "becomes", "reason"),
    [
        (unsubscribes, "suppressed", "suppressed"),
        (replies, "cancelled", "enrolment_ended"),
        (goes_home, "planned", "window_closed"),
        (loses_its_slot, "planned", "no_slot"),
        (is_claimed_by_another, "claimed", None),
        (had_it_from_another_campaign, "cancelled", "already_sent"),
    ],
)
async def test_what_speaks_against_one_of_a_handful_stops_that_one_alone(
    world: World, happens: Happens, becomes: str, reason: str | None
) -> None:
    """Rules re_suppress, re_stop, re_window, re_slot, fencing and P3: red when a handful trusts what was claimed, or when
    one of it decides for the others."""
    await three(world)
    post = Interrupted(before=lambda: happens(world))
    await turn(world.context, post)
    assert sorted(post.accepted) == ["lead1@company1.example", "lead3@company3.example"]
    rows = await rows_of(world)
    assert (rows[MIDDLE].state, rows[MIDDLE].reason) == (becomes, reason)
    assert {row.state for address, row in rows.items() if address != MIDDLE} == {"sent"}


async def test_a_handful_of_yesterday_uses_no_slot_of_yesterday(world: World) -> None:
    """Rules re_slot and re_day: red when a handful takes slots of any day: today's plan is there, the slots are yesterday's."""
    await three(world)

    async def midnight() -> None:
        world.later(days=1)
        await world.run(
            sa.text(
                "INSERT INTO sender.daily_plans (workspace_id, day, quota, starts_at, ends_at)"
                " SELECT workspace_id, day + 1, quota, ends_at, ends_at + interval '1 day' FROM sender.daily_plans"
                " WHERE workspace_id = :workspace"
            ).bindparams(workspace=world.workspace_id)
        )

    post = Interrupted(before=midnight)
    await turn(world.context, post)
    assert post.accepted == []
    assert await world.states() == {"planned": 3}
    assert (await world.slot_states())["used"] == 0


async def test_one_whose_address_was_changed_after_the_claim_is_not_sent_together(world: World) -> None:
    """Red when facts are asked about the address of now, and the mail goes to that of before: here that one is suppressed."""
    await three(world)

    async def changes() -> None:
        await world.suppress(MIDDLE)
        theirs = sa.and_(emails.c.campaign_id == world.campaign_id, emails.c.recipient == MIDDLE)
        await world.run(emails.update().where(theirs).values(recipient="other@company2.example"))

    post = Interrupted(before=changes)
    await turn(world.context, post)
    assert MIDDLE not in post.accepted
    assert len(post.accepted) == 2


@pytest.mark.parametrize("ahead", [1, 3])
async def test_a_line_that_was_changed_after_the_claim_is_what_is_sent(world: World, ahead: int) -> None:
    """Red when a mail is made of the words of its claim: who has just mended a line sees it go out as it was."""
    await three(world)
    theirs = sa.and_(enrolments.c.campaign_id == world.campaign_id, enrolments.c.email == MIDDLE)

    async def is_edited() -> None:
        async with world.open_uow() as uow:
            lead_id = (await uow.conn.execute(sa.select(enrolments.c.lead_id).where(theirs))).scalar_one()
            word = {"workspace_id": world.workspace_id, "campaign_id": world.campaign_id, "lead_id": lead_id}
            await edit_line(uow, **word, line="Your pumps run quietly.", approved=True, user_id=uuid4())

    post = Interrupted(before=is_edited)
    await turn(world.context, post, pace=Pace(ahead, ahead))
    said = {letter.envelope_to: b"Your pumps run quietly." in letter.content for letter in post.letters}
    assert said == {"lead1@company1.example": False, MIDDLE: True, "lead3@company3.example": False}


async def test_one_whose_mail_cannot_be_made_any_more_fails_alone(world: World) -> None:
    """Red when what was checked at the claim is sent without its line, or keeps the others from leaving."""
    await three(world)

    async def is_emptied() -> None:
        theirs = sa.and_(recipients.c.workspace_id == world.workspace_id, recipients.c.email == MIDDLE)
        await world.run(recipients.update().where(theirs).values(line=""))

    post = Interrupted(before=is_emptied)
    await turn(world.context, post)
    assert sorted(post.accepted) == ["lead1@company1.example", "lead3@company3.example"]
    row = (await rows_of(world))[MIDDLE]
    assert (row.state, row.reason.partition(":")[0], row.attempts) == ("failed", "line_missing", 0)


@pytest.mark.parametrize("is_over", [True, False])
async def test_one_whose_row_is_gone_is_not_called_for_and_is_given_back_at_once(world: World, is_over: bool) -> None:
    """Red when there is a mail without words, when the others wait for it, and when its claim stays until the lease runs out.
    A row goes when its campaign was ended and its list deleted: then the mail is cancelled."""
    await three(world)
    mine = sa.and_(enrolments.c.campaign_id == world.campaign_id, enrolments.c.email == MIDDLE)

    async def is_erased() -> None:
        theirs = sa.and_(recipients.c.workspace_id == world.workspace_id, recipients.c.email == MIDDLE)
        await world.run(recipients.delete().where(theirs))
        if is_over:
            await world.run(enrolments.update().where(mine).values(state="stopped", reason="campaign_ended"))

    post = Interrupted(before=is_erased)
    await turn(world.context, post)
    assert sorted(post.accepted) == ["lead1@company1.example", "lead3@company3.example"]
    assert (await rows_of(world))[MIDDLE].state == ("cancelled" if is_over else "planned")
    assert await world.slot_states() == {"used": 2, "free": 1}, "or it would be claimed again at once"


@pytest.mark.parametrize("ahead", [1, 3])
async def test_one_whose_mail_falls_over_fails_alone_with_a_dead_letter(
    world: World, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    """Red when a fault in making one mail leaves the claims of its handful to their leases, and itself to be tried for ever."""
    await three(world)
    make = send_handful.prepare_mail

    def falls_over(claim: Claim, words: Words, **more: Any) -> Prepared:
        if claim.recipient == MIDDLE:
            raise ZeroDivisionError("a fault")
        return make(claim, words, **more)

    monkeypatch.setattr(send_handful, "prepare_mail", falls_over)
    post = Post()
    await turn(world.context, post, pace=Pace(ahead, ahead))
    assert sorted(post.accepted) == ["lead1@company1.example", "lead3@company3.example"]
    row = (await rows_of(world))[MIDDLE]
    assert (row.state, row.reason.partition(":")[0], row.attempts) == ("failed", "mail_not_made", 0)
    assert "ZeroDivisionError" in row.reason
    letters = sa.select(dead_emails.c.cause).where(dead_emails.c.campaign_id == world.campaign_id)
    async with world.open_uow() as uow:
        assert (await uow.conn.execute(letters)).scalars().all() == ["mail_not_made"]


async def test_one_that_cannot_be_begun_keeps_no_other_from_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when a fault in beginning one mail ends the turn: the others would come back only with their leases."""
    await three(world)

    async def falls_over(uow: UnitOfWork, claim: Claim, **more: Any) -> tuple[Begun, Letter | None]:
        if claim.recipient == MIDDLE:
            raise AssertionError("a fault")
        return await begin_alone(uow, claim, **more)

    monkeypatch.setattr(send_handful, "begin_alone", falls_over)
    monkeypatch.setattr(send_handful, "begin_together", nobody_together)
    post = Post()
    await turn(world.context, post)
    assert sorted(post.accepted) == ["lead1@company1.example", "lead3@company3.example"]
    assert await world.states() == {"sent": 2, "claimed": 1}


async def nobody_together(*_: object, **__: object) -> dict[UUID, Letter]:
    return {}


async def test_the_same_person_twice_in_a_handful_gets_one_mail(world: World) -> None:
    """P3: red when the mails of a handful are judged without each other."""
    await three(world)
    theirs = sa.and_(emails.c.campaign_id == world.campaign_id, emails.c.recipient == "lead3@company3.example")
    await world.run(emails.update().where(theirs).values(recipient=MIDDLE))
    post = Post()
    await turn(world.context, post)
    assert sorted(post.accepted) == ["lead1@company1.example", MIDDLE]
    assert await world.states() == {"sent": 2, "cancelled": 1}


async def test_who_is_held_by_somebody_else_keeps_nobody_waiting_in_a_transaction(world: World) -> None:
    """Red when a handful waits for a lock with other mails in hand: two who wait so for each other end in a deadlock."""
    await three(world)
    others = sa.select(emails.c.id).where(emails.c.campaign_id == world.campaign_id, emails.c.recipient != MIDDLE)

    async def others_are_free() -> bool:
        async with world.open_uow() as uow:
            locked = others.with_for_update(nowait=True)
            return len((await uow.conn.execute(locked)).all()) == 2

    post = Post()
    async with world.open_uow() as holder:
        theirs = sa.and_(enrolments.c.campaign_id == world.campaign_id, enrolments.c.email == MIDDLE)
        await holder.conn.execute(sa.select(enrolments.c.id).where(theirs).with_for_update())
        sending = asyncio.create_task(turn(world.context, post))
        await eventually(world.somebody_waits)
        assert await others_are_free()
    await sending
    assert len(post.accepted) == 3


async def test_an_outcome_whose_lead_somebody_holds_is_written_when_that_one_lets_go(world: World) -> None:
    """P5: red when what is passed over is forgotten: an accepted mail would become unknown."""
    await three(world)
    post, held = Post(), asyncio.Event()
    theirs = sa.and_(enrolments.c.campaign_id == world.campaign_id, enrolments.c.email == MIDDLE)

    class Holding(Post):
        async def send(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome:
            if letter.envelope_to == MIDDLE:
                held.set()
                await holding.wait()
            return await super().send(letter, may_call=may_call)

    post, holding = Holding(), asyncio.Event()
    sending = asyncio.create_task(turn(world.context, post))
    await held.wait()
    async with world.open_uow() as holder:
        await holder.conn.execute(sa.select(enrolments.c.id).where(theirs).with_for_update())
        holding.set()
        await eventually(world.somebody_waits)
        assert (await world.states())["sent"] == 2
    await sending
    assert await world.states() == {"sent": 3}
    assert await world.enrolment_states() == {("finished", None): 3}


async def test_what_is_not_called_in_time_is_taken_back_with_its_slot(world: World) -> None:
    """P5: red when a mail that was begun long ago is still called (a pause would hold for none of a handful), or when it is
    left to become unknown."""
    await three(world)
    watch = [0.0]
    post = Post(on_send=lambda: watch.__setitem__(0, watch[0] + LATEST_S + 0.1))
    seen = await turn(replace(world.context, monotonic=lambda: watch[0]), post)
    assert len(post.accepted) == 1
    assert await world.states() == {"sent": 1, "planned": 2}
    assert await world.slot_states() == {"used": 1, "assigned": 2}
    assert sorted(row.attempts for row in (await rows_of(world)).values()) == [0, 0, 1]
    assert seen.pace.ahead == 1
    while (await turn(world.context, post)).claimed:
        continue
    assert sorted(post.accepted) == [f"lead{n}@company{n}.example" for n in range(1, 4)]


@pytest.mark.parametrize("is_paused", [True, False])
async def test_what_is_taken_back_of_a_mailbox_that_was_paused_meanwhile_is_planned_anew(
    world: World, is_paused: bool
) -> None:
    """Red when nobody asks for a plan: the pause asked before these slots were there, and the day ends with them unused."""
    await three(world)
    watch, asked = [0.0], [0]

    class Pausing(Post):
        async def send(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome:
            outcome = await super().send(letter, may_call=may_call)
            watch[0] += LATEST_S + 0.1
            if is_paused:
                async with world.open_uow() as uow:
                    why = {"reason": "by_person", "detail": "paused by a person"}
                    assert await mailboxes.pause(uow.conn, world.mailbox_id, **why, now=world.now)
            asked[0] = await asks(world)
            return outcome

    await turn(replace(world.context, monotonic=lambda: watch[0]), Pausing())
    assert await world.states() == {"sent": 1, "planned": 2}
    assert await asks(world) == asked[0] + is_paused


async def asks(world: World) -> int:
    async with world.open_uow() as uow:
        return await planning.asks(uow.conn, world.workspace_id)


async def test_a_refusal_takes_back_what_would_have_come_after_it(world: World) -> None:
    """P6: red when a mailbox that refuses has the rest of the handful refused as well."""
    await three(world)
    post = Post(answer=lambda _: Refused("550 no"))
    await turn(world.context, post)
    assert len(post.letters) == 1
    assert await world.states() == {"failed": 1, "planned": 2}
    assert (await world.slot_states())["assigned"] == 2


async def test_what_became_unknown_before_it_was_taken_back_is_known_never_to_have_been_called(world: World) -> None:
    """Rules truth_wins and never_blind: red when `unknown` is planned again with its slot, or left unknown although its owner
    says that it made no call."""
    await three(world)
    watch = [0.0]

    class Slow(Post):
        async def send(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome:
            outcome = await super().send(letter, may_call=may_call)
            world.later(seconds=TIMING.sending_lease_s + 1)
            watch[0] += LATEST_S + 0.1
            await world.resolve()
            return outcome

    post = Slow()
    await turn(replace(world.context, monotonic=lambda: watch[0]), post)
    assert len(post.accepted) == 1
    assert await world.states() == {"sent": 1, "deferred": 2}
    assert await world.slot_states() == {"used": 1, "free": 2}


async def test_a_newer_claim_is_not_taken_back_by_an_older_one(world: World) -> None:
    """Rule fencing: red when a handful that is taken back does not compare its tokens."""
    await three(world)
    watch = [0.0]
    theirs = sa.and_(emails.c.campaign_id == world.campaign_id, emails.c.recipient == MIDDLE)

    class Slow(Post):
        async def send(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome:
            outcome = await super().send(letter, may_call=may_call)
            watch[0] += LATEST_S + 0.1
            await world.run(emails.update().where(theirs).values(fencing_token=emails.c.fencing_token + 1))
            return outcome

    post = Slow()
    await turn(replace(world.context, monotonic=lambda: watch[0]), post)
    first = post.accepted[0]
    rows = await rows_of(world)
    assert rows[MIDDLE].state == "sending"
    assert {row.state for address, row in rows.items() if address not in {MIDDLE, first}} == {"planned"}


async def test_a_stop_calls_for_the_mail_in_hand_only(world: World) -> None:
    """P5: red when a cancelled loop goes through its handful, or leaves it to become unknown."""
    await three(world)
    calling, go_on = asyncio.Event(), asyncio.Event()

    class SlowPost(Post):
        async def send(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome:
            calling.set()
            await go_on.wait()
            return await super().send(letter, may_call=may_call)

    post = SlowPost()
    working = asyncio.create_task(turn(world.context, post))
    await calling.wait()
    working.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert len(post.accepted) == 1
    assert await world.states() == {"sent": 1, "planned": 2}


async def test_what_was_accepted_is_recorded_when_the_next_call_falls_over(world: World) -> None:
    """P5: red when a fault of ours in one call leaves the mails before it unknown, or those after it."""
    await three(world)

    class Faulty(Post):
        async def send(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome:
            if self.accepted:
                raise AssertionError("a fault")
            return await super().send(letter, may_call=may_call)

    with pytest.raises(AssertionError, match="a fault"):
        await turn(world.context, Faulty())
    assert await world.states() == {"sent": 1, "sending": 1, "planned": 1}


async def test_one_outcome_that_cannot_be_written_down_keeps_no_other_from_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P5: red when mails that were accepted become unknown, as the one before them could not be recorded."""
    await three(world)
    alone = record_for_sure.record_outcome

    async def not_together(*_: object, **__: object) -> None:
        raise AssertionError("a fault in all")

    async def but_for_the_first(uow: UnitOfWork, claim: Claim, outcome: Outcome, *, now: datetime) -> Record | None:
        if claim.recipient == "lead1@company1.example":
            raise AssertionError("a fault in one")
        return await alone(uow, claim, outcome, now=now)

    monkeypatch.setattr(send_handful, "record_accepted", not_together)
    monkeypatch.setattr(record_for_sure, "record_outcome", but_for_the_first)
    with pytest.raises(AssertionError, match="a fault in one"):
        await turn(world.context, Post())
    assert await world.states() == {"sending": 1, "sent": 2}


async def test_what_is_not_called_of_a_campaign_that_was_ended_is_cancelled(world: World) -> None:
    """Red when it is taken back into the plan of a campaign that is over: it waits there for its mailbox, and then for ever."""
    await three(world)
    watch = [0.0]

    class Slow(Post):
        async def send(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome:
            outcome = await super().send(letter, may_call=may_call)
            watch[0] += LATEST_S + 0.1
            mine = {"workspace_id": world.workspace_id, "campaign_id": world.campaign_id}
            async with world.open_uow() as uow:
                await end_campaign(uow, **mine, ended_by=uuid4(), now=world.now)
            return outcome

    await turn(replace(world.context, monotonic=lambda: watch[0]), Slow())
    assert await world.states() == {"sent": 1, "cancelled": 2}
    assert await world.slot_states() == {"used": 1, "free": 2}


async def test_a_quick_mailbox_is_sent_through_by_few_transactions(world: World) -> None:
    """Red when a loop forgets its pace from turn to turn, or begins and records one by one: ten transactions a mail are ten
    waits for the disk."""
    await world.running(leads=64)
    assert isinstance(world.open_uow, UnitOfWorkFactory)
    post, life = Post(), Life()
    database = Counting(world.open_uow, life)

    async def plan_again(_: object) -> bool:
        return True

    context = replace(world.context, open_uow=database)
    await SendLoop(context, post, plan=plan_again, stopping=asyncio.Event(), leave=lambda: False).run()
    assert len(post.accepted) == len(set(post.accepted)) == 64
    assert database.opened <= 32


class Counting(MortalDatabase):
    """How many transactions were opened."""

    opened = 0

    def __call__(self):
        self.opened += 1
        return super().__call__()
