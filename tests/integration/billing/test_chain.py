"""Each account's chain on the real tables: whole after real work, broken by whoever gets past the trigger."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import migrations
from libs.common.db import make_engine
from libs.common.ids import new_id
from libs.common.settings import normalise_database_url
from libs.common.uow import UnitOfWorkFactory
from services.billing.domain.credits.chain import Broken
from services.billing.repositories.credits import chain
from services.billing.tables import COMMON
from tests.integration.billing.steps import Billing, completed, created, ended

TAMPERINGS = {
    3: "UPDATE billing.entries SET amount_credits = amount_credits * 2 WHERE workspace_id = :id AND place = 3",
    4: "DELETE FROM billing.entries WHERE workspace_id = :id AND place IN (4, 5)",
    5: "UPDATE billing.entries SET actor = 'somebody else' WHERE workspace_id = :id AND place = 5",
    9: "DELETE FROM billing.entries WHERE workspace_id = :id AND place > 8",
    10: "UPDATE billing.accounts SET chain_head = sha256('') WHERE workspace_id = :id",
    11: (
        "INSERT INTO billing.entries SELECT (jsonb_populate_record(e, jsonb_build_object('place', 11,"
        " 'transaction_id', gen_random_uuid(), 'business_key', 'made up'))).* FROM billing.entries e"
        " WHERE workspace_id = :id AND place = 10"
    ),
}


async def worked(billing: Billing) -> UUID:
    """A workspace with ten entries: two grants, a hold, two captures."""
    workspace_id, job_id = await billing.workspace(50, 20), new_id()
    await billing.deliver(created(job_id, 30), workspace_id)
    await billing.deliver(completed(job_id, 0, 3), workspace_id, times=2)
    await billing.deliver(completed(job_id, 1, 4), workspace_id)
    return workspace_id


async def find(billing: Billing, workspace_id: UUID, *, slice_rows: int = 2000) -> Broken | None:
    async with billing.open_uow() as uow:
        return await chain.first_break(uow.conn, workspace_id, slice_rows=slice_rows)


@pytest.mark.parametrize("slice_rows", [1, 3, 10, 2000])
async def test_a_chain_that_nobody_touched_is_whole_in_slices_of_any_size(billing: Billing, slice_rows: int) -> None:
    workspace_id = await worked(billing)
    kept = await billing.one("SELECT chain_length FROM billing.accounts WHERE workspace_id = :id", id=workspace_id)
    assert kept == {"chain_length": 10}
    assert await find(billing, workspace_id, slice_rows=slice_rows) is None


@pytest.mark.parametrize("place", TAMPERINGS)
@pytest.mark.parametrize("slice_rows", [1, 2000])
async def test_whoever_gets_past_the_trigger_is_found_at_the_first_place_that_differs(
    billing: Billing, place: int, slice_rows: int
) -> None:
    """Red when a field is left out of the hash, or when the account's length and head are not compared."""
    workspace_id = await worked(billing)
    async with billing.open_uow() as uow:
        await _past_the_triggers(uow.conn, TAMPERINGS[place], workspace_id)
    found = await find(billing, workspace_id, slice_rows=slice_rows)
    assert found is not None
    assert found.place == place


async def test_a_workspace_without_entries_has_a_whole_chain(billing: Billing) -> None:
    assert await find(billing, await billing.workspace()) is None


async def test_entries_from_before_the_chain_are_chained_by_the_migration(fresh_database: str) -> None:
    """Red when the migration leaves out an account or an entry, or has another form than the code."""
    engine = make_engine(normalise_database_url(fresh_database), pool_size=2, service="billing")
    billing = Billing(UnitOfWorkFactory(engine, COMMON))
    workspaces = [await worked(billing), await worked(billing), await billing.workspace()]
    job_id = new_id()
    await billing.deliver(created(job_id, 2), workspaces[1])
    await billing.deliver(ended(job_id, 0), workspaces[1])
    await engine.dispose()
    await migrations.downgrade("billing", fresh_database, to="0003")
    await migrations.upgrade("billing", fresh_database)
    assert [await find(billing, workspace_id) for workspace_id in workspaces] == [None, None, None]
    await worked_on(billing, workspaces[0])
    await engine.dispose()


async def worked_on(billing: Billing, workspace_id: UUID) -> None:
    await billing.deliver(created(new_id(), 1), workspace_id)
    assert await find(billing, workspace_id) is None


async def _past_the_triggers(conn: AsyncConnection, statement: str, workspace_id: UUID) -> None:
    await conn.execute(text("SET LOCAL session_replication_role = replica"))
    await conn.execute(text(statement), {"id": workspace_id})
