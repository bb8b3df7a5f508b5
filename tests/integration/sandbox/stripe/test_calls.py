"""What every call has: a key, an idempotency key, an error object, pages of a list, dials."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import stripe

from tests.integration.sandbox.conftest import Running
from tests.integration.sandbox.stripe.conftest import STARTER, Shop, sdk


async def test_a_key_that_is_none_is_refused(sandbox: Running, shop: Shop) -> None:
    """Red when a wrong key, or one of live mode, would be taken."""
    for key in ("nonsense", "sk_live_123", "rk_live_123"):
        async with sdk(sandbox.url, key) as client:
            with pytest.raises(stripe.AuthenticationError) as raised:
                await client.v1.customers.list_async()
            assert raised.value.http_status == 401
            assert raised.value.request_id is not None
    await sandbox.turn(stripe={"live_keys": True})
    async with sdk(sandbox.url, "rk_live_123") as client:
        assert (await client.v1.customers.list_async()).data == []
    assert (await shop.http.get("/stripe/v1/customers")).status_code == 401
    assert (await shop.http.get("/stripe/v1/customers", auth=("sk_test_x", ""))).status_code == 200


async def test_the_same_request_under_one_key_happens_once(shop: Shop) -> None:
    """Red when a repeated request would make a second customer, or another one under the same key would be answered."""
    made = await asyncio.gather(
        *(shop.api.customers.create_async({"email": "a@b.example"}, {"idempotency_key": "k"}) for _ in range(10))
    )
    assert len({one.id for one in made}) == 1
    replayed = [dict(one.last_response.headers).get("idempotent-replayed") for one in made if one.last_response]
    assert sorted(map(str, replayed)) == ["None", *["true"] * 9]
    assert len((await shop.api.customers.list_async()).data) == 1
    with pytest.raises(stripe.IdempotencyError):
        await shop.api.customers.create_async({"email": "other@b.example"}, {"idempotency_key": "k"})
    other: Any = await shop.api.customers.create_async({"email": "other@b.example"}, {"idempotency_key": "l"})
    assert other.id != made[0].id


async def test_a_refused_charge_is_kept_under_its_key_and_a_mistake_is_not(shop: Shop) -> None:
    """Red when a declined charge would be tried again by its repetition, or a corrected request stay refused."""
    customer = await shop.customer()
    await shop.put_card(customer.id, "4000000000000341")
    params: Any = {"customer": customer.id, "items": [{"price": STARTER}], "payment_behavior": "error_if_incomplete"}
    for _ in range(2):
        with pytest.raises(stripe.CardError) as raised:
            await shop.api.subscriptions.create_async(params, {"idempotency_key": "sub"})
        assert raised.value.code == "card_declined"
    await shop.put_card(customer.id, "4242424242424242")
    with pytest.raises(stripe.CardError):
        await shop.api.subscriptions.create_async(params, {"idempotency_key": "sub"})
    with pytest.raises(stripe.InvalidRequestError):
        await shop.api.prices.create_async({"currency": "usd"}, {"idempotency_key": "price"})
    fixed: Any = {"currency": "usd", "unit_amount": 5, "product_data": {"name": "Five"}}
    assert (await shop.api.prices.create_async(fixed, {"idempotency_key": "price"})).unit_amount == 5


async def test_lists_come_newest_first_in_pages_that_lie_side_by_side(shop: Shop) -> None:
    """Red when paging would leave one out or show one twice."""
    made = [(await shop.customer(email=f"{no}@b.example")).id for no in range(7)]
    page = await shop.api.customers.list_async({"limit": 3})
    assert page.has_more
    assert [one.id async for one in page.auto_paging_iter()] == made[::-1]
    before = await shop.api.customers.list_async({"limit": 2, "ending_before": made[0]})
    assert [one.id for one in before.data] == [made[2], made[1]]
    assert [one.id for one in (await shop.api.customers.list_async({"email": "4@b.example"})).data] == [made[4]]


async def test_lists_are_cut_by_when_things_were_made(shop: Shop) -> None:
    """Red when a reconciliation would not find what was made since its last run."""
    first = await shop.customer()
    await shop.later(1)
    second = await shop.customer()
    found = await shop.api.customers.list_async({"created": {"gte": second.created}})
    assert [one.id for one in found.data] == [second.id]
    found = await shop.api.customers.list_async({"created": {"lt": second.created, "gt": first.created - 1}})
    assert [one.id for one in found.data] == [first.id]


async def test_what_is_not_there_or_not_known_is_refused_by_name(shop: Shop) -> None:
    """Red when an error would not say what was wrong with what."""
    with pytest.raises(stripe.InvalidRequestError) as raised:
        await shop.api.customers.retrieve_async("cus_none")
    assert (raised.value.http_status, raised.value.code, raised.value.param) == (404, "resource_missing", "id")
    unknown: Any = {"colour": "blue"}
    with pytest.raises(stripe.InvalidRequestError) as raised:
        await shop.api.customers.create_async(unknown)
    assert (raised.value.http_status, raised.value.code) == (400, "parameter_unknown")
    await shop.customer()
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        await shop.api.customers.list_async({"expand": ["data.nothing"]})
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        await shop.api.payouts.list_async()


async def test_it_breaks_down_as_dialled_and_in_stripes_words(sandbox: Running, shop: Shop) -> None:
    """Red when a client's handling of Stripe's bad days could not be tried."""
    await sandbox.turn(stripe={"next_failures": [500, 429, 409]})
    with pytest.raises(stripe.APIError):
        await shop.api.customers.list_async()
    with pytest.raises(stripe.RateLimitError):
        await shop.api.customers.list_async()
    with pytest.raises(stripe.StripeError) as raised:
        await shop.api.customers.list_async()
    assert raised.value.http_status == 409
    await sandbox.turn(stripe={"garbage": "broken_body"})
    with pytest.raises(stripe.APIConnectionError):
        await shop.api.customers.create_async({"email": "a@b.example"}, {"idempotency_key": "lost"})
    await sandbox.turn(stripe={"garbage": ""})
    kept = await shop.api.customers.create_async({"email": "a@b.example"}, {"idempotency_key": "lost"})
    assert [one.id for one in (await shop.api.customers.list_async()).data] == [kept.id]


async def test_the_plans_and_packs_are_on_the_shelf(shop: Shop) -> None:
    """Red when a price that the services ask for is not there, or costs something else."""
    found = await shop.api.prices.list_async({"limit": 100, "active": True})
    assert {one.id.removeprefix("price_sandbox_"): one.unit_amount for one in found.data} == {
        "starter_monthly": 4_900,
        "starter_yearly": 49_000,
        "growth_monthly": 14_900,
        "growth_yearly": 149_000,
        "scale_monthly": 49_900,
        "scale_yearly": 499_000,
        "pack_1k": 1_500,
        "pack_5k": 6_500,
        "pack_20k": 22_000,
        "pack_100k": 90_000,
    }
    yearly = await shop.api.prices.retrieve_async("price_sandbox_starter_yearly", {"expand": ["product"]})
    assert yearly.recurring is not None
    assert yearly.recurring.interval == "year"
    await shop.api.prices.update_async(yearly.id, {"active": False, "metadata": {"why": "old"}})
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        await shop.checkout((await shop.customer()).id, yearly.id)
