"""A workspace is deleted: it is charged no more, and the books stay."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from uuid import UUID

import pytest

from libs.common.belonging import count_left
from libs.common.erasing import SETTLED, erase_workspaces
from services.billing.belongings import BELONGINGS
from services.billing.domain.selling.subscriptions import Status
from services.billing.use_cases.delete_workspace import delete_workspace, erasing_of
from services.billing.use_cases.renew_entitlements import renew_all_entitlements
from tests.integration.billing.shop import PRICE_IDS, Shop, open_shop
from tests.integration.billing.steps import Billing

KEPT = {part.table.name for part in BELONGINGS.parts if part.kept}


@pytest.fixture(scope="module")
async def shop(billing: Billing) -> AsyncGenerator[Shop]:
    async with open_shop(billing) as opened:
        yield opened


async def delete(shop: Shop, workspace_id: UUID) -> None:
    """Heard twice, the second time as if the inbox had been emptied."""
    for _ in range(2):
        async with shop.billing.open_uow() as uow:
            await delete_workspace(workspace_id, uow=uow)


async def erase(shop: Shop) -> None:
    erasing = erasing_of(shop.billing.open_uow, stripe=shop.stripe, price_ids=PRICE_IDS)
    await erase_workspaces(erasing, open_uow=shop.billing.open_uow, now=shop.now + SETTLED + timedelta(days=1))


async def left(shop: Shop, workspace_id: UUID) -> set[str]:
    async with shop.billing.open_uow() as uow:
        return set(await count_left(uow.conn, BELONGINGS, workspace_id=workspace_id))


async def test_its_subscription_ends_at_once_at_stripe_and_the_customer_stays(shop: Shop) -> None:
    """Red when somebody pays for a workspace that is gone."""
    workspace_id, _ = await shop.subscribed("starter_month")
    assert "entitlements" in await left(shop, workspace_id)
    await delete(shop, workspace_id)
    await erase(shop)
    await erase(shop)
    (kept,) = await shop.on_record(workspace_id)
    assert kept.status is Status.CANCELED
    remaining = await left(shop, workspace_id)
    assert remaining <= KEPT
    assert {"accounts", "subscriptions", "stripe_customers"} <= remaining


async def test_what_is_renewed_by_the_clock_is_not_renewed_for_the_deleted(shop: Shop) -> None:
    """Red when the hourly look at entitlements brings a deleted workspace's back, for ever."""
    workspace_id, _ = await shop.subscribed("starter_month")
    await delete(shop, workspace_id)
    await erase(shop)
    await renew_all_entitlements(account=shop.stripe.account, open_uow=shop.billing.open_uow, now=shop.now)
    assert await shop.entitled(workspace_id) is None
