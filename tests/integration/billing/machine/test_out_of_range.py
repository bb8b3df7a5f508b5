"""What is no number of credits is refused by name at the bus, for good, and harms nobody who arrived with it."""

import math
from collections.abc import Callable
from uuid import UUID

import pytest
from pydantic import ValidationError

from libs.common.contracts.envelope import Event
from libs.common.contracts.ingest import JobCancelled, JobCompleted, JobFailed
from libs.common.ids import new_id
from services.billing.domain.credits.ledger import Balance
from tests.integration.billing.deliveries import Replica, delivery
from tests.integration.billing.machine.driver import Driver
from tests.integration.billing.steps import Billing, completed, created, ended, lowered, raised
from tests.integration.billing.test_sourcings import asked, over, revealed

TOO_MANY = 2**63
TELLS: list[Callable[[UUID], Event]] = [
    lambda one: raised(one, 1, TOO_MANY),
    lambda one: lowered(one, 1, TOO_MANY),
    lambda one: ended(one, TOO_MANY),
    lambda _: ended(new_id(), TOO_MANY),
    lambda _: created(new_id(), TOO_MANY),
    lambda _: asked(new_id(), TOO_MANY),
    lambda _: over(new_id(), TOO_MANY),
]


@pytest.mark.parametrize("tell", TELLS)
async def test_more_than_can_be_stored_is_refused_by_name(billing: Billing, tell: Callable[[UUID], Event]) -> None:
    """Red when it gets as far as the database, whose error would have it told again and again."""
    workspace_id, job_id = await billing.workspace(10), new_id()
    await billing.deliver(created(job_id, 4), workspace_id)
    assert await Driver(billing).hear(tell(job_id), workspace_id) == "credits_out_of_range"
    assert await billing.balance(workspace_id) == Balance(available=6, held=4)


async def test_it_takes_none_of_those_with_it_that_arrived_at_once(billing: Billing) -> None:
    workspace_id, job_id = await billing.workspace(10), new_id()
    requests = [delivery(created(new_id(), credits_), workspace_id) for credits_ in (3, TOO_MANY, 4)]
    heard = await Replica("billing.place_hold", billing.open_uow).hear(*requests)
    assert heard == ["acked", "dead: credits_out_of_range", "acked"]
    await billing.deliver(created(job_id, 2), workspace_id)
    chunks = [delivery(completed(job_id, number, earned), workspace_id) for number, earned in ((0, 1), (1, TOO_MANY))]
    heard = await Replica("billing.capture_chunk", billing.open_uow).hear(*chunks)
    assert heard == ["acked", "dead: capture_above_hold"]
    assert await billing.balance(workspace_id) == Balance(available=1, held=8, spent=1)


JOB_ID = new_id()
EVENTS = [
    *(created(JOB_ID, 1), raised(JOB_ID, 1, 1), lowered(JOB_ID, 1, 1), completed(JOB_ID, 0, 1)),
    *(ended(JOB_ID, 1, kind=kind) for kind in (JobCompleted, JobFailed, JobCancelled)),
    *(asked(JOB_ID, 1), revealed(JOB_ID, 0, 1), over(JOB_ID, 1)),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
@pytest.mark.parametrize("amount", [-1, 1.5, math.nan, math.inf, "many", None], ids=str)
def test_what_is_negative_or_no_whole_number_is_no_event(event: Event, amount: object) -> None:
    """Red when a contract lets it in: the message is then read, and not dead at once."""
    told = event.model_dump(mode="json")
    (name,) = {"credits", "credits_total"} & told.keys()
    with pytest.raises(ValidationError, match=name):
        type(event).model_validate({**told, name: amount})
