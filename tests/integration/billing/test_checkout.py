"""Buying: one customer per workspace, one open checkout of a plan, and nothing twice when answers are lost."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from libs.common.errors import Conflict
from libs.common.ids import new_id
from services.billing.clients.stripe.errors import StripeDown, StripeRefused
from services.billing.use_cases.ensure_customer import ensure_customer
from services.billing.use_cases.open_checkout import OpenedCheckout
from tests.integration.billing.shop import Shop, open_shop
from tests.integration.billing.steps import Billing


@pytest.fixture(scope="module")
async def shop(billing: Billing) -> AsyncGenerator[Shop]:
    async with open_shop(billing) as opened:
        yield opened


async def customers_of(shop: Shop, workspace_id: object) -> list[str]:
    found = await shop.objects("customer")
    return [one["id"] for one in found if one["metadata"].get("workspace_id") == str(workspace_id)]


async def test_a_workspace_is_one_customer_however_often_it_is_asked_for(shop: Shop) -> None:
    """Red when the customer's row or the idempotency key is dropped."""
    workspace_id = new_id()
    made = await asyncio.gather(
        *(
            ensure_customer(workspace_id, stripe=shop.stripe, open_uow=shop.billing.open_uow, now=shop.now)
            for _ in range(10)
        )
    )
    assert set(made) == set(await customers_of(shop, workspace_id))
    assert len(set(made)) == 1


@pytest.mark.parametrize("later", [timedelta(minutes=1), timedelta(days=40)], ids=["soon", "when the key is forgotten"])
async def test_a_customer_whose_answer_was_lost_is_not_made_again(shop: Shop, later: timedelta) -> None:
    """Red when a crash between Stripe's answer and the record makes a second customer."""
    workspace_id, now = new_id(), shop.now
    shop.losing("POST", "/v1/customers")
    with pytest.raises(StripeDown):
        await ensure_customer(workspace_id, stripe=shop.stripe, open_uow=shop.billing.open_uow, now=now)
    shop.hearing()
    shop.line.forgets = later > timedelta(days=1)
    made = await ensure_customer(workspace_id, stripe=shop.stripe, open_uow=shop.billing.open_uow, now=now + later)
    shop.line.forgets = False
    assert await customers_of(shop, workspace_id) == [made]


async def test_the_same_key_answers_with_the_same_page_and_other_content_is_refused(shop: Shop) -> None:
    workspace_id = new_id()
    first, second = [await shop.checkout(workspace_id, "pack_5k", key="once", quantity=2) for _ in range(2)]
    assert first == second
    for item, quantity in (("pack_5k", 3), ("pack_1k", 2), ("starter_month", 1)):
        with pytest.raises(Conflict) as refused:
            await shop.checkout(workspace_id, item, key="once", quantity=quantity)
        assert refused.value.code == "idempotency_key_reused"


async def test_fifty_clicks_at_once_open_one_checkout(shop: Shop) -> None:
    """Red when the claim or Stripe's idempotency key is dropped."""
    workspace_id, before = new_id(), len(await shop.objects("checkout.session"))
    opened = await asyncio.gather(*(shop.checkout(workspace_id, "starter_month", key="click") for _ in range(50)))
    assert len({one.url for one in opened}) == 1
    assert len(await shop.objects("checkout.session")) == before + 1


async def test_a_checkout_whose_answer_was_lost_is_not_opened_again(shop: Shop) -> None:
    """Red when a crash between Stripe's answer and the record opens a second page."""
    workspace_id, before = new_id(), len(await shop.objects("checkout.session"))
    shop.losing("POST", "/v1/checkout/sessions")
    with pytest.raises(StripeDown):
        await shop.checkout(workspace_id, "growth_year", key="lost")
    shop.hearing()
    again = await shop.checkout(workspace_id, "growth_year", key="lost")
    other = await shop.checkout(workspace_id, "growth_year", key="another")
    assert again.url == other.url
    assert len(await shop.objects("checkout.session")) == before + 1


async def test_a_checkout_of_another_plan_closes_the_first(shop: Shop) -> None:
    """Red when two plans could be paid for on two pages."""
    workspace_id = new_id()
    first = await shop.checkout(workspace_id, "starter_month", key="first")
    second = await shop.checkout(workspace_id, "scale_month", key="second")
    assert first.url != second.url
    assert (await shop.pay(first.url)).status_code != 303
    assert (await shop.pay(second.url)).status_code == 303
    with pytest.raises(Conflict) as refused:
        await shop.checkout(workspace_id, "starter_month", key="first")
    assert refused.value.code == "checkout_closed"


async def test_who_has_paid_is_sent_to_switching_even_before_stripe_has_told_us(shop: Shop) -> None:
    """Red when a second plan could be bought while the webhook is on its way."""
    workspace_id = new_id()
    subscription_id = await shop.subscribe(workspace_id, "starter_month")
    assert await shop.on_record(workspace_id) == []
    for item in ("growth_month", "starter_month"):
        with pytest.raises(Conflict, match="switch") as refused:
            await shop.checkout(workspace_id, item)
        assert refused.value.code == "subscription_exists"
    assert [one.id for one in await shop.on_record(workspace_id)] == [subscription_id]


async def test_packs_are_bought_beside_a_plan_and_beside_each_other(shop: Shop) -> None:
    workspace_id = new_id()
    await shop.subscribe(workspace_id, "starter_month")
    pages = [(await shop.checkout(workspace_id, item)).url for item in ("pack_1k", "pack_1k", "pack_20k")]
    assert len(set(pages)) == 3
    for page in pages:
        assert (await shop.pay(page)).status_code == 303
    customer = (await customers_of(shop, workspace_id))[0]
    invoices = await shop.objects("invoice", customer=customer)
    assert [one["status"] for one in invoices if one["total"]] == ["paid"] * 3


async def test_one_trial_per_workspace(shop: Shop) -> None:
    """Red when cancelling and buying again brings a second trial."""
    workspace_id = new_id()
    first = await shop.checkout(workspace_id, "starter_month")
    assert first.trial_days == 14
    subscription_id = await _pay_and_apply(shop, first)
    with shop.stripe.asking("test") as client:
        await client.v1.subscriptions.cancel_async(subscription_id)
    await shop.apply(subscription_id)
    assert (await shop.checkout(workspace_id, "growth_month")).trial_days == 0


async def _pay_and_apply(shop: Shop, opened: OpenedCheckout) -> str:
    await shop.pay(opened.url)
    subscription_id = (await shop.objects("subscription"))[0]["id"]
    assert (await shop.apply(subscription_id)).subscription.had_trial
    return subscription_id


async def test_what_stripe_refuses_leaves_the_key_free(shop: Shop) -> None:
    """Red when a request that Stripe refused could never be made again under its key."""
    workspace_id = new_id()
    shop.line.refuse = "/v1/checkout/sessions"
    with pytest.raises(StripeRefused):
        await shop.checkout(workspace_id, "pack_1k", key="refused")
    shop.line.refuse = None
    assert (await shop.checkout(workspace_id, "pack_1k", key="refused")).url


async def test_what_has_no_fitting_price_is_not_sold(shop: Shop) -> None:
    await shop.billing.execute("UPDATE billing.stripe_prices SET fault = 'archived' WHERE item = 'pack_100k'")
    with pytest.raises(Conflict) as refused:
        await shop.checkout(new_id(), "pack_100k")
    assert refused.value.code == "not_offered"
    assert await shop.read_prices() == 0
    assert (await shop.checkout(new_id(), "pack_100k")).url


async def test_two_workspaces_may_use_the_same_key(shop: Shop) -> None:
    """Red when a key is not the workspace's own."""
    first, second = [await shop.checkout(new_id(), "starter_month", key="mine") for _ in range(2)]
    assert first.url != second.url
