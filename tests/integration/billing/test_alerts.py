"""Alerts: a balance that falls below a threshold is told once, until it has been above it again."""

from uuid import UUID

from libs.common.clock import utc_now
from libs.common.contracts.billing import BalanceLow
from libs.common.ids import new_id
from services.billing.domain.selling.plans import entitlements_of
from services.billing.domain.watching.alerts import default_thresholds
from services.billing.repositories.selling.entitlements import Entitled, save_entitled
from services.billing.repositories.watching import alerts
from services.billing.use_cases.show_thresholds import show_thresholds
from services.billing.use_cases.watch_balances import watch_balances
from tests.integration.billing.steps import Billing, created, ended


async def told_at(billing: Billing, workspace_id: UUID, *thresholds: int) -> None:
    async with billing.open_uow() as uow:
        await alerts.save_thresholds(uow.conn, workspace_id, thresholds, user_id=new_id(), now=utc_now())


async def watch(billing: Billing) -> None:
    async with billing.open_uow() as uow:
        await watch_balances(uow=uow, now=utc_now())


async def told(billing: Billing, workspace_id: UUID) -> list[tuple[int, int, int]]:
    said = await billing.said(workspace_id)
    found = [BalanceLow.model_validate(data) for type_, data in said if type_ == BalanceLow.type]
    return [(event.threshold, event.available, event.crossing) for event in found]


async def test_each_crossing_is_told_once_and_again_after_it_was_above(billing: Billing) -> None:
    """Red when a low balance is told at every look, or never again."""
    workspace_id, job_id = await billing.workspace(100), new_id()
    await told_at(billing, workspace_id, 50, 20)
    await watch(billing)
    assert await told(billing, workspace_id) == []
    await billing.deliver(created(job_id, 60), workspace_id)
    for _ in range(3):
        await watch(billing)
    assert await told(billing, workspace_id) == [(50, 40, 1)]
    await billing.deliver(ended(job_id, 0), workspace_id)
    await watch(billing)
    await billing.deliver(created(new_id(), 90), workspace_id)
    await watch(billing)
    assert sorted((await told(billing, workspace_id))[1:]) == [(20, 10, 1), (50, 10, 2)]


async def test_a_balance_at_its_threshold_is_not_below_it(billing: Billing) -> None:
    workspace_id = await billing.workspace(100)
    await told_at(billing, workspace_id, 40)
    await watch(billing)
    await billing.deliver(created(new_id(), 60), workspace_id)
    await watch(billing)
    assert await told(billing, workspace_id) == []


async def test_who_has_never_been_above_a_threshold_has_not_fallen_below_it(billing: Billing) -> None:
    """Red when every new workspace is told that it has nothing."""
    workspace_id = await billing.workspace()
    await told_at(billing, workspace_id, 40)
    await billing.grant(workspace_id, 10)
    await watch(billing)
    assert await told(billing, workspace_id) == []


async def test_who_has_set_nothing_is_told_at_a_share_of_the_plans_month(billing: Billing) -> None:
    """Red when the default is forgotten, or not overruled by an empty list."""
    workspace_id, silent = await billing.workspace(2000), await billing.workspace(2000)
    for one in (workspace_id, silent):
        async with billing.open_uow() as uow:
            entitled = Entitled(1, "starter", entitlements_of("starter"))
            await save_entitled(uow.conn, one, entitled, now=utc_now())
    await told_at(billing, silent)
    async with billing.open_uow() as uow:
        assert await show_thresholds(workspace_id, uow=uow) == ([default_thresholds()["starter"]], True)
        assert await show_thresholds(silent, uow=uow) == ([], False)
    await watch(billing)
    for one in (workspace_id, silent):
        await billing.deliver(created(new_id(), 1700), one)
    await watch(billing)
    assert await told(billing, workspace_id) == [(400, 300, 1)]
    assert await told(billing, silent) == []


async def test_a_threshold_that_is_dropped_is_low_no_more(billing: Billing) -> None:
    """Red when the page goes on showing it."""
    workspace_id = await billing.workspace(100)
    await told_at(billing, workspace_id, 50)
    await watch(billing)
    await billing.deliver(created(new_id(), 60), workspace_id)
    await watch(billing)
    async with billing.open_uow() as uow:
        assert [threshold for threshold, _ in await alerts.low_now(uow.conn, workspace_id)] == [50]
    await told_at(billing, workspace_id)
    await watch(billing)
    async with billing.open_uow() as uow:
        assert await alerts.low_now(uow.conn, workspace_id) == []


async def test_who_has_got_more_credits_is_not_shown_as_low_until_the_next_look(billing: Billing) -> None:
    """Red when the notice says that 140 credits are below 50."""
    workspace_id = await billing.workspace(100)
    await told_at(billing, workspace_id, 50)
    await watch(billing)
    await billing.deliver(created(new_id(), 60), workspace_id)
    await watch(billing)
    async with billing.open_uow() as uow:
        assert [one for one, _ in await alerts.low_now(uow.conn, workspace_id)] == [50]
    await billing.grant(workspace_id, 100)
    async with billing.open_uow() as uow:
        assert await alerts.low_now(uow.conn, workspace_id) == []
