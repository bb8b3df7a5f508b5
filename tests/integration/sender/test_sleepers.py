"""Leads who sleep cost a plan nothing, and are woken some at a time, however many there are."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.ids import new_id
from libs.common.uow import UnitOfWork, UnitOfWorkFactory
from services.sender.domain.windows import OFFICE_HOURS
from services.sender.repositories import candidates
from services.sender.repositories.sending_settings import load_settings
from services.sender.repositories.sleepers import PAGE
from services.sender.tables import enrolments
from services.sender.use_cases.change_sending_settings import change_sending_settings
from services.sender.use_cases.plan_day import Planned, plan_day
from tests.integration.sender.test_planning import due, planned
from tests.integration.sender.world import MORNING, TIMING, World, recipient

_ENROLLED = (
    sa.text(
        """INSERT INTO sender.leads (id, workspace_id, email, domain)
        SELECT gen_random_uuid(), :workspace, 's' || n || '@far.example', 'far.example'
        FROM generate_series(11, 10 + :count) n"""
    ),
    sa.text(
        """INSERT INTO sender.enrolments (id, workspace_id, campaign_id, lead_id, email, position, state, wakes_at)
        SELECT gen_random_uuid(), workspace_id, :campaign, id, email, substr(split_part(email, '@', 1), 2)::int, 'active',
            :wakes_at
        FROM sender.leads WHERE workspace_id = :workspace AND domain = 'far.example'"""
    ),
    sa.text("ANALYZE sender.enrolments"),
)
_READ = sa.text(
    "SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0) AS read, coalesce(sum(n_tup_upd), 0) AS written"
    " FROM pg_stat_xact_user_tables WHERE schemaname = 'sender' AND relname = 'enrolments'"
)


async def with_sleepers(world: World, count: int, *, wakes_at: datetime) -> None:
    """A planned campaign of ten leads, two a day, with so many more behind them who sleep."""
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 11))), quota=2, window=OFFICE_HOURS)
    await world.start()
    values = {"workspace": world.workspace_id, "campaign": world.campaign_id, "count": count, "wakes_at": wakes_at}
    async with world.open_uow() as uow:
        for statement in _ENROLLED:
            given = {name: value for name, value in values.items() if name in statement.compile().params}
            await uow.conn.execute(statement, given)


async def touched(conn: AsyncConnection) -> tuple[int, int]:
    """Rows of enrolments that this connection has read, and written."""
    row = (await conn.execute(_READ)).one()
    return int(row.read), int(row.written)


async def plan(uow: UnitOfWork, world: World) -> Planned:
    return await plan_day(
        uow,
        workspace_id=world.workspace_id,
        mailbox_id=world.mailbox_id,
        now=world.now,
        default_quota=world.quota,
        call_s=TIMING.call_s,
    )


async def plans_until_done(world: World) -> list[int]:
    """Plan as often as there is something left to do; answers how many rows of enrolments each run has written."""
    wrote = list[int]()
    goes_on = True
    while goes_on:
        assert len(wrote) < 20, "it does not get on"
        async with world.open_uow() as uow:
            _, before = await touched(uow.conn)
            goes_on = (await plan(uow, world)).goes_on
            wrote.append((await touched(uow.conn))[1] - before)
        if goes_on:
            assert (await due(world))[1], "or the rest would wait for somebody who asks"
    return wrote


async def positions(world: World) -> list[int]:
    return sorted(row["position"] for row in await planned(world))


async def asleep(world: World) -> int:
    query = sa.select(sa.func.count()).where(
        enrolments.c.campaign_id == world.campaign_id, enrolments.c.wakes_at.is_not(None)
    )
    async with world.open_uow() as uow:
        return (await uow.conn.execute(query)).scalar_one()


@pytest.mark.parametrize("others", [0, 40_000], ids=["alone", "among others"])
async def test_a_plan_reads_nobody_of_a_hundred_thousand_who_sleep(
    world: World, open_uow: UnitOfWorkFactory, others: int
) -> None:
    """Red when the index of those who may be planned has the sleepers in it, and with a plan that reads a campaign whole,
    which Postgres finds cheap where nearly all it has is this campaign."""
    await world.run(sa.text("TRUNCATE sender.enrolments CASCADE"))
    if others:
        other = await World(open_uow).open()
        await with_sleepers(other, others, wakes_at=MORNING)
        await other.run(enrolments.update().values(wakes_at=None))
    await with_sleepers(world, 100_000, wakes_at=MORNING + timedelta(days=3))
    awake = enrolments.update().where(enrolments.c.campaign_id == world.campaign_id, enrolments.c.wakes_at.is_(None))
    await world.run(awake.values(position=enrolments.c.position + 1_000_000))
    for _ in range(5):  # after as many Postgres may plan for any campaign
        async with world.open_uow() as uow:
            await candidates.fresh(uow.conn, new_id(), after=0, limit=1)
    async with world.open_uow() as uow:
        before, _ = await touched(uow.conn)
        assert (await plan(uow, world)).assigned == 2
        read = (await touched(uow.conn))[0] - before
    assert read < 200, f"{read} rows were read to plan two of ten"
    async with world.open_uow() as uow:
        before, _ = await touched(uow.conn)
        assert (await plan(uow, world)).assigned == 0
        assert (await touched(uow.conn))[0] - before < 200


async def test_whoever_wakes_is_woken_some_at_a_time_and_then_comes_by_position(world: World) -> None:
    """Red when one plan wakes them all, and when slots are given away before all are awake: higher positions would get them."""
    await with_sleepers(world, 2 * PAGE + 5, wakes_at=MORNING)
    await world.run(
        enrolments.update()
        .where(enrolments.c.campaign_id == world.campaign_id, enrolments.c.position <= 10)
        .values(wakes_at=MORNING + timedelta(hours=1))
    )
    assert max(await plans_until_done(world)) <= PAGE
    assert await positions(world) == [1, 2]
    assert await asleep(world) == 0


async def test_a_change_of_terms_wakes_everybody_but_not_in_the_request_of_who_changes_them(world: World) -> None:
    """Red when the request wakes all sleepers itself, and when the plans after it leave some asleep or wake them at once."""
    await with_sleepers(world, 2 * PAGE + 5, wakes_at=MORNING + timedelta(days=3))
    async with world.open_uow() as uow:
        _, before = await touched(uow.conn)
        settings = await load_settings(uow.conn, world.workspace_id)
        assert settings is not None
        await change_sending_settings(uow, settings, workspace_id=world.workspace_id)
        assert (await touched(uow.conn))[1] == before
    wrote = await plans_until_done(world)
    assert max(wrote) <= PAGE
    assert await asleep(world) == 0
    assert await positions(world) == [1, 2]


async def test_leads_whose_hours_are_over_are_put_to_sleep_some_at_a_time(world: World) -> None:
    """Red when one plan walks through all who cannot be sent to today, in one transaction."""
    await with_sleepers(world, 2 * PAGE + 5, wakes_at=MORNING)
    world.now = MORNING.replace(hour=18)
    assert max(await plans_until_done(world)) <= PAGE + 500
    assert await asleep(world) == 2 * PAGE + 15
    assert await positions(world) == []
