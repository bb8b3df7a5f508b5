"""The proof holds for an honest ledger, and names what is wrong with one that somebody tampered with."""

from uuid import UUID

import pytest

from libs.common.errors import NotFound
from libs.common.ids import new_id
from tests.integration.billing.steps import Billing, completed, created, ended, forge

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


_RUNNING = "SELECT subject_id FROM billing.holds WHERE workspace_id = :id AND state = 'held'"
FORGERIES = {
    "an entry is altered, and its counterpart": (
        [
            "UPDATE billing.entries SET amount_credits = amount_credits * 2 WHERE workspace_id = :id AND operation = 'capture'"
        ],
        {"chain_intact", "balance_equals_entries", "days_equal_entries", "grants_equal_entries"},
    ),
    "the reason of an entry is altered": (
        ["UPDATE billing.entries SET reason = 'another' WHERE workspace_id = :id AND place = 1"],
        {"chain_intact"},
    ),
    "an entry is removed": (
        ["DELETE FROM billing.entries WHERE workspace_id = :id AND place = 2"],
        {"chain_intact", "entries_sum_to_zero", "balance_equals_entries", "grants_equal_entries"},
    ),
    "the last movement is removed, and everything else made to fit": (
        [
            "DELETE FROM billing.entries WHERE subject_id = (RUNNING)",
            "UPDATE billing.grants g SET available = g.available + s.held, held = g.held - s.held"
            " FROM billing.hold_grants s WHERE s.grant_id = g.id AND s.subject_id = (RUNNING)",
            "DELETE FROM billing.hold_grants WHERE subject_id = (RUNNING)",
            "DELETE FROM billing.holds WHERE subject_id = (RUNNING)",
            "UPDATE billing.accounts SET available = available + 5, held = held - 5 WHERE workspace_id = :id",
        ],
        {"chain_intact"},
    ),
    "two entries change places": (
        [
            "UPDATE billing.entries SET place = place + 1000 WHERE workspace_id = :id AND place IN (1, 2)",
            "UPDATE billing.entries SET place = 1003 - place WHERE workspace_id = :id AND place > 1000",
        ],
        {"chain_intact"},
    ),
    "a cached balance is changed": (
        ["UPDATE billing.accounts SET available = available + 1 WHERE workspace_id = :id"],
        {"equation_holds", "balance_equals_entries"},
    ),
    "a day's spending is changed": (
        ["UPDATE billing.spent_days SET captured = captured + 1 WHERE workspace_id = :id"],
        {"days_equal_entries"},
    ),
}
"""What somebody does who may do everything, the database's own refusals switched off → the checks that tell of it."""


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forgery_shows_by_name(billing: Billing, forgery: str) -> None:
    """Red when a check is left out, or looks elsewhere."""
    workspace_id = await busy_workspace(billing)
    statements, told = FORGERIES[forgery]
    await forge(billing, [one.replace("RUNNING", _RUNNING) for one in statements], workspace_id)
    assert await failing(billing, workspace_id) == told


async def test_a_workspace_that_nobody_has_heard_of_cannot_be_proven(billing: Billing) -> None:
    with pytest.raises(NotFound) as refused:
        await billing.proof(new_id())
    assert refused.value.code == "account_not_found"
