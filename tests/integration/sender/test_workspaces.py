"""A workspace's name and zone are the gateway's: the sender keeps the newest, and plans by it."""

from __future__ import annotations

from uuid import uuid4

import pytest
import sqlalchemy as sa

from libs.common.contracts.gateway import WorkspaceChanged
from libs.common.errors import Transient
from libs.common.uow import Message
from services.sender import handlers
from services.sender.repositories import planning
from services.sender.repositories.sending_settings import load_settings, save_settings
from services.sender.tables import COMMON
from tests.integration.sender.world import World
from tests.support.envelopes import envelope_of


async def told(world: World, *, version: int, time_zone: str) -> None:
    """Delivered twice, the second time past an inbox that was emptied."""
    event = WorkspaceChanged(
        workspace_id=world.workspace_id, workspace_version=version, name=f"V{version}", time_zone=time_zone
    )
    message = Message("sender.note_workspace", envelope_of(event, world.workspace_id))
    for emptied in (False, False, True):
        async with world.open_uow() as uow:
            if emptied:
                await uow.conn.execute(COMMON.inbox.delete().where(COMMON.inbox.c.message_id == message.envelope.id))
            if await uow.record_inbox(message):
                await handlers.note_workspace(event, uow=uow, message=message)


async def test_the_newest_zone_holds_in_whatever_order_it_is_heard_and_is_planned_by_once(world: World) -> None:
    """Red when an older word replaces a newer one, or when the plan does not learn of it."""
    async with world.open_uow() as uow:
        before = await planning.asks(uow.conn, world.workspace_id)
    for version, zone in ((3, "Asia/Tokyo"), (2, "Europe/Berlin"), (3, "Asia/Tokyo"), (4, "America/New_York")):
        await told(world, version=version, time_zone=zone)
    async with world.open_uow() as uow:
        assert (await load_settings(uow.conn, world.workspace_id)).time_zone == "America/New_York"
        assert await planning.asks(uow.conn, world.workspace_id) == before + 2
        query = sa.text("SELECT name FROM sender.workspaces WHERE id = :id")
        assert (await uow.conn.execute(query, {"id": world.workspace_id})).scalar_one() == "V4"


async def test_other_settings_leave_the_zone_alone(world: World) -> None:
    """Red when settings that were read before the zone changed put the old one back."""
    async with world.open_uow() as uow:
        known = await load_settings(uow.conn, world.workspace_id)
    await told(world, version=2, time_zone="Asia/Tokyo")
    async with world.open_uow() as uow:
        await save_settings(uow.conn, world.workspace_id, known)
    async with world.open_uow() as uow:
        assert (await load_settings(uow.conn, world.workspace_id)).time_zone == "Asia/Tokyo"


async def test_a_change_that_comes_before_the_workspace_is_tried_again(world: World) -> None:
    """Red when it is dropped, and the workspace opens with the old zone for ever."""
    event = WorkspaceChanged(workspace_id=uuid4(), workspace_version=2, name="W", time_zone="Asia/Tokyo")
    message = Message("sender.note_workspace", envelope_of(event, event.workspace_id))
    with pytest.raises(Transient):
        async with world.open_uow() as uow:
            await handlers.note_workspace(event, uow=uow, message=message)
