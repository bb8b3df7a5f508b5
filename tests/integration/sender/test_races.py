"""What happens while mails leave: a pause, and midnight. Only the inbox says what was sent, and when."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.uow import UnitOfWorkFactory
from services.sender.domain.sending import Refused
from services.sender.repositories import planning
from services.sender.tables import slots
from services.sender.use_cases.send_emails import send_emails
from services.sender.use_cases.suppress_address import suppress_address
from tests.integration.sender.mortal import Life
from tests.integration.sender.servers import Inbox, listening
from tests.integration.sender.test_crashes import client, live, office
from tests.integration.sender.world import World, recipient
from tests.support.waiting import eventually

MIDNIGHT = datetime(2027, 3, 2, tzinfo=UTC)
WORKERS = 3
AHEAD = 3


async def test_who_pauses_while_mails_leave_stops_all_but_those_in_hand(open_uow: UnitOfWorkFactory) -> None:
    """Rule re_pause, with real transactions: red when `claimed → sending` trusts what was claimed, which is everything here:
    asks neither for the campaign's state nor for the slot, which the pause takes. After the pause's commit, each worker can at
    most finish the mails that it had begun."""
    inbox = Inbox()
    async with listening(inbox) as port, office(open_uow, leads=60, quota=60) as world:

        async def interrupt() -> int:
            await eventually(lambda: len(inbox.mails) >= 5)
            await world.pause()
            return len(inbox.mails)

        workers = [send_all(world, port) for _ in range(WORKERS)]
        _, before = await asyncio.gather(asyncio.gather(*workers), interrupt())
    assert before < 60 - WORKERS * AHEAD, "the pause came too late to stop anything"
    assert len(inbox.mails) <= before + WORKERS * AHEAD
    assert len(inbox.recipients) == len(set(inbox.recipients))


async def send_all(world: World, port: int) -> None:
    """Claim much at once, and send it."""
    context, mailbox = replace(world.context, batch_size=20, ahead=AHEAD), client(port)
    while (await send_emails(context, mailbox, stopping=lambda: False)).claimed:
        continue
    await mailbox.close()


@dataclass
class Night(World):
    """Each look at the clock takes a second, and right before midnight somebody is held up until after it."""

    async def clock(self, conn: AsyncConnection) -> datetime:
        del conn
        self.later(seconds=1)
        if MIDNIGHT - timedelta(seconds=50) < self.now < MIDNIGHT:
            self.now = MIDNIGHT + timedelta(seconds=5)
        return self.now


def days_of(inbox: Inbox) -> Counter[date]:
    """How many mails bear the date of each day: that of the transaction that began the send."""
    return Counter(parsedate_to_datetime(str(mail["Date"])).date() for mail in inbox.parsed())


async def test_midnight_between_claim_and_send_gives_no_day_more_than_its_quota(open_uow: UnitOfWorkFactory) -> None:
    """Rules re_day and re_slot, with real transactions: red when a claim of yesterday uses yesterday's slot today, on top of
    all of today's."""
    quota, today = 12, MIDNIGHT.date()
    world = await Night(open_uow, now=MIDNIGHT - timedelta(seconds=66)).open()
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 41))), quota=quota)
    await world.start()
    inbox = Inbox()

    async def make_due() -> None:
        await world.plan()
        mine = sa.and_(slots.c.workspace_id == world.workspace_id, slots.c.state == "assigned")
        await world.run(slots.update().where(mine).values(due_at=world.now))

    async with listening(inbox) as port:
        for _ in range(10):
            await make_due()
            await asyncio.gather(*(live(world, client(port), Life()) for _ in range(WORKERS)))
            if days_of(inbox)[today] >= quota:
                break
    counted = days_of(inbox)
    assert 0 < counted.pop(today - timedelta(days=1)) < quota, "midnight came when nobody had a claim in hand"
    assert counted == {today: quota}
    assert len(inbox.recipients) == len(set(inbox.recipients))


async def test_who_unsubscribes_while_their_mail_bounces_waits_for_it_and_not_for_ever(world: World) -> None:
    """Red when the record of a bounce asks for planning before it suppresses the address: a person who does the same the other
    way round and the record then wait for each other."""
    await world.running(leads=1)
    claim = await world.claim_one()
    await world.begin(claim)
    bounce = Refused("550 5.1.1 nobody here", no_such_address=True)
    async with world.open_uow() as uow:
        await suppress_address(uow, workspace_id=world.workspace_id, address=claim.recipient, reason="unsubscribed")
        recorded = asyncio.create_task(world.record(claim, bounce))
        await eventually(world.somebody_waits)
        await planning.ask(uow.conn, world.workspace_id)
    assert await recorded is not None
    assert await world.states() == {"failed": 1}
