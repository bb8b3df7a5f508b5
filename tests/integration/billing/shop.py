"""Billing with a shop: its use cases on real tables, and the sandbox's Stripe driven by the official SDK, in this process."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from pydantic import SecretStr

from deploy.sandbox.app import SandboxApp
from deploy.sandbox.state import SandboxSettings
from libs.common.clock import utc_now
from libs.common.ids import new_id
from services.billing.clients.stripe.account import Account, Stripe, stripe_account
from services.billing.domain.selling.plans import ITEMS, Interval, Item, PlanItem, PriceIds
from services.billing.domain.selling.subscriptions import KeptSubscription
from services.billing.repositories.selling import entitlements, subscriptions
from services.billing.repositories.selling.entitlements import Entitled
from services.billing.use_cases.apply_subscription import Applied, apply_subscription
from services.billing.use_cases.open_checkout import CheckoutRequest, OpenedCheckout, open_checkout
from services.billing.use_cases.read_stripe_prices import read_stripe_prices
from services.billing.use_cases.switch_plan import switch_plan
from tests.integration.billing.steps import Billing

SANDBOX = "http://sandbox"
APP = "http://app/billing/"
GOOD_CARD = "4242424242424242"
DECLINED_ONCE_KEPT = "4000000000000341"
ASKS_ALWAYS = "4000002760003184"
ACCOUNT = stripe_account(key=SecretStr(""), sandbox_url=SANDBOX)
PRICE_IDS = PriceIds(
    {
        name: f"price_sandbox_{item.plan.code}_{'year' if item.interval is Interval.YEAR else 'month'}ly"
        if isinstance(item, PlanItem)
        else f"price_sandbox_{name}"
        for name, item in ITEMS.items()
    }
)


class Line(httpx.AsyncBaseTransport):
    """The way to the sandbox. `lose` says of which answers nobody hears, although the request was heard; requests to the path
    `refuse` are refused for good; with `forgets` Stripe has forgotten every idempotency key; `seen` is what was asked."""

    def __init__(self, app: SandboxApp) -> None:
        self._inner = httpx.ASGITransport(app)
        self.lose: Callable[[httpx.Request], bool] = lambda _: False
        self.refuse: str | None = None
        self.forgets = False
        self.seen: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(f"{request.method} {request.url.path.removeprefix('/stripe')}")
        if request.url.path == f"/stripe{self.refuse}":
            error = {"type": "invalid_request_error", "message": "Not like this."}
            return httpx.Response(400, json={"error": error}, request=request)
        if self.forgets:
            request.headers.pop("idempotency-key", None)
        answer = await self._inner.handle_async_request(request)
        if self.lose(request):
            await answer.aread()
            raise httpx.ReadTimeout("the answer was lost")
        return answer


@dataclass
class Shop:
    """What the tests do as a buyer, as an operator at Stripe, and as time."""

    billing: Billing
    stripe: Stripe
    line: Line
    world: httpx.AsyncClient
    ahead: timedelta = field(default=timedelta())

    @property
    def now(self) -> datetime:
        return utc_now() + self.ahead

    def losing(self, method: str, path: str) -> None:
        """From now on nobody hears the answers to these requests, until `hearing`."""
        self.line.lose = lambda request: request.method == method and request.url.path == f"/stripe{path}"

    def hearing(self) -> None:
        self.line.lose = lambda _: False

    def asked(self, call: str) -> int:
        """How often Stripe was asked this, `POST /v1/customers` for instance."""
        return self.line.seen.count(call)

    async def objects(self, kind: str, *, customer: str = "") -> list[dict[str, Any]]:
        """Stripe's own objects, newest first."""
        answer = await self.world.get("/stripe-objects", params={"kind": kind, "customer": customer})
        return answer.json()["items"]

    async def advance(self, **by: float) -> None:
        """Time passes, at Stripe and with us."""
        seconds = int(timedelta(**by).total_seconds())
        answer = await self.world.put("/stripe-clock", json={"advance_s": seconds})
        assert answer.status_code == 200, answer.text
        self.ahead += timedelta(seconds=seconds)

    async def advance_to_renewal(self, workspace_id: UUID) -> None:
        """To two hours after the period's end, when the next one's invoice has been charged. Months differ in length, and three
        days later a refused charge is tried again."""
        ends_at = (await self.on_record(workspace_id))[0].period_ends_at
        left = ends_at - self.now + timedelta(hours=2)
        await self.advance(seconds=left.total_seconds())

    async def use_card(self, customer: str, card: str) -> None:
        """From now on everything of a customer's is charged to this card."""
        answer = await self.world.put(f"/stripe-customers/{customer}", json={"card": card})
        assert answer.status_code == 200, answer.text

    async def checkout(
        self, workspace_id: UUID, item: str, *, key: str | None = None, quantity: int = 1
    ) -> OpenedCheckout:
        request = CheckoutRequest(workspace_id, ITEMS[item], quantity, key or str(new_id()), new_id(), APP)
        return await open_checkout(
            request, stripe=self.stripe, price_ids=PRICE_IDS, open_uow=self.billing.open_uow, now=self.now
        )

    async def pay(self, url: str, *, card: str = GOOD_CARD) -> httpx.Response:
        """Pay on one of Stripe's pages."""
        return await self.world.post(url, data={"action": "pay", "card": card})

    async def subscribe(self, workspace_id: UUID, item: str = "starter_month", *, card: str = GOOD_CARD) -> str:
        """Buy a plan and pay for it. Nobody has told us of it yet. Answers the subscription's id."""
        opened = await self.checkout(workspace_id, item)
        paid = await self.pay(opened.url, card=card)
        assert paid.status_code == 303, paid.text
        return (await self.objects("subscription"))[0]["id"]

    async def subscribed(self, item: str = "starter_month", *, trial: bool = False) -> tuple[UUID, str]:
        """A new workspace that has this plan, paid for (or on trial), and on record."""
        workspace_id = await self.billing.workspace(1)
        subscription_id = await self.subscribe(workspace_id, item)
        applied = await self.apply(subscription_id)
        if applied.subscription.had_trial and not trial:
            await self.advance(days=14, hours=2)
            await self.apply(subscription_id)
        return workspace_id, subscription_id

    async def apply(self, subscription_id: str) -> Applied:
        return await apply_subscription(
            subscription_id,
            stripe=self.stripe,
            price_ids=PRICE_IDS,
            open_uow=self.billing.open_uow,
            now=self.now,
        )

    async def switch(self, workspace_id: UUID, item: str) -> KeptSubscription:
        target = ITEMS[item]
        assert isinstance(target, PlanItem)
        _, after = await switch_plan(
            target,
            workspace_id=workspace_id,
            asked_by=new_id(),
            stripe=self.stripe,
            price_ids=PRICE_IDS,
            open_uow=self.billing.open_uow,
            now=self.now,
        )
        return after

    async def on_record(self, workspace_id: UUID) -> list[KeptSubscription]:
        async with self.billing.open_uow() as uow:
            return list(await subscriptions.subscriptions_of(uow.conn, workspace_id, realm="sandbox"))

    async def entitled(self, workspace_id: UUID) -> Entitled | None:
        async with self.billing.open_uow() as uow:
            return (await entitlements.entitled(uow.conn, [workspace_id])).get(workspace_id)

    async def read_prices(self, price_ids: PriceIds = PRICE_IDS) -> int:
        return await read_stripe_prices(
            stripe=self.stripe, price_ids=price_ids, open_uow=self.billing.open_uow, now=self.now
        )


def item(name: str) -> Item:
    return ITEMS[name]


@asynccontextmanager
async def open_shop(billing: Billing, *, account: Account = ACCOUNT) -> AsyncGenerator[Shop]:
    """A shop with its prices read."""
    app = SandboxApp(SandboxSettings())
    line = Line(app)
    stripe = Stripe(account, client=httpx.AsyncClient(transport=line))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=SANDBOX) as world:
        shop = Shop(billing, stripe, line, world)
        assert await shop.read_prices() == 0
        yield shop
    await stripe.close()
