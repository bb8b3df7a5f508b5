"""Credits held for leads: the same keys as a job's, in a space of their own."""

from uuid import UUID

from libs.common.contracts.ingest import SourcingBatchRevealed, SourcingCreated, SourcingEnded
from libs.common.ids import new_id
from services.billing.domain.credits.ledger import Balance
from tests.integration.billing.steps import Billing, completed, created
from tests.integration.billing.test_handlers_twice import twice_and_again


def asked(sourcing_id: UUID, credits_: int) -> SourcingCreated:
    return SourcingCreated(sourcing_id=sourcing_id, credits=credits_, price_version=1)


def revealed(sourcing_id: UUID, batch_no: int, credits_: int) -> SourcingBatchRevealed:
    return SourcingBatchRevealed(sourcing_id=sourcing_id, batch_no=batch_no, credits=credits_)


def over(sourcing_id: UUID, total: int, *, state: str = "completed") -> SourcingEnded:
    return SourcingEnded.model_validate({"sourcing_id": sourcing_id, "state": state, "credits_total": total})


async def test_a_sourcing_is_answered_as_one_and_held_once(billing: Billing) -> None:
    """Red when the answer does not carry its subject: ingest would look for a job."""
    workspace_id, sourcing_id = await billing.workspace(10), new_id()
    await twice_and_again(billing, asked(sourcing_id, 8), workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=2, held=8)
    placed = [data for type_, data in await billing.said(workspace_id) if type_ == "billing.hold.placed"]
    assert placed == [{"job_id": str(sourcing_id), "credits": 8, "subject": "sourcing"}] * 2


async def test_a_sourcing_that_cannot_be_paid_for_is_declined_for_good(billing: Billing) -> None:
    """Red when the decline is not kept as the answer."""
    workspace_id, sourcing_id = await billing.workspace(3), new_id()
    await billing.deliver(asked(sourcing_id, 4), workspace_id)
    await billing.grant(workspace_id, 100)
    await twice_and_again(billing, asked(sourcing_id, 4), workspace_id)
    declined = [data for type_, data in await billing.said(workspace_id) if type_ == "billing.hold.declined"]
    said = {"job_id": str(sourcing_id), "needed": 4, "available": 3, "subject": "sourcing", "reason": "credits"}
    assert declined[0] == said
    assert await billing.balance(workspace_id) == Balance(available=103)


async def test_a_batch_is_charged_once_and_the_rest_is_released(billing: Billing) -> None:
    """Red when a batch's key is removed."""
    workspace_id, sourcing_id = await billing.workspace(10), new_id()
    await billing.deliver(asked(sourcing_id, 10), workspace_id)
    await twice_and_again(billing, revealed(sourcing_id, 0, 7), workspace_id)
    await twice_and_again(billing, over(sourcing_id, 7), workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=3, spent=7)
    captured = [data for type_, data in await billing.said(workspace_id) if type_ == "billing.credits.captured"]
    assert captured == [{"job_id": None, "credits": 7, "available": 0}]


async def test_a_job_and_a_sourcing_of_one_id_do_not_meet(billing: Billing) -> None:
    """Red when a business key leaves out the kind of its subject."""
    workspace_id, both = await billing.workspace(10), new_id()
    await billing.deliver(created(both, 4), workspace_id)
    await billing.deliver(asked(both, 6), workspace_id)
    await billing.deliver(completed(both, 0, 1), workspace_id)
    await billing.deliver(revealed(both, 0, 2), workspace_id)
    assert await billing.balance(workspace_id) == Balance(held=7, spent=3)
    assert all(check.holds for check in await billing.proof(workspace_id))
