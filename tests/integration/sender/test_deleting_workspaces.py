"""A workspace is deleted: no more mail of it leaves, what has left is recorded first, and proofs stay as hashes."""

from datetime import timedelta

import sqlalchemy as sa

from libs.common.belonging import count_left
from libs.common.erasing import SETTLED, erase_workspaces
from services.sender.belongings import BELONGINGS
from services.sender.domain.sending import Accepted
from services.sender.domain.unsubscribing import Unsubscribing
from services.sender.tables import suppression_changes, suppressions
from services.sender.use_cases.delete_workspace import delete_workspace, erasing_of
from services.sender.use_cases.unsubscribe import unsubscribe
from tests.integration.sender.world import World

PROOFS = {"suppressions", "suppression_changes"}
KEPT = PROOFS | {"deleted_workspaces"}
ADDRESS = "never@again.example"


async def delete(world: World) -> None:
    """Heard twice, the second time as if the inbox had been emptied."""
    for _ in range(2):
        async with world.open_uow() as uow:
            await delete_workspace(world.workspace_id, uow=uow, now=world.now)


async def erase(world: World) -> None:
    now = world.now + SETTLED + timedelta(days=1)
    await erase_workspaces(erasing_of(world.open_uow), open_uow=world.open_uow, now=now)


async def left(world: World) -> set[str]:
    async with world.open_uow() as uow:
        return set(await count_left(uow.conn, BELONGINGS, workspace_id=world.workspace_id))


async def test_no_mail_is_begun_once_it_is_heard(world: World) -> None:
    """Red when a mail that was claimed before is sent after."""
    await world.running(leads=3)
    claim = await world.claim_one()
    await delete(world)
    assert await world.claim(limit=10) == []
    assert (await world.begin(claim)).state == "dropped"


async def test_a_mail_in_hand_is_recorded_before_all_is_erased(world: World) -> None:
    """Red when the row is erased below a worker, whose outcome then has no place."""
    await world.running(leads=2)
    claim = await world.claim_one()
    assert (await world.begin(claim)).state == "go"
    await delete(world)
    await erase(world)
    assert "emails" in await left(world)
    assert await world.record(claim, Accepted("250 ok")) is not None
    assert await world.state_of(claim) == "sent"
    await erase(world)
    assert await left(world) <= KEPT


async def test_that_somebody_wants_no_mail_stays_without_the_address(world: World) -> None:
    """Red when a suppression goes, or its address stays; and when a link in an old mail brings the address back."""
    await world.running(leads=1)
    await world.suppress(ADDRESS)
    await world.suppress(f"#{ADDRESS}")
    await delete(world)
    await erase(world)
    told = Unsubscribing(world.workspace_id, world.workspace_id, world.workspace_id, ADDRESS)
    await unsubscribe(told, open_uow=world.open_uow, one_click=True)
    assert await left(world) == KEPT
    async with world.open_uow() as uow:
        for table in (suppressions, suppression_changes):
            query = sa.select(table.c.email, table.c.note).where(table.c.workspace_id == world.workspace_id)
            rows = (await uow.conn.execute(query)).all()
            assert len(rows) == 2
            assert [row for row in rows if "@" in row.email or row.note] == []
