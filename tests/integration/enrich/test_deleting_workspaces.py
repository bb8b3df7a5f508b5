"""A workspace is deleted: its rows in hand stop, what was found out for it goes, and another workspace loses nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text

from libs.common.belonging import count_left
from libs.common.clock import utc_now
from libs.common.contracts.enrich import ChunkEnriched, WorkspaceErased
from libs.common.contracts.gateway import WorkspaceDeleted
from libs.common.erasing import LOOK_AGAIN, SETTLED, erase_workspaces
from libs.common.ids import new_id
from libs.common.uow import Message
from services.enrich.belongings import BELONGINGS
from services.enrich.domain.account_names import account_name
from services.enrich.handlers import subscriptions
from services.enrich.repositories import checkpoints
from services.enrich.repositories.checkpoints import Checkpoint
from services.enrich.tables import limit_lines, provider_states
from services.enrich.use_cases.delete_workspace import delete_workspace, erasing_of
from tests.integration.enrich.bench import OTHER_TENANT, TENANT, Bench, World, bench_on
from tests.support.envelopes import envelope_of
from tests.support.waiting import eventually

KEPT = {part.table.name for part in BELONGINGS.parts if part.kept}


async def hear(bench: Bench) -> None:
    """Delivered twice, the second time as if the inbox had been emptied."""
    event = WorkspaceDeleted(workspace_id=TENANT)
    message = Message("enrich.delete_workspace", envelope_of(event, TENANT))
    for _ in range(2):
        async with bench.open_uow() as uow:
            await delete_workspace(event, uow=uow, message=message)


async def erase(bench: Bench, *, after: timedelta = SETTLED) -> None:
    now = utc_now() + after + timedelta(seconds=5)
    await erase_workspaces(erasing_of(bench.open_uow), open_uow=bench.open_uow, now=now)


async def left(bench: Bench, tenant_id: UUID) -> set[str]:
    async with bench.open_uow() as uow:
        return set(await count_left(uow.conn, BELONGINGS, workspace_id=tenant_id))


async def accounts(bench: Bench) -> set[str]:
    async with bench.open_uow() as uow:
        found = [
            (await uow.conn.execute(select(table.c.account))).scalars() for table in (limit_lines, provider_states)
        ]
    return {account for some in found for account in some if ":" in account}


async def worked_for(bench: Bench, tenant_id: UUID) -> None:
    """A finished chunk, keys of the workspace's own, and how their accounts stand."""
    bench.job_id = new_id()
    await bench.deliver(bench.chunk(2), tenant=tenant_id)
    account = account_name("groq", tenant_id)
    for statement in (
        "INSERT INTO enrich.provider_keys VALUES (:tenant, 'groq', '\\x00', 'ring', '1234', 1, :tenant)",
        "INSERT INTO enrich.provider_key_changes VALUES (:tenant, 1)",
        "INSERT INTO enrich.limit_lines (account, model) VALUES (:account, 'm')",
        "INSERT INTO enrich.provider_states (account, state, counter) VALUES (:account, 'out', 1)",
        "INSERT INTO enrich.catalogue_versions (workspace_id, version, content, change, made_by)"
        " VALUES (:tenant, 1, '{}', 'put', :tenant)",
    ):
        async with bench.open_uow() as uow:
            await uow.conn.execute(text(statement), {"tenant": tenant_id, "account": account})


async def test_what_was_found_out_goes_and_another_workspace_loses_nothing(bench: Bench) -> None:
    """Told once, however often it is heard and looked for. Red when a table is forgotten, or the account of another goes."""
    for tenant_id in (TENANT, OTHER_TENANT):
        await worked_for(bench, tenant_id)
    before = await left(bench, OTHER_TENANT)
    assert before >= {"checkpoints", "company_research", "provider_keys", "catalogue_versions", "job_states"}
    await hear(bench)
    for _ in range(3):
        await erase(bench)
    assert await left(bench, TENANT) == KEPT
    assert await left(bench, OTHER_TENANT) == before
    assert await accounts(bench) == {account_name("groq", OTHER_TENANT)}
    (told,) = await bench.said(WorkspaceErased)
    assert told["workspace_id"] == str(TENANT)
    assert told["erased"]["checkpoints"] > 0


async def test_rows_in_hand_stop_and_are_answered_to_nobody(world: World, database: str) -> None:
    """One row at a time, deleted during the first. Red when the others are paid for, or are answered."""
    async with bench_on(database, world, slots=1) as bench:
        world.turn(groq={"hang": True})
        working = asyncio.create_task(bench.deliver(bench.chunk(3)))
        await eventually(lambda: world.in_flight("groq"))
        begun = world.box.calls.counts.total()
        await hear(bench)
        world.turn(groq={"hang": False})
        await working
        assert await bench.said(ChunkEnriched) == []
        assert world.box.calls.counts.total() - begun <= 4, "what one row asks for, and nothing of the next"
        await erase(bench)
        assert await left(bench, TENANT) == KEPT


async def test_what_a_worker_writes_afterwards_is_found_by_its_job(bench: Bench) -> None:
    """Red when the ids of jobs go with the rest: nothing would tell whose a late checkpoint is."""
    await worked_for(bench, TENANT)
    await hear(bench)
    for _ in range(2):
        await erase(bench)
    async with bench.open_uow() as uow:
        await checkpoints.store(uow.conn, [Checkpoint(bench.job_id, 9, "spec", "result", b"late")])
    assert await left(bench, TENANT) == {*KEPT, "checkpoints"}
    await erase(bench, after=SETTLED + LOOK_AGAIN + timedelta(minutes=1))
    assert await left(bench, TENANT) == KEPT
    assert len(await bench.said(WorkspaceErased)) == 1


async def test_deletions_are_heard_on_a_queue_of_their_own(bench: Bench) -> None:
    """Red when the handler is on no queue."""
    (found,) = [one for one in subscriptions(bench.floor) if one.queue == "enrich.delete_workspace"]
    assert found.events == (WorkspaceDeleted,)
