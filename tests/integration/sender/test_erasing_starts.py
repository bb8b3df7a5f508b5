"""Erasing somebody while a campaign takes in its list page by page, and what it costs to ask whether somebody is erased."""

import asyncio
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.sender.repositories.suppressions import is_suppressed
from services.sender.tables import emails, recipients
from tests.integration.sender.test_erasing import Somebody, ask, erase, told_of
from tests.integration.sender.test_starting import LONG, PAGE, go_on, shown, start
from tests.integration.sender.world import World, recipient
from tests.support.waiting import eventually

MANY = 100_000


async def draft_with(world: World, who: Somebody) -> None:
    await world.draft(await world.list_of(who.row(1), recipient(2), recipient(3)))


async def test_a_campaign_that_is_being_started_takes_in_nobody_who_is_erased(world: World) -> None:
    """One on its first page, one on its last. Red when whoever is in already is written to, or a later page brings somebody
    back."""
    first, last = Somebody(), Somebody()
    others = (recipient(n) for n in range(2, LONG))
    await world.draft(await world.list_of(first.row(1), *others, last.row(LONG)))
    await start(world)
    assert (await shown(world)).start_rows == PAGE
    for who in (first, last):
        await ask(world, who)
    await erase(world)
    await go_on(world)
    assert (await shown(world)).state == "active"
    assert await told_of(world, first, last) == []
    assert sum((await world.enrolment_states()).values()) == LONG
    assert (await world.enrolment_states())["active", None] == LONG - 2
    assert await world.plan() > 0
    query = sa.select(sa.func.count()).where(
        emails.c.workspace_id == world.workspace_id, emails.c.recipient.like("%@erased.invalid")
    )
    async with world.open_uow() as uow:
        assert (await uow.conn.execute(query)).scalar_one() == 0


async def test_a_page_under_way_is_there_before_anybody_is_erased(world: World) -> None:
    """Its rows are not committed when they ask. Red when the erasure does not see them, and they stay with the address."""
    who = Somebody()
    await draft_with(world, who)
    async with world.open_uow() as uow:
        await world.begin_campaign(uow, world.campaign_id)
        asking = asyncio.create_task(ask(world, who))
        await eventually(world.somebody_waits, every_s=0.02)
        assert await erase(world) == 0, "nobody has been heard yet"
    await asking
    assert await erase(world) == 1
    assert await told_of(world, who) == []
    assert (await world.enrolment_states())["stopped", "erased"] == 1


async def test_a_page_that_begins_once_somebody_has_asked_is_waited_for_too(world: World) -> None:
    """Who is barred is left out, by the address. Red when the erasure ends while such a row is not committed."""
    who = Somebody()
    await draft_with(world, who)
    await ask(world, who)
    async with world.open_uow() as uow:
        await world.begin_campaign(uow, world.campaign_id)
        erasing = asyncio.create_task(erase(world))
        await eventually(world.somebody_waits, every_s=0.02)
    assert await erasing == 1
    assert await told_of(world, who) == []
    assert (await world.enrolment_states())["active", None] == 2


async def test_asking_whether_somebody_is_erased_reads_an_index_among_many(world: World) -> None:
    """Red when a plan or a sending transaction reads 100,000 suppressions for each address, because the hash is no constant."""
    await world.run(
        sa.text(
            "INSERT INTO sender.suppressions (workspace_id, email, reason)"
            " SELECT :workspace, '#' || md5(n::text), 'erased' FROM generate_series(1, :many) n"
        ).bindparams(workspace=world.workspace_id, many=MANY)
    )
    await world.run(sa.text("ANALYZE sender.suppressions"))
    asked = {
        "of a column": sa.select(recipients.c.id).where(
            recipients.c.workspace_id == world.workspace_id,
            ~is_suppressed(recipients.c.workspace_id, recipients.c.email),
        ),
        "of a value": sa.select(is_suppressed(world.workspace_id, "ada@erasing.example")),
    }
    for what, query in asked.items():
        plan = await plan_of(world, query)
        assert "Seq Scan on suppressions" not in plan, f"{what}: {plan}"
        assert "on suppressions" in plan, f"{what}: {plan}"


async def plan_of(world: World, query: sa.Select[Any]) -> str:
    words = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    async with world.open_uow() as uow:
        return "\n".join((await uow.conn.exec_driver_sql(f"EXPLAIN {words}")).scalars())
