"""The proof holds for an honest ledger, and names what is wrong with one that somebody tampered with."""

from uuid import UUID

import pytest

from libs.common.errors import NotFound
from libs.common.ids import new_id
from tests.integration.billing.steps import Billing, completed, created, ended

TAMPERINGS = {
    "equation_holds": "UPDATE billing.accounts SET spent = spent + 1 WHERE workspace_id = :workspace_id",
    "balance_equals_entries": "UPDATE billing.accounts SET available = available + 1 WHERE workspace_id = :workspace_id",
    "grants_equal_entries": "UPDATE billing.grants SET available = available + 1, size = size + 1"
    " WHERE workspace_id = :workspace_id",
    "holds_equal_captures": "UPDATE billing.holds SET captured = captured - 1"
    " WHERE workspace_id = :workspace_id AND state = 'settling'",
    "no_overdue_hold": "UPDATE billing.holds SET settled_at = now() - interval '16 minutes'"
    " WHERE workspace_id = :workspace_id AND state = 'settling'",
}


async def busy_workspace(billing: Billing) -> UUID:
    """Two grants; one job settling, one running."""
    workspace_id, job_id = await billing.workspace(10, 20), new_id()
    await billing.deliver(created(job_id, 12), workspace_id)
    await billing.deliver(completed(job_id, 0, 4), workspace_id)
    await billing.deliver(ended(job_id, 6), workspace_id)
    await billing.deliver(created(new_id(), 5), workspace_id)
    return workspace_id


async def failing(billing: Billing, workspace_id: UUID) -> set[str]:
    return {check.name for check in await billing.proof(workspace_id) if not check.holds}


async def test_an_honest_ledger_is_proven(billing: Billing) -> None:
    workspace_id = await busy_workspace(billing)
    assert await failing(billing, workspace_id) == set()


@pytest.mark.parametrize("check", TAMPERINGS)
async def test_tampering_shows(billing: Billing, check: str) -> None:
    workspace_id = await busy_workspace(billing)
    await billing.execute(TAMPERINGS[check], workspace_id=workspace_id)
    assert check in await failing(billing, workspace_id)


async def test_a_removed_entry_shows(billing: Billing) -> None:
    workspace_id = await busy_workspace(billing)
    await billing.execute("ALTER TABLE billing.entries DISABLE TRIGGER entries_append_only")
    await billing.execute(
        "DELETE FROM billing.entries WHERE workspace_id = :workspace_id AND line_no = 2", workspace_id=workspace_id
    )
    await billing.execute("ALTER TABLE billing.entries ENABLE TRIGGER entries_append_only")
    assert await failing(billing, workspace_id) >= {
        "entries_sum_to_zero",
        "balance_equals_entries",
        "grants_equal_entries",
    }


async def test_a_workspace_that_nobody_has_heard_of_cannot_be_proven(billing: Billing) -> None:
    with pytest.raises(NotFound) as refused:
        await billing.proof(new_id())
    assert refused.value.code == "account_not_found"
