"""Automatic top-up from the balance to the credits: the sandbox's Stripe is paid, tells of it, and the credits come."""

from collections.abc import AsyncGenerator

import pytest

from libs.common.ids import new_id
from services.billing.domain.watching.top_ups import AutoTopUp
from services.billing.use_cases.buy_top_ups import Shop as Seller
from services.billing.use_cases.buy_top_ups import buy_top_ups
from services.billing.use_cases.ensure_customer import ensure_customer
from services.billing.use_cases.set_auto_top_up import set_auto_top_up
from tests.integration.billing.shop import ACCOUNT, GOOD_CARD, PRICE_IDS, Shop, open_shop
from tests.integration.billing.steps import Billing
from tests.integration.billing.telling import Teller


@pytest.fixture(scope="module")
async def shop(billing: Billing) -> AsyncGenerator[Shop]:
    async with open_shop(billing) as opened:
        yield opened


async def test_the_credits_of_a_top_up_come_with_its_invoice_and_end_it(shop: Shop) -> None:
    """Red when buying grants, when the invoice's grant is not known again by its key, or when two are bought meanwhile."""
    workspace_id, teller = await shop.billing.workspace(5), Teller(shop)
    customer = await ensure_customer(workspace_id, stripe=shop.stripe, open_uow=shop.billing.open_uow, now=shop.now)
    await shop.use_card(customer, GOOD_CARD)
    async with shop.billing.open_uow() as uow:
        await set_auto_top_up(
            AutoTopUp(workspace_id, 50, "1k", 100_000),
            account=ACCOUNT,
            price_ids=PRICE_IDS,
            user_id=new_id(),
            uow=uow,
            now=shop.now,
        )

    async def buy() -> int:
        seller = Seller(shop.stripe, PRICE_IDS)
        return await buy_top_ups(shop=seller, open_uow=shop.billing.open_uow, now=shop.now)

    assert [await buy() for _ in range(2)] == [1, 0]
    assert (await shop.billing.balance(workspace_id)).available == 5
    for _ in range(2):
        await teller.tell_all()
    assert (await shop.billing.balance(workspace_id)).available == 1005
    assert await buy() == 0
    found = await shop.billing.one("SELECT state FROM billing.top_ups WHERE workspace_id = :id", id=workspace_id)
    assert found == {"state": "credited"}
    assert [one["status"] for one in await shop.objects("invoice", customer=customer)] == ["paid"]
