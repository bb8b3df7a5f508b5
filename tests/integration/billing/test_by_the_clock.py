"""What billing does by the clock: ask about quiet holds, expire grants, announce prices."""

from datetime import timedelta
from uuid import UUID

from prometheus_client import REGISTRY

from libs.common.clock import utc_now
from libs.common.ids import new_id
from services.billing import metrics
from services.billing.domain.credits.ledger import Balance
from services.billing.use_cases.announce_prices import announce_prices
from services.billing.use_cases.expire_grants import expire_grants
from services.billing.use_cases.measure_holds import measure_holds
from services.billing.use_cases.question_holds import question_holds
from tests.integration.billing.steps import Billing, completed, created, ended

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


async def questions(billing: Billing, workspace_id: UUID, *, after: timedelta) -> list[int]:
    """Run the schedule as if so much time had passed, and answer the rounds asked so far."""
    async with billing.open_uow() as uow:
        await question_holds(uow=uow, now=utc_now() + after)
    return [data["round"] for type_, data in await billing.said(workspace_id) if type_ == "billing.hold.questioned"]


async def test_a_hold_unheard_of_for_a_day_is_asked_about_again_and_again(billing: Billing) -> None:
    """Red when a quiet hold is asked about once only, at every run, or before its day is over."""
    workspace_id = await billing.workspace(10)
    await billing.deliver(created(new_id(), 3), workspace_id)
    assert await questions(billing, workspace_id, after=23 * HOUR) == []
    assert await questions(billing, workspace_id, after=25 * HOUR) == [1]
    assert await questions(billing, workspace_id, after=25 * HOUR + MINUTE) == [1]
    assert await questions(billing, workspace_id, after=26 * HOUR) == [1, 2]


async def test_a_hold_that_waits_for_captures_is_asked_about_after_15_minutes(billing: Billing) -> None:
    """Red when an ended job's hold waits a day like a running one's, or is asked about after it has closed."""
    workspace_id, job_id = await billing.workspace(10), new_id()
    await billing.deliver(created(job_id, 3), workspace_id)
    await billing.deliver(ended(job_id, 2), workspace_id)
    assert await questions(billing, workspace_id, after=14 * MINUTE) == []
    assert await questions(billing, workspace_id, after=16 * MINUTE) == [1]
    await billing.deliver(completed(job_id, 0, 2), workspace_id)
    assert await questions(billing, workspace_id, after=48 * HOUR) == [1]


async def test_every_replica_says_how_many_holds_are_overdue(billing: Billing) -> None:
    """Red when the number is set where a schedule runs, which is on one replica: the others would show for ever what they
    saw last."""
    workspace_id, job_id = await billing.workspace(10), new_id()
    await billing.deliver(created(job_id, 3), workspace_id)
    await billing.deliver(ended(job_id, 2), workspace_id)
    metrics.OVERDUE_HOLDS.set(0)
    async with billing.open_uow() as uow:
        await question_holds(uow=uow, now=utc_now() + 16 * MINUTE)
        assert REGISTRY.get_sample_value("billing_overdue_holds") == 0
        await measure_holds(uow=uow, now=utc_now() + 16 * MINUTE)
        assert REGISTRY.get_sample_value("billing_overdue_holds") == 1


async def test_holds_do_not_expire_by_clock(billing: Billing) -> None:
    """Red when time alone releases what is held."""
    workspace_id = await billing.workspace(10)
    await billing.deliver(created(new_id(), 3), workspace_id)
    await questions(billing, workspace_id, after=1000 * HOUR)
    assert await billing.balance(workspace_id) == Balance(available=7, held=3)


async def test_what_is_available_of_a_grant_expires_and_what_is_held_stays_capturable(billing: Billing) -> None:
    """Red when what is released from an expired grant becomes available again (`expire_released`)."""
    workspace_id, job_id = new_id(), new_id()
    grant = await billing.grant(workspace_id, 10, expires_at=utc_now() + HOUR)
    await billing.deliver(created(job_id, 6), workspace_id)
    for _ in range(2):
        await expire_grants(open_uow=billing.open_uow, now=utc_now() + 2 * HOUR, actor="billing")
    assert await billing.balance(workspace_id) == Balance(held=6)
    assert f"expire:{grant.id}" in await billing.movements(workspace_id)
    await billing.deliver(completed(job_id, 0, 4), workspace_id)
    await billing.deliver(ended(job_id, 4), workspace_id)
    assert await billing.balance(workspace_id) == Balance(spent=4)
    row = await billing.one("SELECT expired, captured FROM billing.grants WHERE id = :id", id=grant.id)
    assert row == {"expired": 6, "captured": 4}
    assert all(check.holds for check in await billing.proof(workspace_id))


async def test_the_newest_prices_are_announced_to_everybody(billing: Billing) -> None:
    """Each run says the same again: versions only rise, so who has heard it does nothing. Red when the second is silent."""
    for _ in range(2):
        async with billing.open_uow() as uow:
            await announce_prices(uow=uow)
    row = await billing.one(
        "SELECT convert_from(body, 'utf8')::json #>> '{data}' AS data, count(*) OVER () AS times FROM billing.outbox"
        " WHERE routing_key = 'billing.prices.changed.v1' LIMIT 1"
    )
    assert row == {
        "data": '{"price_version":1,"credits_per_row":1,"credits_per_lead":1,"credits_per_column":0}',
        "times": 2,
    }
