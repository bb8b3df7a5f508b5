"""Who is asked back of campaigns that are handed over: found by an index, and written in one order."""

from datetime import timedelta

import sqlalchemy as sa

from services.sender.repositories import take_backs
from services.sender.tables import hand_overs
from services.sender.tables import take_backs as asked
from tests.integration.sender.test_sleepers import touched, with_sleepers
from tests.integration.sender.world import MORNING, World


async def handed_over(world: World, *, leads: int) -> None:
    """A campaign at a scheduler of its own, with ten leads of as many domains and so many of one."""
    await with_sleepers(world, leads, wakes_at=MORNING + timedelta(days=3))
    await world.run(sa.text("ANALYZE sender.leads"))
    await world.run(hand_overs.insert().values(campaign_id=world.campaign_id, mailbox_id=world.mailbox_id))


async def written(world: World) -> list[str]:
    """In the order in which they were written."""
    query = sa.select(asked.c.email).where(asked.c.campaign_id == world.campaign_id)
    async with world.open_uow() as uow:
        return list((await uow.conn.execute(query.order_by(sa.text("take_backs.ctid")))).scalars())


async def test_people_of_a_domain_are_found_without_reading_the_campaign(world: World) -> None:
    """Red when their domain is asked of the enrolments, which have no index of it."""
    await handed_over(world, leads=10_000)
    async with world.open_uow() as uow:
        before, _ = await touched(uow.conn)
        await take_backs.ask(uow.conn, workspace_id=world.workspace_id, targets=["@company3.example"])
        read = (await touched(uow.conn))[0] - before
    assert read < 100, f"{read} rows were read to find one"
    assert await written(world) == ["lead3@company3.example"]


async def test_who_asks_for_the_same_people_writes_them_in_the_same_order(world: World) -> None:
    """Red without an order: two who suppress the same domain, one of them for everybody, could wait for each other."""
    await handed_over(world, leads=500)
    async with world.open_uow() as uow:
        # As for very many: without this, Postgres happens to sort them to find those that are the same.
        await uow.conn.execute(sa.text("SET LOCAL enable_sort = off"))
        await take_backs.ask(uow.conn, workspace_id=None, targets=["@far.example"])
    assert await written(world) == sorted(await written(world))
    assert len(await written(world)) == 500
