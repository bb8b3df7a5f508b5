"""A turn of the sending loop against real servers and failing ones: what leaves, what comes back, what is never repeated."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from libs.common.smtp_address import parse_smtp_url
from libs.common.uow import UnitOfWork, UnitOfWorkFactory
from services.sender.clients.mailbox import MailboxDown
from services.sender.clients.smtp import SmtpMailbox
from services.sender.domain.message import Letter
from services.sender.domain.sending import MAX_REFUSALS, Accepted, Deferred, Outcome, Refused, Unknown
from services.sender.repositories.workspaces import load_mailbox, load_workspace
from services.sender.schedules import plan_workspace, schedules
from services.sender.tables import workspaces
from services.sender.use_cases.send_emails import Turn, send_emails
from tests.integration.sender.servers import Inbox, listening
from tests.integration.sender.world import TIMING, Post, World


async def turn(world: World, post: Post | SmtpMailbox) -> Turn:
    return await send_emails(world.context, post, stopping=lambda: False)


async def drain(world: World, post: Post | SmtpMailbox) -> None:
    while await world.plan() or (await turn(world, post)).claimed:
        pass


def events(world: World) -> sa.TextClause:
    return sa.text(
        "SELECT routing_key, sum(jsonb_array_length(convert_from(body, 'UTF8')::jsonb -> 'data' -> 'emails')) AS emails"
        " FROM sender.outbox WHERE convert_from(body, 'UTF8') LIKE :w GROUP BY 1"
    ).bindparams(w=f"%{world.workspace_id}%")


async def test_a_list_leaves_over_smtp_once_within_its_quota_and_says_so(world: World) -> None:
    inbox = Inbox()
    await world.running(leads=25, quota=20)
    async with listening(inbox) as port:
        mailbox = SmtpMailbox(parse_smtp_url(f"smtp://127.0.0.1:{port}"), connect_timeout_s=5, provider_timeout_s=5)
        await drain(world, mailbox)
        assert len(inbox.mails) == 20
        world.later(days=1)
        await drain(world, mailbox)
        await mailbox.close()
    assert sorted(inbox.recipients) == sorted(f"lead{n}@company{n}.example" for n in range(1, 26))
    mail = inbox.parsed()[0]
    assert mail["From"] == "Ann Lee <ann@corofy.example>"
    assert mail["To"] == "lead1@company1.example"
    assert "<mailto:stop@corofy.example?subject=unsubscribe%20" in mail["List-Unsubscribe"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = mail.get_payload(0).get_payload()  # pyright: ignore[reportAttributeAccessIssue] - the first part
    for words in ("Hi First1,", "number 1.", "1 Test Street", "https://app.corofy.example/u/"):
        assert words in text
    assert len({mail["Message-ID"] for mail in inbox.parsed()}) == 25
    async with world.open_uow() as uow:
        said = {row.routing_key: row.emails for row in await uow.conn.execute(events(world))}
    assert said == {
        "sender.campaign.started.v1": None,
        "sender.emails.sent.v1": 25,
        "sender.campaign.finished.v1": None,
    }


@pytest.mark.parametrize("mood", ["kept and dropped", "lost and dropped"])
async def test_a_connection_lost_after_the_final_dot_is_never_retried(world: World, mood: str) -> None:
    """P3 on a real socket: red when Unknown is recorded as deferred."""
    inbox = Inbox(moods=[mood])
    await world.running(leads=3)
    async with listening(inbox) as port:
        mailbox = SmtpMailbox(parse_smtp_url(f"smtp://127.0.0.1:{port}"), connect_timeout_s=5, provider_timeout_s=5)
        await turn(world, mailbox)
        world.later(minutes=1)
        await drain(world, mailbox)
        world.later(days=1)
        await drain(world, mailbox)
        await mailbox.close()
    assert await world.states() == {"unknown": 1, "sent": 2}
    assert len(inbox.recipients) == len(set(inbox.recipients)) == (3 if mood == "kept and dropped" else 2)


async def test_a_greylisted_mail_is_sent_later_with_the_same_message_id(world: World) -> None:
    inbox = Inbox(moods=["greylisted"])
    await world.running(leads=1)
    async with listening(inbox) as port:
        mailbox = SmtpMailbox(parse_smtp_url(f"smtp://127.0.0.1:{port}"), connect_timeout_s=5, provider_timeout_s=5)
        await turn(world, mailbox)
        assert await world.states() == {"deferred": 1}
        assert await world.plan() == 1
        assert await world.claim() == [], "not before it is due again"
        world.later(minutes=2)
        await drain(world, mailbox)
        await mailbox.close()
    assert await world.states() == {"sent": 1}
    assert (await world.slot_states()) == {"used": 1}


async def test_a_refusal_in_latin_1_is_recorded_as_the_refusal_it_is(world: World) -> None:
    """Red when a reply is stored as it came: Postgres refuses it, and a clear no ends as `unknown`."""
    await world.running(leads=2)
    async with listening(Inbox(moods=["no such user, in Latin-1"])) as port:
        mailbox = SmtpMailbox(parse_smtp_url(f"smtp://127.0.0.1:{port}"), connect_timeout_s=5, provider_timeout_s=5)
        await turn(world, mailbox)
        await mailbox.close()
    assert await world.states() == {"failed": 1, "sent": 1}


async def test_a_login_that_is_refused_in_latin_1_lets_the_mailbox_rest(world: World) -> None:
    """Red when a reply is stored as it came: the rest is never noted, and the wrong password is tried for ever."""
    await world.running(leads=2)
    inbox = Inbox()
    async with listening(inbox, logins=True) as port:
        address = parse_smtp_url(f"smtp://ann:wrong@127.0.0.1:{port}")
        mailbox = SmtpMailbox(address, connect_timeout_s=5, provider_timeout_s=5)
        assert (await turn(world, mailbox)).claimed == 2
        assert (await turn(world, mailbox)).claimed == 0, "it rests"
    assert inbox.connections == 1
    assert await world.states() == {"planned": 2}


async def test_a_mailbox_that_is_down_rests_and_costs_no_lead_anything(world: World) -> None:
    """Red when the batch is begun before the connection is there: every lead would be deferred."""
    post = Post(down=MailboxDown("refused"))
    await world.running(leads=3)
    assert (await turn(world, post)).claimed == 3
    assert await world.states() == {"planned": 3}
    assert await world.slot_states() == {"assigned": 3}
    assert (await turn(world, post)).claimed == 0, "it rests"
    world.later(seconds=6)
    post.down = None
    assert (await turn(world, post)).claimed == 3
    assert len(post.accepted) == 3


@pytest.mark.parametrize("outcome", [Unknown("lost"), Deferred("421 bye", mailbox=True)])
async def test_a_mailbox_in_trouble_stops_the_batch(world: World, outcome: Outcome) -> None:
    """Red when a server that loses its answers turns a whole list into unknowns."""
    post = Post(answer=lambda _: outcome)
    await world.running(leads=5)
    await turn(world, post)
    assert len(post.letters) == 1
    assert (await world.states())["planned"] == 4


async def test_a_mailbox_that_has_everything_refused_rests_and_its_list_is_spared(world: World) -> None:
    """P6: red when refusals are not counted in a row, over turns: a provider's own no would fail the whole list."""
    answers: list[Outcome] = [Refused("550 relaying denied"), Deferred("451 later")]
    post = Post(answer=lambda _: answers[len(post.letters) % 2])
    await world.running(leads=30)
    context = replace(world.context, batch_size=3)
    for _ in range(10):
        await send_emails(context, post, stopping=lambda: False)
    assert len(post.letters) == MAX_REFUSALS
    async with world.open_uow() as uow:
        seen = await load_mailbox(uow.conn, world.mailbox_id)
    assert seen.retry_at is not None
    for tried in (1, 2):
        world.later(hours=1)
        for _ in range(5):
            await send_emails(context, post, stopping=lambda: False)
        assert len(post.letters) == MAX_REFUSALS + tried, "a single one is tried before the next rest"
    world.later(hours=1)
    post.answer = lambda _: Accepted("250 OK")
    await world.plan()
    while (await turn(world, post)).claimed:
        pass
    assert (await world.states())["sent"] == len(post.accepted) >= 25


async def test_refusals_are_counted_over_all_connections_of_a_mailbox(world: World) -> None:
    """P6: red when each connection counts its own: with ten of them, fifty leads would fail before the mailbox rests."""
    post = Post(answer=lambda _: Refused("550 relaying denied"))
    await world.running(leads=60)
    connections = 3
    await asyncio.gather(*(turn(world, post) for _ in range(connections)))
    assert len(post.letters) < MAX_REFUSALS + connections, "but for those that were in hand at the fifth"
    async with world.open_uow() as uow:
        seen = await load_mailbox(uow.conn, world.mailbox_id)
    assert seen.retry_at is not None
    assert seen.refusals == len(post.letters)


async def test_one_that_is_accepted_meanwhile_ends_the_row(world: World) -> None:
    """Red when refusals count on although the mailbox has been seen to work, over turns."""
    answers: list[Outcome] = [*[Refused("550 no")] * 4, Accepted("250 OK"), *[Refused("550 no")] * 4]
    post = Post(answer=lambda _: answers[len(post.letters) - 1])
    await world.running(leads=9)
    context = replace(world.context, batch_size=2)
    for _ in range(9):
        await send_emails(context, post, stopping=lambda: False)
    async with world.open_uow() as uow:
        seen = await load_mailbox(uow.conn, world.mailbox_id)
    assert (len(post.letters), seen.refusals, seen.retry_at) == (9, 4, None)


async def test_refusals_among_accepted_mails_are_their_recipients(world: World) -> None:
    """Red when refusals are counted although mails between them were accepted."""
    post = Post(answer=lambda _: Refused("550 no") if len(post.letters) % 4 else Accepted("250 OK"))
    await world.running(leads=24)
    while (await turn(world, post)).claimed:
        pass
    assert await world.states() == {"failed": 18, "sent": 6}


async def test_a_stop_in_the_middle_finishes_the_mail_in_hand_and_gives_the_rest_back(world: World) -> None:
    """P5: red when a cancelled loop abandons a call that has begun: the mail would be unknown."""
    await world.running(leads=3)
    calling, go_on = asyncio.Event(), asyncio.Event()

    class SlowPost(Post):
        async def send(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome:
            assert may_call()
            calling.set()
            await go_on.wait()
            self.accepted.append(letter.envelope_to)
            return Accepted("250 OK")

    post = SlowPost()
    working = asyncio.create_task(turn(world, post))
    await calling.wait()
    working.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert post.accepted == ["lead1@company1.example"]
    assert await world.states() == {"sent": 1, "planned": 2}


async def test_many_loops_at_once_send_each_mail_once(world: World) -> None:
    """P3, P4: red when claims overlap or slots are counted instead of written."""
    await world.running(leads=60, quota=40)
    posts = [Post() for _ in range(6)]

    async def keep_on(post: Post) -> None:
        while (await turn(world, post)).claimed:
            pass

    await asyncio.gather(*(keep_on(post) for post in posts))
    accepted = [address for post in posts for address in post.accepted]
    assert len(accepted) == len(set(accepted)) == 40
    assert await world.slot_states() == {"used": 40}


class DyingDatabase(UnitOfWorkFactory):
    """Commits, and then loses the answer: of the n-th unit of work only."""

    def __init__(self, inner: UnitOfWorkFactory, *, dies_at: int) -> None:
        super().__init__(inner.engine, inner.tables)
        self._left = dies_at

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncGenerator[UnitOfWork]:
        self._left -= 1
        dies = self._left == 0
        async with super().__call__() as uow:
            yield uow
        if dies:
            raise ConnectionError("the answer to COMMIT was lost")


async def test_a_database_that_dies_at_the_commit_of_begin_means_no_call(world: World) -> None:
    """P3, P5: red when the call is made although nobody knows whether `sending` was committed."""
    await world.running(leads=1)
    claiming_then_beginning = 2
    context = replace(world.context, open_uow=DyingDatabase(world.open_uow, dies_at=claiming_then_beginning))
    post = Post()
    with pytest.raises(ConnectionError):
        await send_emails(context, post, stopping=lambda: False)
    assert post.letters == []
    assert await world.states() == {"deferred": 1}
    assert await world.slot_states() == {"free": 1}


async def test_an_outcome_is_recorded_although_the_database_was_away(world: World) -> None:
    """P5: red when a record that fails once leaves an accepted mail unknown."""
    await world.running(leads=1)
    claiming_beginning_then_recording = 3
    context = replace(world.context, open_uow=DyingDatabase(world.open_uow, dies_at=claiming_beginning_then_recording))
    post = Post()
    await send_emails(context, post, stopping=lambda: False)
    assert len(post.accepted) == 1
    assert await world.states() == {"sent": 1}


async def test_the_schedules_plan_the_new_day_and_resolve_lost_sends(world: World) -> None:
    """Red when nobody plans at midnight, or nobody looks at the leases of `sending`."""
    world.now = datetime(2027, 3, 1, 12, tzinfo=UTC)
    await world.running(leads=3, quota=2)
    lost = await world.claim_one()
    await world.begin(lost)
    world.later(seconds=TIMING.sending_lease_s + 1)
    work = {schedule.name: schedule.work for schedule in schedules(world.context)}
    await work["resolve_leases"]()
    assert await world.state_of(lost) == "unknown"
    world.later(days=1)
    await work["plan_days"]()
    assert await world.slot_states() == {"used": 1, "gone": 1, "assigned": 2}


async def test_a_workspace_that_cannot_be_planned_leaves_the_others_their_plan(world: World) -> None:
    """P7: red when the first failure ends the round."""
    others = [await (await World(world.open_uow).open()).running(leads=1) for _ in range(3)]
    others.sort(key=lambda other: other.workspace_id)
    broken = workspaces.update().where(workspaces.c.id == others[1].workspace_id)
    await world.run(broken.values(time_zone="Mars/Olympus"))
    for other in others:
        other.later(days=1)
    (plan_days,) = (each.work for each in schedules(others[0].context) if each.name == "plan_days")
    with pytest.raises(ExceptionGroup, match=f"{others[1].workspace_id}.*Mars/Olympus"):
        await plan_days()
    await world.run(broken.values(time_zone="UTC"))
    assert [(await other.slot_states())["gone"] for other in others] == [1, 0, 1]


async def test_a_planner_passes_over_a_workspace_that_another_is_planning(world: World) -> None:
    """Red when the sending loops wait for the planning lock."""
    await world.running(leads=1)
    async with world.open_uow() as uow:
        await load_workspace(uow.conn, world.workspace_id, lock=True)
        async with asyncio.timeout(5):
            assert not await plan_workspace(world.context, world.workspace_id)
    assert await plan_workspace(world.context, world.workspace_id)
