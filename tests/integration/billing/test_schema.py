"""The schema itself: it matches the code, goes back, and refuses to forget or to be out of balance."""

import pytest
from sqlalchemy.exc import DBAPIError

from libs.common import migrations
from libs.common.ids import new_id
from tests.integration.billing.steps import Billing, completed, created

INSERT_ENTRY = (
    "INSERT INTO billing.entries (transaction_id, line_no, workspace_id, operation, business_key, account_kind,"
    " amount_credits, actor, reason, place, hash)"
    " VALUES (:id, 1, :workspace_id, 'grant', :key, 'available', 5, 'nobody', '', 99, sha256(''))"
)


async def test_the_migrated_schema_is_the_one_in_the_code(fresh_database: str) -> None:
    await migrations.check("billing", fresh_database)


async def test_the_migration_goes_back_and_forth(fresh_database: str) -> None:
    await migrations.downgrade("billing", fresh_database)
    await migrations.upgrade("billing", fresh_database)
    await migrations.check("billing", fresh_database)


async def test_version_1_of_the_price_list_costs_one_credit_a_row(billing: Billing) -> None:
    assert (await billing.one("SELECT version, credits_per_row FROM billing.price_lists")) == {
        "version": 1,
        "credits_per_row": 1,
    }


@pytest.mark.parametrize("table", ["entries", "captures"])
@pytest.mark.parametrize("change", ["UPDATE {} SET created_at = now()", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_what_was_written_stays(billing: Billing, table: str, change: str) -> None:
    """Red when the append-only triggers are dropped."""
    workspace_id, job_id = await billing.workspace(5), new_id()
    await billing.deliver(created(job_id, 5), workspace_id)
    await billing.deliver(completed(job_id, 0, 2), workspace_id)
    with pytest.raises(DBAPIError, match="append-only"):
        await billing.execute(change.format(f"billing.{table}"))


async def test_a_transaction_that_does_not_sum_to_zero_cannot_be_written(billing: Billing) -> None:
    """Red when the trigger that checks sums is dropped, or looks at the statement's rows as a whole."""
    workspace_id = await billing.workspace(5)
    with pytest.raises(DBAPIError, match="sum to 5"):
        await billing.execute(INSERT_ENTRY, id=new_id(), workspace_id=workspace_id, key="alone")


async def test_two_transactions_of_one_statement_do_not_balance_each_other(billing: Billing) -> None:
    """Red when sums are not checked for each transaction."""
    workspace_id = await billing.workspace(5)
    both = f"{INSERT_ENTRY}, (:other, 1, :workspace_id, 'grant', :other_key, 'available', -5, 'nobody', '', 100, sha256(''))"
    with pytest.raises(DBAPIError, match="sum to "):
        await billing.execute(
            both, id=new_id(), other=new_id(), workspace_id=workspace_id, key="one", other_key="another"
        )


async def test_no_grant_can_lose_or_gain_a_credit(billing: Billing) -> None:
    """Red when the check of a grant's equation is dropped."""
    workspace_id = await billing.workspace(5)
    change = "UPDATE billing.grants SET available = available + 1 WHERE workspace_id = :id"
    with pytest.raises(DBAPIError, match="ck_grants_whole"):
        await billing.execute(change, id=workspace_id)


async def test_no_balance_can_be_negative(billing: Billing) -> None:
    workspace_id = await billing.workspace(5)
    with pytest.raises(DBAPIError, match="none_negative"):
        await billing.execute("UPDATE billing.accounts SET available = -1 WHERE workspace_id = :id", id=workspace_id)
