"""A subject is one workspace's, also when two ask for it at the same instant."""

import asyncio

import asyncpg
import pytest

from libs.common.errors import Conflict
from libs.common.ids import new_id
from services.billing.domain.credits.ledger import Balance
from tests.integration.billing.deliveries import Replica, delivery
from tests.integration.billing.steps import Billing, apply, created
from tests.support.waiting import eventually

WAITING = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.mark.parametrize("together", [False, True])
async def test_a_subject_that_two_workspaces_ask_for_at_once_is_the_first_ones(
    billing: Billing, together: bool
) -> None:
    """Each looks while the other has not written: their accounts' locks are different ones. Red when the second one's hold
    takes the place of the first one's, whose credits would stay held for nothing."""
    mine, theirs, job_id = await billing.workspace(10), await billing.workspace(10), new_id()
    request = created(job_id, 4)

    async def ask() -> object:
        if together:
            return await Replica("billing.place_hold", billing.open_uow).hear(delivery(request, theirs))
        return await billing.deliver(request, theirs)

    async def is_waiting() -> bool:
        return (await billing.one(WAITING))["n"] > 0

    async with billing.open_uow() as uow:
        await apply(request, mine, uow=uow)
        await uow.flush()
        asking = asyncio.create_task(ask())
        await eventually(is_waiting)
    if together:
        assert await asking == ["dead: subject_of_another_workspace"]
    else:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await asking
        with pytest.raises(Conflict, match="another workspace"):
            await ask()
    assert await billing.balance(mine) == Balance(available=6, held=4)
    assert await billing.balance(theirs) == Balance(available=10)
    for workspace_id in (mine, theirs):
        assert [check for check in await billing.proof(workspace_id) if not check.holds] == []
