"""Stripe's webhook and what is shown of it, by the running service: signed as Stripe signs, applied over the bus."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
import stripe

from deploy.sandbox.app import SandboxApp
from deploy.sandbox.state import SandboxSettings
from libs.common.ids import new_id
from services.billing.api.webhooks import MAX_BODY_BYTES
from tests.support.billing import RunningBilling, headers, running_billing
from tests.support.upstream import serving
from tests.support.waiting import PATIENCE_S

SECRETS = ("whsec_of_yesterday", "whsec_of_today")
WEBHOOK = "/v1/stripe/webhooks"


@pytest.fixture(scope="module")
async def service(module_database: str, module_vhost: str) -> AsyncGenerator[RunningBilling]:
    """Billing beside a sandbox whose Stripe has nothing but its catalogue."""
    async with serving(SandboxApp(SandboxSettings())) as url:
        secrets = ",".join(SECRETS)
        async with running_billing(
            module_database, module_vhost, SANDBOX_URL=url, STRIPE_WEBHOOK_SECRET=secrets
        ) as running:
            yield running


def event(id_: str, *, kind: str = "invoice", about: str = "in_none", livemode: bool = False) -> str:
    told = {
        "id": id_,
        "object": "event",
        "type": f"{kind}.paid",
        "created": int(time.time()),
        "livemode": livemode,
        "data": {"object": {"id": about, "object": kind, "number": "Ä-1"}},
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


async def post(service: RunningBilling, body: str | bytes, *, secret: str | None = SECRETS[0]) -> httpx.Response:
    raw = body.encode() if isinstance(body, str) else body
    signed: dict[str, str] = {}
    if secret is not None:
        text = raw.decode(errors="replace")
        signed = {"Stripe-Signature": stripe.WebhookSignature.generate_signature_header(text, secret, int(time.time()))}
    return await service.client.post(WEBHOOK, content=raw, headers=signed | {"Content-Type": "application/json"})


async def shown(service: RunningBilling, **query: Any) -> list[dict[str, Any]]:
    answer = await service.client.get(
        "/v1/billing/stripe-events", params=query, headers=headers(new_id(), operator=True)
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_an_event_is_kept_answered_and_applied_over_the_bus(service: RunningBilling) -> None:
    """Told again it is the same one. Red when it waits to be applied before it is answered, or is stored twice."""
    body = event("evt_one")
    first, again = [await post(service, body, secret=secret) for secret in SECRETS]
    assert (first.status_code, first.json()) == (200, {"again": False})
    assert (again.status_code, again.json()) == (200, {"again": True})
    async with asyncio.timeout(PATIENCE_S):
        while "evt_one" not in {one["id"] for one in await shown(service, state="ignored")}:
            await asyncio.sleep(0.05)
    (found,) = [one for one in await shown(service) if one["id"] == "evt_one"]
    assert (found["state"], found["source"], found["object_id"]) == ("ignored", "webhook", "in_none")
    assert "Stripe has no invoice" in found["reason"]


@pytest.mark.parametrize(
    ("body", "secret", "status", "code"),
    [
        (event("evt_a"), None, 400, "stripe_signature_missing"),
        (event("evt_a"), "whsec_of_nobody", 400, "stripe_signature_invalid"),
        (event("evt_a", livemode=True), SECRETS[0], 400, "stripe_mode_differs"),
        ("{}", SECRETS[0], 400, "stripe_event_malformed"),
        (b"a" * (MAX_BODY_BYTES + 1), SECRETS[0], 413, "too_large"),
    ],
    ids=["unsigned", "forged", "live", "malformed", "large"],
)
async def test_everything_else_is_refused_and_not_kept(
    service: RunningBilling, body: str | bytes, secret: str | None, status: int, code: str
) -> None:
    """Red when something is stored, or answered 200, that Stripe has not signed for us."""
    answer = await post(service, body, secret=secret)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "evt_a" not in {one["id"] for one in await shown(service)}


async def test_fifty_deliveries_of_one_event_are_one(service: RunningBilling) -> None:
    """Counted on both sides. Red when the event's id is not the key."""
    body = event("evt_fifty", kind="payout", about="po_1")
    answers = await asyncio.gather(*(post(service, body) for _ in range(50)))
    assert [one.status_code for one in answers] == [200] * 50
    assert sorted(one.json()["again"] for one in answers) == [False] + [True] * 49
    assert [one["id"] for one in await shown(service)].count("evt_fifty") == 1


async def test_events_are_paged_for_operators_only(service: RunningBilling) -> None:
    """Red when a member sees what Stripe says of everybody, or a page repeats or leaves out."""
    for number in range(5):
        await post(service, event(f"evt_page_{number}", kind="payout", about="po_1"))
    ids, cursor = list[str](), None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = await service.client.get(
            "/v1/billing/stripe-events", params=query, headers=headers(new_id(), operator=True)
        )
        ids += [one["id"] for one in answer.json()["items"]]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            break
    assert len(ids) == len(set(ids))
    assert {f"evt_page_{number}" for number in range(5)} <= set(ids)
    for method, path in (("GET", "stripe-events"), ("POST", "reconcile"), ("POST", "refunds")):
        body = {"invoice_id": "in_1"} if path == "refunds" else None
        refused = await service.client.request(method, f"/v1/billing/{path}", json=body, headers=headers(new_id()))
        assert (refused.status_code, refused.json()["code"]) == (403, "operators_only")


async def test_an_operator_reconciles_at_any_time(service: RunningBilling) -> None:
    answer = await service.client.post("/v1/billing/reconcile", headers=headers(new_id(), operator=True))
    assert (answer.status_code, answer.json()["missed"]) == (200, 0), answer.text


@pytest.mark.parametrize("amount", [0, -1, 1.5, "5", True, 2**63])
async def test_a_refund_of_nonsense_is_refused(service: RunningBilling, amount: object) -> None:
    """Red when an amount is rounded or clamped instead of refused."""
    asked = headers(new_id(), operator=True) | {"Idempotency-Key": "x"}
    body = {"invoice_id": "in_1", "amount_minor": amount}
    answer = await service.client.post("/v1/billing/refunds", json=body, headers=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_a_refund_needs_its_key_and_an_invoice_of_ours(service: RunningBilling) -> None:
    asked, body = headers(new_id(), operator=True), {"invoice_id": "in_nobodys"}
    without = await service.client.post("/v1/billing/refunds", json=body, headers=asked)
    assert (without.status_code, without.json()["code"]) == (422, "idempotency_key_required")
    unknown = await service.client.post("/v1/billing/refunds", json=body, headers=asked | {"Idempotency-Key": "x"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "invoice_not_found")


async def test_a_workspace_sees_its_own_invoices(service: RunningBilling) -> None:
    """Red when another workspace's are shown, a draft is, or a page repeats one."""
    mine, other = new_id(), new_id()
    async with service.platform.open_uow() as uow:
        for number, (workspace_id, status) in enumerate(
            [(mine, "paid"), (mine, "open"), (mine, "draft"), (other, "paid")]
        ):
            await uow.conn.exec_driver_sql(
                "INSERT INTO billing.accounts (workspace_id) VALUES ($1) ON CONFLICT DO NOTHING", (workspace_id,)
            )
            await uow.conn.exec_driver_sql(
                "INSERT INTO billing.stripe_invoices (id, workspace_id, customer_id, number, status, currency, total_minor,"
                " paid_minor, granted_credits, issued_at, fetched_at)"
                " VALUES ($1, $2, 'cus_1', $1, $3, 'usd', 1500, 1500, 1000, now(), now())",
                (f"in_{number}", workspace_id, status),
            )
    ids, query = list[str](), dict[str, str]()
    while True:
        answer = await service.client.get("/v1/billing/invoices", params={"limit": 1} | query, headers=headers(mine))
        assert answer.status_code == 200, answer.text
        ids += [one["id"] for one in answer.json()["items"]]
        if answer.json()["next_cursor"] is None:
            break
        query = {"cursor": answer.json()["next_cursor"]}
    assert ids == ["in_1", "in_0"]
    assert answer.json()["items"][0] | {"issued_at": ""} == {
        "id": "in_0",
        "number": "in_0",
        "status": "paid",
        "currency": "usd",
        "total_minor": 1500,
        "paid_minor": 1500,
        "tax_minor": 0,
        "hosted_url": None,
        "pdf_url": None,
        "granted_credits": 1000,
        "recalled_credits": 0,
        "issued_at": "",
        "paid_at": None,
    }


async def test_without_a_stripe_the_routes_say_so(module_database: str, module_vhost: str) -> None:
    """Red when a self-hosted installation takes webhooks that nobody signs."""
    async with running_billing(module_database, module_vhost) as alone:
        told = await post(alone, event("evt_alone"))
        assert (told.status_code, told.json()["code"]) == (409, "self_hosted")
        asked = headers(new_id(), operator=True) | {"Idempotency-Key": "x"}
        for path, body in (("reconcile", None), ("refunds", {"invoice_id": "in_1"})):
            answer = await alone.client.post(f"/v1/billing/{path}", json=body, headers=asked)
            assert (answer.status_code, answer.json()["code"]) == (409, "self_hosted")
