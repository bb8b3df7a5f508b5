"""Prices are read from Stripe and kept; what does not fit is not offered and says why; and portal and top-ups at Stripe."""

from collections.abc import AsyncGenerator

import pytest

from libs.common.ids import new_id
from services.billing.clients.stripe.errors import StripeDown
from services.billing.clients.stripe.top_ups import ToppedUp, TopUpOrder, buy_top_up
from services.billing.domain.selling.plans import ITEMS, PriceIds
from services.billing.repositories.selling import prices
from services.billing.use_cases.ensure_customer import ensure_customer
from services.billing.use_cases.measure_plans import measure_plans
from services.billing.use_cases.open_portal import open_portal
from services.billing.use_cases.show_plan import list_offers
from tests.integration.billing.shop import (
    ACCOUNT,
    APP,
    ASKS_ALWAYS,
    DECLINED_ONCE_KEPT,
    GOOD_CARD,
    PRICE_IDS,
    Shop,
    open_shop,
)
from tests.integration.billing.steps import Billing


@pytest.fixture(scope="module")
async def shop(billing: Billing) -> AsyncGenerator[Shop]:
    async with open_shop(billing) as opened:
        yield opened


async def faults(shop: Shop, price_ids: PriceIds) -> dict[str, str]:
    async with shop.billing.open_uow() as uow:
        offers = await list_offers(new_id(), account=ACCOUNT, price_ids=price_ids, uow=uow)
    return {one.item.name: one.fault for one in offers if one.fault}


async def test_every_price_of_ours_is_kept_as_stripe_has_it(shop: Shop) -> None:
    assert await shop.read_prices() == 0
    assert await faults(shop, PRICE_IDS) == {}
    async with shop.billing.open_uow() as uow:
        kept = await prices.kept_prices(uow.conn, ["price_sandbox_growth_yearly"])
    found = kept["price_sandbox_growth_yearly"]
    assert (found.item, found.unit_amount, found.currency) == (ITEMS["growth_year"], 149_000, "usd")


async def test_wrong_prices_are_not_offered_and_say_why(shop: Shop) -> None:
    """Red when a month's price could be configured for a year."""
    wrong = PriceIds(
        {
            **PRICE_IDS.ids,
            "starter_year": "price_nowhere",
            "growth_month": PRICE_IDS.ids["growth_year"],
            "growth_year": PRICE_IDS.ids["growth_month"],
        }
    )
    unsold = PriceIds({name: id_ for name, id_ in wrong.ids.items() if name != "pack_1k"})
    assert await shop.read_prices(unsold) == 3
    found = await faults(shop, unsold)
    assert set(found) == {"starter_year", "growth_month", "growth_year", "pack_1k"}
    assert "no such price" in found["starter_year"]
    assert "has to be paid every month" in found["growth_month"]
    assert found["pack_1k"] == "no price is configured for it"
    await measure_plans(realm="sandbox", price_ids=unsold, open_uow=shop.billing.open_uow)
    assert await shop.read_prices() == 0
    assert await faults(shop, PRICE_IDS) == {}


async def test_a_price_that_is_no_more_configured_stays_on_record(shop: Shop) -> None:
    """Red when whoever subscribed at last year's price could not be billed any more."""
    await shop.read_prices(PriceIds({"starter_month": "price_sandbox_pack_1k"}))
    async with shop.billing.open_uow() as uow:
        kept = await prices.kept_prices(uow.conn, ["price_sandbox_starter_monthly"])
    assert kept["price_sandbox_starter_monthly"].item == ITEMS["starter_month"]
    await shop.read_prices()


async def test_the_portal_is_configured_once_and_lets_nobody_switch(shop: Shop) -> None:
    workspace_id = new_id()
    for _ in range(2):
        link = await open_portal(
            workspace_id, return_to=APP, stripe=shop.stripe, open_uow=shop.billing.open_uow, now=shop.now
        )
        assert link
    assert shop.asked("POST /v1/billing_portal/configurations") == 1
    with shop.stripe.asking("test") as client:
        found = (await client.v1.billing_portal.configurations.list_async()).data[0]
    assert not found.features.subscription_update.enabled
    assert not found.features.subscription_cancel.enabled


async def customer_with(shop: Shop, card: str | None) -> tuple[TopUpOrder, str]:
    workspace_id = new_id()
    customer = await ensure_customer(workspace_id, stripe=shop.stripe, open_uow=shop.billing.open_uow, now=shop.now)
    if card is not None:
        await shop.use_card(customer, card)
    return TopUpOrder(new_id(), workspace_id, customer, "price_sandbox_pack_5k", 10**9), customer


async def test_a_top_up_is_charged_once_however_often_it_is_asked_for(shop: Shop) -> None:
    """Red when one of the idempotency keys is dropped."""
    order, customer = await customer_with(shop, GOOD_CARD)
    done = [await buy_top_up(order, stripe=shop.stripe) for _ in range(3)]
    assert {(one.outcome, one.amount, one.currency) for one in done} == {("paid", 6_500, "usd")}
    assert [one["status"] for one in await shop.objects("invoice", customer=customer)] == ["paid"]


@pytest.mark.parametrize("step", ["/v1/invoices", "/v1/invoiceitems", "/finalize", "/pay"])
async def test_a_top_up_whose_answer_was_lost_is_charged_once(shop: Shop, step: str) -> None:
    """Red when a crash between Stripe's answer and the record buys twice."""
    order, customer = await customer_with(shop, GOOD_CARD)
    shop.line.lose = lambda request: request.method == "POST" and request.url.path.endswith(step)
    with pytest.raises(StripeDown):
        await buy_top_up(order, stripe=shop.stripe)
    shop.hearing()
    assert (await buy_top_up(order, stripe=shop.stripe)).outcome == "paid"
    found = await shop.objects("invoice", customer=customer)
    assert [(one["status"], one["total"]) for one in found] == [("paid", 6_500)]


@pytest.mark.parametrize(("card", "outcome"), [(DECLINED_ONCE_KEPT, "declined"), (ASKS_ALWAYS, "needs_action")])
async def test_a_top_up_that_cannot_be_paid_says_why_and_where_to_pay(shop: Shop, card: str, outcome: str) -> None:
    order, customer = await customer_with(shop, card)
    done = await buy_top_up(order, stripe=shop.stripe)
    assert await buy_top_up(order, stripe=shop.stripe) == done
    assert (done.outcome, bool(done.reason), bool(done.pay_url)) == (outcome, True, True)
    found = await shop.objects("invoice", customer=customer)
    assert [one["status"] for one in found] == ["open"]


async def test_without_anything_to_pay_with_nothing_is_made(shop: Shop) -> None:
    order, customer = await customer_with(shop, None)
    done = await buy_top_up(order, stripe=shop.stripe)
    assert done == ToppedUp("no_payment_method", done.reason)
    assert await shop.objects("invoice", customer=customer) == []
