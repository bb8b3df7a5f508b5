"""Mails that people send themselves: what they take of a mailbox's day, and what becomes of one that nobody finished."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from libs.common.ids import new_id
from services.sender.repositories import test_mails as repository
from services.sender.repositories.test_mails import TestMail
from services.sender.tables import mailboxes, test_mails
from tests.integration.sender.outlook import dry, forecast, live
from tests.integration.sender.world import World, recipient

PERSON = UUID(int=9)


async def begin(world: World, *, key: str, at: datetime) -> bool:
    mail = TestMail(new_id(), "me@ours.example", "[Test] s", "sending", None, at)
    async with world.open_uow() as uow:
        return await repository.begin(
            uow.conn,
            mail,
            key=key,
            workspace_id=world.workspace_id,
            campaign_id=world.campaign_id,
            mailbox_id=world.mailbox_id,
            asked_by=PERSON,
        )


async def state_of(world: World, key: str) -> str | None:
    async with world.open_uow() as uow:
        found = await repository.load_asked(uow.conn, workspace_id=world.workspace_id, key=key, now=world.now)
    return found.state if found else None


async def test_a_test_counts_against_the_mailbox_of_its_day_and_not_against_the_workspace(world: World) -> None:
    """Red when a mailbox sends its quota beside the tests, or a test of another day, or one that failed, counts."""
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 6))))
    await world.run(mailboxes.update().where(mailboxes.c.id == world.mailbox_id).values(daily_quota=3))
    await begin(world, key="today", at=world.now)
    await begin(world, key="yesterday", at=world.now - timedelta(days=1))
    await begin(world, key="failed", at=world.now)
    await world.run(test_mails.update().where(test_mails.c.key == "failed").values(state="failed"))
    await world.start()
    assert await world.plan() == 2
    async with world.open_uow() as uow:
        assert await repository.count_since(uow.conn, world.workspace_id, since=world.now - timedelta(hours=1)) == 2


async def test_a_forecast_and_a_dry_run_count_todays_tests_and_come_true(world: World) -> None:
    """Red when the calendar promises what the planner does not give, or today's tests are taken off tomorrow's day too."""
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 6))))
    await world.run(mailboxes.update().where(mailboxes.c.id == world.mailbox_id).values(daily_quota=3))
    await begin(world, key="today", at=world.now)
    await world.start()
    promised = await forecast(world)
    assert [sum(one.first_emails for one in day.campaigns) for day in promised.days] == [2, 3]
    assert [day.sent for day in (await dry(world)).days] == [2, 3]
    assert list((await live(world, days=2)).values()) == [2, 3]


async def test_a_test_that_nobody_finished_is_unknown_and_not_sent_again(world: World) -> None:
    """Crash between call and record. Red when the same key sends a second mail, or `sending` is shown for ever."""
    await world.draft(await world.list_of(recipient(1)))
    assert await begin(world, key="k", at=world.now)
    assert not await begin(world, key="k", at=world.now)
    assert await state_of(world, "k") == "sending"
    world.later(minutes=6)
    assert await state_of(world, "k") == "unknown"
    assert await state_of(world, "other") is None


async def test_what_became_of_a_test_stays_when_its_campaign_goes(world: World) -> None:
    """Red when deleting a campaign gives the mailbox back what its tests took."""
    await world.draft(await world.list_of(recipient(1)))
    await begin(world, key="k", at=world.now)
    await world.run(sa.text("DELETE FROM sender.campaigns WHERE id = :id").bindparams(id=world.campaign_id))
    assert await state_of(world, "k") == "sending"
