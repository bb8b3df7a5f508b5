"""The routes of plans: what they answer, to whom, and what they refuse by which name."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from libs.common.ids import new_id
from libs.common.uow import UnitOfWorkFactory
from services.billing.domain.selling.plans import FREE
from tests.integration.billing.shop import SANDBOX, Shop, open_shop
from tests.integration.billing.steps import Billing
from tests.support.billing import RunningBilling, headers, running_billing

PLAN = {"plan": "starter", "interval": "month"}
WRITES = ["checkout", "portal", "subscription/switch", "subscription/cancel", "subscription/resume"]
BODIES: dict[str, dict[str, Any]] = {"checkout": PLAN, "subscription/switch": PLAN}


@pytest.fixture(scope="module")
async def service(module_database: str, module_vhost: str) -> AsyncGenerator[RunningBilling]:
    """Billing in the sandbox."""
    async with running_billing(module_database, module_vhost, SANDBOX_URL=SANDBOX) as running:
        yield running


@pytest.fixture(scope="module")
async def shop(service: RunningBilling) -> AsyncGenerator[Shop]:
    """The sandbox's Stripe, which the service is put through to."""
    open_uow = service.platform.open_uow
    assert isinstance(open_uow, UnitOfWorkFactory)
    async with open_shop(Billing(open_uow)) as opened:
        parts = service.app.state.parts
        service.app.state.parts = replace(parts, resources=replace(parts.resources, stripe=opened.stripe))
        yield opened


@pytest.fixture(scope="module")
async def self_hosted(module_database: str, module_vhost: str) -> AsyncGenerator[RunningBilling]:
    async with running_billing(module_database, module_vhost) as running:
        yield running


async def ask(
    service: RunningBilling, method: str, path: str, workspace_id: UUID, *, body: Any = None, **who: Any
) -> httpx.Response:
    asked = headers(workspace_id, **who) | {"Idempotency-Key": str(new_id())}
    return await service.client.request(method, f"/v1/{path}", json=body, headers=asked)


async def get(service: RunningBilling, path: str, workspace_id: UUID, **who: Any) -> dict[str, Any]:
    answer = await ask(service, "GET", path, workspace_id, **who)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_new_workspace_is_on_the_free_plan(service: RunningBilling, shop: Shop) -> None:
    del shop
    found = await get(service, "billing", new_id(), role="member")
    assert (found["mode"], found["live"], found["plan"], found["subscription"]) == ("sandbox", False, "free", None)
    assert found["says"] == "You are on the free plan."
    assert found["can"] == ["checkout", "portal"]
    assert found["entitlements"]["rows_per_job"] == FREE.rows_per_job


async def test_what_is_sold_is_shown_with_stripes_prices_and_faults_to_operators_only(
    service: RunningBilling, shop: Shop
) -> None:
    """Red when a customer is shown what is configured wrongly."""
    del shop
    found = await get(service, "billing/plans", new_id())
    assert [
        (one["code"], [price["price"]["unit_amount_minor"] for price in one["prices"]]) for one in found["plans"]
    ] == [
        ("starter", [4_900, 49_000]),
        ("growth", [14_900, 149_000]),
        ("scale", [49_900, 499_000]),
    ]
    assert [price["credits"] for price in found["plans"][0]["prices"]] == [2_000, 24_000]
    assert [one["price"]["currency"] for one in found["packs"]] == ["usd"] * 4
    assert found["faults"] is None
    assert (await get(service, "billing/plans", new_id(), operator=True))["faults"] == []


async def test_buying_switching_and_ending_by_the_routes(service: RunningBilling, shop: Shop) -> None:
    workspace_id = new_id()
    opened = await ask(service, "POST", "billing/checkout", workspace_id, body=PLAN)
    assert opened.status_code == 201, opened.text
    assert opened.json()["trial_days"] == 14
    assert (await shop.pay(opened.json()["url"])).status_code == 303
    refused = await ask(service, "POST", "billing/checkout", workspace_id, body={"plan": "scale", "interval": "year"})
    assert (refused.status_code, refused.json()["code"]) == (409, "subscription_exists")
    asked = "billing/subscription/preview?plan=growth&interval=year"
    preview = (await ask(service, "GET", asked, workspace_id)).json()
    assert (preview["starts"], preview["due_now_minor"], preview["credits_now"]) == ("now", 0, 0)
    body = {"plan": "growth", "interval": "year"}
    switched = (await ask(service, "POST", "billing/subscription/switch", workspace_id, body=body)).json()
    assert (switched["starts"], switched["pay_url"], switched["billing"]["plan"]) == ("now", None, "growth")
    ended = (await ask(service, "POST", "billing/subscription/cancel", workspace_id)).json()
    assert (ended["subscription"]["cancels_at_period_end"], "resume" in ended["can"]) == (True, True)
    resumed = (await ask(service, "POST", "billing/subscription/resume", workspace_id)).json()
    assert (resumed["subscription"]["cancels_at_period_end"], resumed["subscription"]["status"]) == (False, "trialing")
    found = await get(service, "entitlements", workspace_id)
    assert (found["plan"], found["version"]) == ("growth", 2)
    assert (await ask(service, "POST", "billing/portal", workspace_id)).status_code == 201


async def test_the_way_to_the_portal_is_the_same_for_the_same_request(service: RunningBilling, shop: Shop) -> None:
    """Red when a repeated click opens a second session, when another request passes for it, or when the link, which needs no
    password, is kept."""
    del shop
    workspace_id = new_id()
    asked = headers(workspace_id) | {"Idempotency-Key": "a-click"}
    first, again = [await service.client.post("/v1/billing/portal", headers=asked) for _ in range(2)]
    assert (first.status_code, "Idempotency-Replayed" in first.headers) == (201, False)
    assert (again.status_code, again.json(), again.headers["Idempotency-Replayed"]) == (201, first.json(), "true")
    other = await service.client.post("/v1/billing/portal?other=1", headers=asked)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    fresh = await service.client.post("/v1/billing/portal", headers=asked | {"Idempotency-Key": "another"})
    assert fresh.json() != first.json()
    async with service.platform.open_uow() as uow:
        kept = uow.repeated_requests.c
        bodies = await uow.conn.execute(select(kept.body).where(kept.workspace_id == workspace_id))
        assert bodies.scalars().all() == [None, None]


async def test_another_workspace_sees_and_switches_nothing_of_it(service: RunningBilling, shop: Shop) -> None:
    """Red when a query forgets the workspace."""
    await shop.apply(await shop.subscribe(new_id(), "growth_month"))
    other = new_id()
    assert (await get(service, "billing", other))["subscription"] is None
    for path in WRITES[2:]:
        refused = await ask(service, "POST", f"billing/{path}", other, body=BODIES.get(path))
        assert (refused.status_code, refused.json()["code"]) == (409, "no_subscription"), path


@pytest.mark.parametrize("path", WRITES)
async def test_only_owners_and_admins_buy_and_change(service: RunningBilling, shop: Shop, path: str) -> None:
    """Red when a member could spend the workspace's money."""
    del shop
    refused = await ask(service, "POST", f"billing/{path}", new_id(), body=BODIES.get(path), role="member")
    assert (refused.status_code, refused.json()["code"]) == (403, "admins_only")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"plan": "starter"},
        {"interval": "year"},
        {"plan": "starter", "interval": "week"},
        {"plan": "free", "interval": "month"},
        {**PLAN, "pack": "1k"},
        {**PLAN, "quantity": 2},
        *({"pack": "1k", "quantity": quantity} for quantity in (0, -1, 1.5, "2", True, None, 101, 2**63)),
        {"pack": "2k"},
        {**PLAN, "price": "price_cheap"},
    ],
    ids=str,
)
async def test_an_order_of_nonsense_is_refused(service: RunningBilling, shop: Shop, body: dict[str, Any]) -> None:
    del shop
    refused = await ask(service, "POST", "billing/checkout", new_id(), body=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


async def test_a_checkout_without_a_key_is_refused(service: RunningBilling, shop: Shop) -> None:
    del shop
    answer = await service.client.post("/v1/billing/checkout", json=PLAN, headers=headers(new_id()))
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_required")


async def test_where_nothing_is_sold_that_is_said_and_nothing_is_limited(self_hosted: RunningBilling) -> None:
    """Red when an installation without Stripe shows a price, or a limit."""
    found = await get(self_hosted, "billing", new_id())
    assert (found["mode"], found["plan"], found["can"]) == ("self_hosted", "self_hosted", [])
    assert set(found["entitlements"].values()) == {None}
    assert "self-hosted" in found["says"]


@pytest.mark.parametrize("path", [*WRITES, "plans", "subscription/preview?plan=scale&interval=year"])
async def test_stripes_routes_are_refused_by_name_where_nothing_is_sold(self_hosted: RunningBilling, path: str) -> None:
    method = "POST" if path in WRITES else "GET"
    refused = await ask(self_hosted, method, f"billing/{path}", new_id(), body=BODIES.get(path))
    assert (refused.status_code, refused.json()["code"]) == (409, "self_hosted")
    assert "STRIPE_SECRET_KEY" in refused.json()["detail"]
