"""A fresh Stripe stand-in on a real socket, driven by the official SDK, with a browser's hand for the pages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import stripe

from deploy.sandbox.stripe.account import Account
from tests.integration.sandbox.conftest import Running

STARTER, STARTER_YEARLY = "price_sandbox_starter_monthly", "price_sandbox_starter_yearly"
GROWTH, GROWTH_YEARLY = "price_sandbox_growth_monthly", "price_sandbox_growth_yearly"
PACK = "price_sandbox_pack_1k"
GOOD, DECLINED, DECLINED_LATER = "4242 4242 4242 4242", "4000000000000002", "4000000000000341"
ASKS_ONCE, ASKS_ALWAYS, DISPUTES, NO_REFUND = (
    "4000002500003155",
    "4000002760003184",
    "4000000000000259",
    "4000000000005126",
)
DAY = 86_400


class Http(stripe.HTTPXClient):
    """The SDK's own client. It passes its body as `data`, which httpx warns of."""

    async def end(self) -> None:
        await self._client_async.aclose()

    def _get_request_args_kwargs(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None
    ) -> list[Any]:
        return [(method, url), {"headers": headers, "content": post_data or None}]


@dataclass(frozen=True, slots=True)
class Shop:
    """Stripe as a program sees it (`api`) and as people do (`http`)."""

    client: stripe.StripeClient
    http: httpx.AsyncClient
    account: Account

    @property
    def api(self) -> stripe.V1Services:
        return self.client.v1

    async def customer(self, **fields: Any) -> stripe.Customer:
        return await self.api.customers.create_async({"email": "ada@corofy.example", **fields})  # type: ignore[arg-type]

    async def checkout(self, customer: str, price: str, **fields: Any) -> stripe.checkout.Session:
        """Open a checkout of one price."""
        mode = "payment" if "pack" in price else "subscription"
        params: Any = {
            "mode": mode,
            "customer": customer,
            "line_items": [{"price": price, "quantity": 1}],
            "success_url": "http://app.example/done?s={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://app.example/left",
            **({"invoice_creation": {"enabled": True}} if mode == "payment" else {}),
            **fields,
        }
        return await self.api.checkout.sessions.create_async(params)

    async def pay(self, url: str | None, card: str = GOOD, **form: str) -> httpx.Response:
        """Fill in a pay page and send it."""
        assert url
        return await self.http.post(url, data={"action": "pay", "card": card, **form})

    async def subscribed(self, price: str = STARTER, card: str = GOOD, **fields: Any) -> stripe.Subscription:
        """Somebody who has just subscribed."""
        session = await self.checkout((await self.customer()).id, price, **fields)
        proof = {"bank": "approve"} if card in (ASKS_ONCE, ASKS_ALWAYS) else {}
        assert (await self.pay(session.url, card, **proof)).status_code == 303
        done = await self.api.checkout.sessions.retrieve_async(session.id)
        assert isinstance(done.subscription, str)
        return await self.api.subscriptions.retrieve_async(done.subscription)

    async def switch(self, subscription: stripe.Subscription, price: str, **fields: Any) -> stripe.Subscription:
        """Put a subscription on another price."""
        params: Any = {
            "items": [{"id": subscription["items"].data[0].id, "price": price}],
            "proration_behavior": "always_invoice",
            **fields,
        }
        return await self.api.subscriptions.update_async(subscription.id, params)

    async def later(self, days: float = 0, *, seconds: int = 0) -> None:
        """Advance the account's clock."""
        answer = await self.http.put("/stripe-clock", json={"advance_s": round(days * DAY) + seconds})
        assert answer.status_code == 200, answer.text

    async def invoices(self, subscription: str) -> list[stripe.Invoice]:
        """The invoices of a subscription, oldest first."""
        found = await self.api.invoices.list_async({"subscription": subscription, "limit": 100})
        return list(reversed(found.data))

    async def put_card(self, customer: str, card: str) -> None:
        """From now on everything of a customer is charged to this card."""
        assert (await self.http.put(f"/stripe-customers/{customer}", json={"card": card})).status_code == 200

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The events of a kind, oldest first."""
        return self.account.all("event", type=kind)


@asynccontextmanager
async def sdk(url: str, key: str = "sk_test_any") -> AsyncGenerator[stripe.StripeClient]:
    """The SDK, unchanged but for the address."""
    http = Http()
    try:
        yield stripe.StripeClient(key, base_addresses={"api": f"{url}/stripe"}, http_client=http, max_network_retries=0)
    finally:
        await http.end()


@pytest.fixture
async def shop(sandbox: Running) -> AsyncGenerator[Shop]:
    assert (await sandbox.http.delete("/stripe-objects")).status_code == 200
    async with sdk(sandbox.url) as client:
        yield Shop(client, sandbox.http, sandbox.box.stripe.account)
    await sandbox.http.delete("/stripe-objects")
