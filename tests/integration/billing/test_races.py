"""Races, counted on both sides: how many succeed, how many are refused by name, and what is left."""

import asyncio
from collections import Counter

import pytest

from libs.common.errors import Conflict
from libs.common.ids import new_id
from services.billing.domain.credits.ledger import Balance
from tests.integration.billing.steps import Billing, completed, created, ended

AT_ONCE = 24


async def test_of_many_holds_at_once_exactly_as_many_succeed_as_can_be_paid_for(billing: Billing) -> None:
    """Red when the account is not locked."""
    workspace_id = await billing.workspace(10, 11)
    await asyncio.gather(*(billing.deliver(created(new_id(), 3), workspace_id) for _ in range(AT_ONCE)))
    answers = Counter(type_ for type_, _ in await billing.said(workspace_id))
    assert (answers["billing.hold.placed"], answers["billing.hold.declined"]) == (7, AT_ONCE - 7)
    assert await billing.balance(workspace_id) == Balance(held=21)
    assert all(check.holds for check in await billing.proof(workspace_id))


async def test_of_many_identical_requests_at_once_one_holds_and_all_get_the_same_answer(billing: Billing) -> None:
    workspace_id, job_id = await billing.workspace(10), new_id()
    await asyncio.gather(*(billing.deliver(created(job_id, 3), workspace_id) for _ in range(AT_ONCE)))
    answers = [data for type_, data in await billing.said(workspace_id) if type_ == "billing.hold.placed"]
    assert answers == [{"job_id": str(job_id), "credits": 3, "subject": "job"}] * AT_ONCE
    assert await billing.balance(workspace_id) == Balance(available=7, held=3)


async def test_captures_and_the_end_of_a_job_at_once_charge_exactly_what_was_earned(billing: Billing) -> None:
    workspace_id, job_id = await billing.workspace(50), new_id()
    await billing.deliver(created(job_id, 40), workspace_id)
    chunks = [billing.deliver(completed(job_id, number, 1 + number % 3), workspace_id, times=2) for number in range(12)]
    await asyncio.gather(*chunks, billing.deliver(ended(job_id, 24), workspace_id, times=2))
    assert await billing.balance(workspace_id) == Balance(available=26, spent=24)
    assert (await billing.hold(job_id))["state"] == "closed"
    assert all(check.holds for check in await billing.proof(workspace_id))


async def test_one_idempotency_key_used_by_many_at_once_makes_one_grant(billing: Billing) -> None:
    workspace_id = new_id()
    made = await asyncio.gather(*(billing.grant(workspace_id, 5, key="once") for _ in range(AT_ONCE)))
    assert len({grant.id for grant in made}) == 1
    assert await billing.balance(workspace_id) == Balance(available=5)


async def test_one_idempotency_key_used_for_different_grants_makes_one_and_refuses_the_others(
    billing: Billing,
) -> None:
    workspace_id = new_id()
    attempts = [billing.grant(workspace_id, size, key="once") for size in range(1, 9)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    refused = [error for error in outcomes if isinstance(error, Conflict)]
    assert [error.code for error in refused] == ["idempotency_key_reused"] * 7
    assert len(await billing.movements(workspace_id)) == 1


async def test_a_subject_of_another_workspace_is_refused(billing: Billing) -> None:
    mine, theirs, job_id = await billing.workspace(10), await billing.workspace(10), new_id()
    await billing.deliver(created(job_id, 3), mine)
    for event in (created(job_id, 3), completed(job_id, 0, 1), ended(job_id, 0)):
        with pytest.raises(Conflict) as refused:
            await billing.deliver(event, theirs)
        assert refused.value.code == "subject_of_another_workspace"
    assert await billing.balance(theirs) == Balance(available=10)
