"""Events: stored, listed, and delivered as Stripe signs them; again when refused; and wrongly, as dialled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import stripe
import uvicorn

from deploy.sandbox.state import Sandbox, SandboxSettings
from deploy.sandbox.stripe.keeping import UnreadableAccount
from deploy.sandbox.web import Receive, Scope, Send, read_request
from tests.integration.sandbox.conftest import Running
from tests.integration.sandbox.stripe.conftest import Shop
from tests.support.waiting import PATIENCE_S


@dataclass(slots=True)
class Ear:
    """A webhook endpoint: what it heard, and what it answers."""

    url: str = ""
    heard: list[tuple[bytes, str]] = field(default_factory=list[tuple[bytes, str]])
    answers: list[int] = field(default_factory=list[int])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = await read_request(scope, receive)
        self.heard.append((request.body, request.header(b"stripe-signature").decode()))
        status = self.answers.pop(0) if self.answers else 200
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    def events(self, secret: str) -> list[stripe.Event]:
        """What was heard, verified by the SDK."""
        return [stripe.Webhook.construct_event(body, signature, secret) for body, signature in self.heard]


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def _listening() -> AsyncGenerator[Ear]:
    ear = Ear()
    config = uvicorn.Config(
        ear, host="127.0.0.1", port=0, log_level="error", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())  # pyright: ignore[reportPrivateUsage] - leaves the signals to pytest
    await _until(lambda: server.started)
    ear.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/hook"
    try:
        yield ear
    finally:
        server.should_exit = True
        await serving


@pytest.fixture(scope="module")
async def _ear() -> AsyncGenerator[Ear]:
    async with _listening() as ear:
        yield ear


@pytest.fixture
async def ear(_ear: Ear, shop: Shop) -> Ear:
    del shop
    _ear.heard.clear()
    _ear.answers.clear()
    return _ear


async def _endpoint(shop: Shop, ear: Ear, *events: Any) -> str:
    """Register the endpoint; answers the secret."""
    made = await shop.api.webhook_endpoints.create_async({"url": ear.url, "enabled_events": list(events) or ["*"]})
    assert made.secret is not None
    return made.secret


async def test_an_event_arrives_signed_as_the_sdk_verifies_it(shop: Shop, ear: Ear) -> None:
    """Red when the signature, or what it is made of, is not Stripe's."""
    secret = await _endpoint(shop, ear, "customer.created")
    customer = await shop.api.customers.create_async({"email": "a@b.example"}, {"idempotency_key": "k"})
    await shop.api.customers.update_async(customer.id, {"name": "Ada"})
    await _until(lambda: len(ear.heard) == 1)
    (event,) = ear.events(secret)
    assert (event.type, event.data.object["id"], event.livemode) == ("customer.created", customer.id, False)
    assert event.request is not None
    assert event.request.idempotency_key == "k"
    with pytest.raises(stripe.SignatureVerificationError):
        ear.events("whsec_other")
    stored = await shop.api.events.retrieve_async(event.id)
    assert stored.data.object["email"] == "a@b.example"


async def test_events_tell_what_was_before_and_are_listed_by_kind(shop: Shop) -> None:
    customer = await shop.customer()
    await shop.api.customers.update_async(customer.id, {"name": "Ada"})
    (event,) = (await shop.api.events.list_async({"type": "customer.updated"})).data
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes.to_dict() == {"name": None}
    found = await shop.api.events.list_async(
        {"types": ["customer.created", "price.*"], "created": {"gte": customer.created}}
    )
    assert "customer.created" in [one.type for one in found.data]
    assert "customer.updated" not in [one.type for one in found.data]


async def test_a_refused_event_comes_again(shop: Shop, ear: Ear) -> None:
    """Red when an endpoint that is down for a moment would never hear of it."""
    secret = await _endpoint(shop, ear, "customer.created")
    ear.answers[:] = [500]
    await shop.customer()
    await _until(lambda: len(ear.heard) == 2)
    assert len({event.id for event in ear.events(secret)}) == 1
    told = (await shop.http.get("/stripe-deliveries")).json()
    await _until(lambda: not shop.account.outgoing)
    assert [one["status"] for one in told["items"]][-1] == 500


async def test_the_dials_duplicate_hold_shuffle_drop_and_forge(sandbox: Running, shop: Shop, ear: Ear) -> None:
    """Red when what a service must survive could not be tried."""
    secret = await _endpoint(shop, ear, "customer.created")
    await sandbox.turn(stripe={"webhooks": {"hold": True, "shuffle": True, "duplicate": 1}})
    made = [(await shop.customer()).id for _ in range(8)]
    assert ear.heard == []
    await sandbox.turn(stripe={"webhooks": {"hold": False}})
    await _until(lambda: len(ear.heard) == 16)
    order = [event.data.object["id"] for event in ear.events(secret)]
    assert sorted(order) == sorted([*made, *made])
    assert order != [key for key in made for _ in range(2)]

    ear.heard.clear()
    await sandbox.turn(stripe={"webhooks": {"duplicate": 0, "drop": 1}})
    await shop.customer()
    await _until(lambda: not shop.account.outgoing)
    await sandbox.turn(stripe={"webhooks": {"drop": 0, "bad_signature": 1, "livemode": True}})
    await shop.customer()
    await _until(lambda: len(ear.heard) == 1)
    with pytest.raises(stripe.SignatureVerificationError):
        ear.events(secret)


async def test_an_event_is_sent_again_on_demand(shop: Shop, ear: Ear) -> None:
    secret = await _endpoint(shop, ear, "customer.created")
    await shop.customer()
    await _until(lambda: len(ear.heard) == 1)
    (event,) = ear.events(secret)
    assert (await shop.http.post("/stripe-deliveries", json={"event": event.id})).json() == {"endpoints": 1}
    await _until(lambda: len(ear.heard) == 2)
    assert (await shop.http.post("/stripe-deliveries", json={"event": "evt_none"})).status_code == 404


async def test_an_endpoint_that_is_switched_off_or_deleted_hears_nothing(shop: Shop, ear: Ear) -> None:
    await _endpoint(shop, ear)
    (one,) = (await shop.api.webhook_endpoints.list_async()).data
    await shop.api.webhook_endpoints.update_async(one.id, {"disabled": True})
    await shop.customer()
    assert not shop.account.outgoing
    await shop.api.webhook_endpoints.delete_async(one.id)
    assert (await shop.api.webhook_endpoints.list_async()).data == []


async def test_the_account_outlives_a_restart_with_its_time_and_its_agenda(tmp_path: Path) -> None:
    """Red when ids that a service has in its books would be unknown after a restart, or a renewal forgotten."""
    settings = SandboxSettings(
        data_dir=tmp_path, stripe_webhook_url="http://127.0.0.1:9/hook", stripe_webhook_secret="whsec_one"
    )
    before = Sandbox(settings)
    account = before.stripe.account
    account.new("product", {"name": "kept"}, key="prod_kept")
    account.agenda.put("", account.now() + 50, work="expire_session", key="cs_none")
    account.clocks[""].set(account.now() + 1_000_000)
    before.stripe.settle()
    await before.stripe.close()

    other = SandboxSettings(data_dir=tmp_path, stripe_webhook_url="http://h/", stripe_webhook_secret="whsec_two")
    after = Sandbox(other).stripe.account
    assert after.get("product", "prod_kept")["name"] == "kept"
    assert abs(after.now() - account.now()) <= 1
    assert after.agenda.next_at("") == account.agenda.next_at("")
    (tmp_path / "stripe.json").write_bytes((tmp_path / "stripe.json").read_bytes()[:-9])
    with pytest.raises(UnreadableAccount, match="remove it"):
        Sandbox(settings)
    (endpoint,) = after.all("webhook_endpoint")
    assert (endpoint["url"], endpoint["_secret"]) == ("http://h/", "whsec_two")
