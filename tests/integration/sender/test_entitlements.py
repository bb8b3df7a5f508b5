"""What a plan allows of sending: without a mailbox nothing is made or begun."""

from __future__ import annotations

import pytest

from libs.common.contracts.billing import EntitlementsChanged
from libs.common.errors import Conflict
from libs.common.uow import Message
from services.sender import handlers
from services.sender.domain.entitlements import Mailboxes, check_mailboxes
from services.sender.repositories import entitlements
from services.sender.tables import COMMON
from tests.integration.sender.world import World, recipient
from tests.support.envelopes import envelope_of


async def on_a_plan(world: World, *, version: int = 1, mailboxes: int | None) -> None:
    """Delivered twice, the second time past an inbox that was emptied."""
    event = EntitlementsChanged(entitlements_version=version, plan="free", mailboxes=mailboxes)
    envelope = envelope_of(event, world.workspace_id)
    message = Message("sender.note_entitlements", envelope)
    for emptied in (False, False, True):
        async with world.open_uow() as uow:
            if emptied:
                await uow.conn.execute(COMMON.inbox.delete())
            if await uow.record_inbox(message):
                await handlers.note_entitlements(event, uow=uow, message=message)


async def test_a_plan_without_mailboxes_makes_no_campaign_and_begins_none(world: World) -> None:
    """Red when only one of the two looks at the plan."""
    list_id = await world.list_of(recipient(1))
    await world.draft(list_id)
    await on_a_plan(world, mailboxes=0)
    for attempt in (world.draft(list_id), world.start()):
        with pytest.raises(Conflict) as refused:
            await attempt
        assert (refused.value.code, refused.value.extra["limit"]) == ("mailboxes_reached", 0)
    await on_a_plan(world, version=2, mailboxes=1)
    await world.start()


async def test_a_campaign_that_has_begun_goes_on(world: World) -> None:
    """Red when a smaller plan stops what is being sent: resuming after a pause is no new beginning."""
    await world.running(leads=1)
    await world.pause()
    await on_a_plan(world, mailboxes=0)
    await world.start()


async def test_the_newest_word_on_a_workspace_wins_in_whatever_order_it_is_heard(world: World) -> None:
    """Red when an older version replaces a newer one."""
    for version, number in ((2, 20), (1, 10), (3, None), (2, 20)):
        await on_a_plan(world, version=version, mailboxes=number)
    async with world.open_uow() as uow:
        assert await entitlements.mailboxes_of(uow.conn, world.workspace_id) == Mailboxes("free", None)


@pytest.mark.parametrize(("most", "used"), [(None, 99), (1, 1), (3, 2)])
def test_as_many_mailboxes_as_the_plan_says_may_be_used(most: int | None, used: int) -> None:
    check_mailboxes(Mailboxes("free", most), used=used)


@pytest.mark.parametrize(("most", "used"), [(0, 1), (1, 2)])
def test_and_not_one_more(most: int, used: int) -> None:
    """Red when the number is off by one."""
    with pytest.raises(Conflict):
        check_mailboxes(Mailboxes("free", most), used=used)
