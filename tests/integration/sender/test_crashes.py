"""Workers that are killed at every step of a send, and many of them at once. Only the inbox says what was sent."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from libs.common.smtp_address import parse_smtp_url
from libs.common.uow import UnitOfWorkFactory
from services.sender.clients.mailbox import Mailbox
from services.sender.clients.smtp import SmtpMailbox
from services.sender.domain.pace import Pace
from services.sender.domain.windows import OFFICE_HOURS
from services.sender.repositories.expired_claims import release_expired_claims
from services.sender.tables import claim_batches, emails, slots
from services.sender.use_cases.send_emails import send_emails
from tests.integration.sender.mortal import Killed, Life, MortalDatabase, MortalMailbox
from tests.integration.sender.servers import Inbox, listening
from tests.integration.sender.world import MORNING, TIMING, World, recipient
from tests.support.waiting import eventually


def client(port: int) -> SmtpMailbox:
    return SmtpMailbox(parse_smtp_url(f"smtp://127.0.0.1:{port}"), connect_timeout_s=10, provider_timeout_s=20)


async def live(world: World, mailbox: Mailbox, life: Life, *, ahead: int = 1) -> bool:
    """Send until there is nothing to send, or to death, `ahead` mails at once. Answers whether it was killed."""
    assert isinstance(world.open_uow, UnitOfWorkFactory)
    context = replace(world.context, open_uow=MortalDatabase(world.open_uow, life), batch_size=3)
    pace = Pace(ahead, ahead)
    try:
        while (await send_emails(context, MortalMailbox(mailbox, life), stopping=lambda: False, pace=pace)).claimed:
            pass
    except Killed:
        return True
    finally:
        await mailbox.close()
    return False


async def recover(world: World) -> None:
    """Every lease has run out, and what was lost is resolved."""
    world.later(seconds=TIMING.claim_lease_s + TIMING.sending_lease_s)
    async with world.open_uow() as uow:
        await release_expired_claims(uow.conn, now=world.now)
    await world.resolve()
    await world.plan()


async def check_against(world: World, inbox: Inbox, *, quota: int) -> None:
    """What the inbox has must be what is allowed, whatever our tables say."""
    accepted = Counter(inbox.recipients)
    unknown = (await world.states())["unknown"]
    assert accepted.total() == len(accepted), "somebody got it twice"
    assert quota - unknown <= accepted.total() <= quota, f"{accepted.total()} accepted, {unknown} unknown"
    assert (await world.states())["sent"] <= accepted.total()


@contextlib.asynccontextmanager
async def office(open_uow: UnitOfWorkFactory, *, leads: int, quota: int) -> AsyncGenerator[World]:
    """A campaign with hours, all of whose mails are due."""
    world = await World(open_uow).open()
    rows = [recipient(n) for n in range(1, leads + 1)]
    await world.draft(await world.list_of(*rows), quota=quota, window=OFFICE_HOURS)
    await world.start()
    await world.plan()
    world.now = MORNING.replace(hour=16, minute=30)
    mine = sa.and_(slots.c.workspace_id == world.workspace_id, slots.c.state == "assigned")
    await world.run(slots.update().where(mine).values(due_at=world.now))
    # Claims that others left behind would be looked at by the first of several runs, which then has more steps.
    await world.run(claim_batches.delete())
    yield world


@pytest.mark.parametrize("ahead", [1, 3])
async def test_a_worker_that_is_killed_at_any_step_costs_at_most_the_unknowns_it_has_begun(
    open_uow: UnitOfWorkFactory, ahead: int
) -> None:
    """P3, P4, P5: red when `sending` is not committed before the call, when a crashed send is tried again, or when a slot
    comes back of which nobody knows whether it was used. Each statement, commit and call of a turn is a step."""
    whole, inbox, quota = Life(), Inbox(), ahead
    async with listening(inbox) as port:
        async with office(open_uow, leads=quota + 1, quota=quota) as world:
            assert not await live(world, client(port), whole, ahead=ahead)
        assert len(inbox.recipients) == quota
        for step in range(1, whole.steps + 1):
            inbox.mails.clear()
            async with office(open_uow, leads=quota + 1, quota=quota) as world:
                assert await live(world, client(port), Life(ends_at=step), ahead=ahead)
                await recover(world)
                assert not await live(world, client(port), Life(), ahead=ahead)
                assert (await world.states())["unknown"] <= ahead
                await check_against(world, inbox, quota=quota)


async def test_twenty_workers_and_twenty_kills_keep_the_quota(open_uow: UnitOfWorkFactory) -> None:
    """P3, P4, P5: red when any rule of a send goes. Planners run meanwhile; every worker that dies has a successor."""
    quota, chance, kills, inbox = 60, random.Random(7), 0, Inbox()
    async with listening(inbox) as port, office(open_uow, leads=80, quota=quota) as world:

        async def keep_on(number: int) -> None:
            nonlocal kills
            while True:
                life = Life(ends_at=chance.randint(1, 60) if kills < 20 and number % 2 else 0)
                if not await live(world, client(port), life, ahead=1 + number % 3):
                    return
                kills += 1

        async def keep_planning() -> None:
            for _ in range(6):
                await world.plan()

        await asyncio.gather(*(keep_on(number) for number in range(20)), keep_planning(), keep_planning())
        while not await rested(world):
            await recover(world)
            await live(world, client(port), Life())
        assert kills >= 5
        assert world.now < MORNING.replace(hour=17) - timedelta(seconds=TIMING.call_s), "or the window decides"
        await check_against(world, inbox, quota=quota)


async def rested(world: World) -> bool:
    """Whether nothing of today is on its way."""
    states, slots = await world.states(), await world.slot_states()
    return not states.keys() & {"claimed", "sending"} and not slots.keys() & {"assigned", "free"}


async def test_two_clicks_two_planners_and_twenty_workers_send_each_mail_once(open_uow: UnitOfWorkFactory) -> None:
    """P3, P4: red when starts do not queue, planners do not lock, or claims overlap."""
    inbox, world = Inbox(), await World(open_uow).open()
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 61))), quota=40)
    async with listening(inbox) as port:

        async def work() -> None:
            await live(world, client(port), Life())

        async def click() -> None:
            await world.start()
            await world.plan()

        async def keep_planning() -> None:
            for _ in range(4):
                await world.plan()

        await asyncio.gather(click(), click(), keep_planning(), keep_planning(), *(work() for _ in range(20)))
        await world.plan()
        await work()
    assert len(inbox.recipients) == len(set(inbox.recipients)) == 40
    assert await world.slot_states() == {"used": 40}


async def test_who_unsubscribes_while_mails_leave_gets_none_that_begins_later(
    open_uow: UnitOfWorkFactory,
) -> None:
    """Rule re_suppress, with real transactions: red when `claimed → sending` trusts what was claimed.

    The instant that counts is the commit: whoever had not begun by then is not in the inbox afterwards.
    """
    inbox = Inbox()
    async with listening(inbox) as port, office(open_uow, leads=30, quota=30) as world:

        async def interrupt() -> set[str]:
            await eventually(lambda: len(inbox.mails) >= 5)
            for n in range(20, 31):
                await world.suppress(f"lead{n}@company{n}.example")
            return await began(world)

        workers = [live(world, client(port), Life()) for _ in range(3)]
        _, allowed = await asyncio.gather(asyncio.gather(*workers), interrupt())
    late = {f"lead{n}@company{n}.example" for n in range(20, 31)}
    assert (set(inbox.recipients) & late) <= allowed
    assert len(inbox.recipients) == len(set(inbox.recipients))


async def began(world: World) -> set[str]:
    """Whose sends had begun, as committed now."""
    query = sa.select(emails.c.recipient).where(
        emails.c.workspace_id == world.workspace_id, emails.c.state.in_(("sending", "sent", "unknown"))
    )
    async with world.open_uow() as uow:
        return set((await uow.conn.execute(query)).scalars())
