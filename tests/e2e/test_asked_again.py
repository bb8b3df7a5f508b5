"""Every operation that takes an Idempotency-Key, asked again: the same request makes nothing more, another one is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from services.gateway.domain.operations import all_operations
from services.gateway.public_api import public_document
from tests.e2e.test_tenants import example, made_by
from tests.support.journey import User

ELSEWHERE = {
    "POST /v1/billing/checkout": "tests/integration/billing/test_checkout.py",
    "POST /v1/billing/portal": "tests/integration/billing/test_plan_api.py",
    "POST /v1/billing/refunds": "tests/integration/billing/test_stripe_repairs.py",
    "POST /v1/jobs/{job_id}/retry": "tests/integration/ingest/jobs/test_retrying.py",
    "POST /v1/mailboxes/oauth/finish": "tests/integration/sender/test_oauth.py",
}
"""What needs Stripe, a consent, or a row that failed."""
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, method, operation in all_operations(public_document())
    if any(one.get("name") == "Idempotency-Key" for one in operation.get("parameters", ()))
}
KNOWN_ETAGS = {
    f"{method.upper()} {path}": operation
    for path, method, operation in all_operations(public_document())
    if "304" in operation["responses"]
}
TUS = {"Tus-Resumable": "1.0.0"}
LINES = "email,first_name\nzoe@third.example,Zoe\n"


@dataclass(frozen=True)
class Wish:
    """A request, and another one of the same operation. Where only the path differs, `path` and `other_path` do."""

    parts: dict[str, Any] = field(default_factory=dict)
    other: dict[str, Any] = field(default_factory=dict)
    path: str = ""
    other_path: str = ""


def said(body: Any, other: Any, **paths: str) -> Wish:
    return Wish({"json": body}, {"json": other}, **paths)


def wishes(ids: dict[str, str], prices: dict[str, Any]) -> dict[str, Wish]:
    """A wish of each operation. Of the catalogue's each finds what the ones before have made."""
    job, upload = ids["jobs/{job_id}"], ids["uploads/{upload_id}"]
    campaign, webhook = ids["campaigns/{campaign_id}"], ids["webhooks/{webhook_id}"]
    product, rule = ids["catalogue/{product_id}"], ids["catalogue/{rule_id}"]
    more = {**example("catalogue/products"), "id": "more"}
    mailbox = {"provider": "sandbox", "address": "again@first.example", "name": "Again"}
    price = {name: prices[name] for name in ("credits_per_row", "credits_per_lead", "credits_per_column")}
    price |= {"version": prices["version"] + 1, "reason": "The same again"}
    credit = {"credits": 1, "reason": "Asked again"}
    sourcing = {"filters": {"titles": ["Buyer"]}, "count": 1, "name": "Again"}
    template = {"name": "Again", "subject": "Hello", "text_body": "Hello {{ first_name }}"}
    hook = {"url": "https://again.first.example/corofy", "events": ["job.completed"]}
    return {
        "POST /v1/api-keys": said({"name": "One", "scopes": ["read"]}, {"name": "Two", "scopes": ["read"]}),
        "POST /v1/campaigns": said({"list_id": ids["lists/{list_id}"]}, {"list_id": str(uuid4())}),
        "POST /v1/campaigns/{campaign_id}/test": said(
            {"to": "me@first.example"}, {"to": "you@first.example"}, path=f"campaigns/{campaign}/test"
        ),
        "POST /v1/catalogue/products": said(more, {**more, "id": "other"}),
        "PATCH /v1/catalogue/products/{product_id}": said(
            {"name": "Renamed"}, {"name": "Other"}, path=f"catalogue/products/{product}"
        ),
        "POST /v1/catalogue/rules": said(
            {**example("catalogue/rules"), "name": "Again"}, {**example("catalogue/rules"), "name": "Other"}
        ),
        "PATCH /v1/catalogue/rules/{rule_id}": said(
            {"name": "Renamed"}, {"name": "Other"}, path=f"catalogue/rules/{rule}"
        ),
        "PUT /v1/catalogue/rules/order": Wish(),
        "DELETE /v1/catalogue/rules/{rule_id}": Wish(
            path=f"catalogue/rules/{rule}", other_path=f"catalogue/rules/{uuid4()}"
        ),
        "DELETE /v1/catalogue/products/{product_id}": Wish(
            path="catalogue/products/more", other_path=f"catalogue/products/{product}"
        ),
        "PUT /v1/catalogue": said({"products": [], "rules": []}, {"products": [more], "rules": []}),
        "POST /v1/catalogue/import": said({"products": [more], "rules": []}, {"products": [], "rules": []}),
        "POST /v1/catalogue/versions/{version}/restore": Wish(
            path="catalogue/versions/1/restore", other_path="catalogue/versions/2/restore"
        ),
        "POST /v1/credits/adjustments": said(credit, {**credit, "credits": 2}),
        "POST /v1/credits/grants": said(credit, {**credit, "credits": 2}),
        "POST /v1/credits/proofs": Wish(other={"params": {"again": "1"}}),
        "POST /v1/credits/refunds": said(
            {"job_id": job, "credits": 1, "reason": "Asked again"}, {"job_id": job, "credits": 2, "reason": "Asked again"}
        ),
        "POST /v1/erasures": said({"email": "one@gone.example"}, {"email": "two@gone.example"}),
        "POST /v1/invitations": said(
            {"email": "again@first.example", "role": "viewer"}, {"email": "again@first.example", "role": "member"}
        ),
        "POST /v1/jobs": said({"upload_id": upload}, {"upload_id": upload, "first_rows": 1}),
        "POST /v1/jobs/{job_id}/exports": said(
            {"format": "xlsx", "flat": True}, {"format": "csv", "flat": True}, path=f"jobs/{job}/exports"
        ),
        "POST /v1/jobs/{job_id}/rows/{row_no}/rerun": said(
            {}, {"tone": "formal"}, path=f"jobs/{job}/rows/1/rerun"
        ),
        "POST /v1/mailboxes": said(mailbox, {**mailbox, "name": "Other"}),
        "POST /v1/prices": said(price, {**price, "reason": "Another"}),
        "POST /v1/sourcings": said(sourcing, {**sourcing, "name": "Other"}),
        "POST /v1/suppressions": said({"email": "again@never.example"}, {"email": "other@never.example"}),
        "POST /v1/templates": said(template, {**template, "subject": "Other"}),
        "POST /v1/uploads": Wish(
            {"params": {"filename": "a.csv"}, "content": LINES}, {"params": {"filename": "b.csv"}, "content": LINES}
        ),
        "POST /v1/uploads/pasted": said({"text": LINES}, {"text": LINES.replace("Zoe", "Eve")}),
        "POST /v1/uploads/resumable": Wish(
            {"headers": TUS | {"Upload-Length": "9"}}, {"headers": TUS | {"Upload-Length": "8"}}
        ),
        "POST /v1/uploads/{upload_id}/list": said({"name": "One"}, {"name": "Two"}, path=f"uploads/{upload}/list"),
        "POST /v1/uploads/{upload_id}/trials": said({"rows": [1]}, {"rows": [2]}, path=f"uploads/{upload}/trials"),
        "POST /v1/webhooks": said(hook, {**hook, "description": "Other"}),
        "POST /v1/webhooks/{webhook_id}/rotate-secret": Wish(
            path=f"webhooks/{webhook}/rotate-secret", other={"params": {"again": "1"}}
        ),
        "POST /v1/webhooks/{webhook_id}/test": Wish(
            path=f"webhooks/{webhook}/test", other={"params": {"again": "1"}}
        ),
        "POST /v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver": Wish(
            path=f"webhooks/{webhook}/deliveries/{ids['webhooks/{delivery_id}']}/redeliver",
            other={"params": {"again": "1"}},
        ),
        "POST /v1/workspaces": said(
            {"name": "Again", "time_zone": "UTC"}, {"name": "Other", "time_zone": "UTC"}
        ),
    }  # fmt: skip


def what_it_is(answer: httpx.Response) -> object:
    """The resource that an answer speaks of, whatever has become of it meanwhile."""
    if not answer.content:
        return answer.headers.get("Location")
    told = answer.json()
    return told.get("id") or told.get("entry_id") or told.get("version") or told


async def ask(client: httpx.AsyncClient, operation: str, wish: Wish, *, other: bool, headers: dict[str, str]) -> Any:
    method, _, template = operation.partition(" ")
    path = (wish.other_path if other else "") or wish.path or template.removeprefix("/v1/")
    parts = (wish.other if other else wish.parts) or wish.parts
    sent: dict[str, Any] = {**parts, "headers": {**parts.get("headers", {}), **headers}}
    return await client.request(method, f"/v1/{path}", **sent)


async def test_a_request_under_its_key_makes_one_thing_and_another_one_is_refused(
    user: User, operator: httpx.AsyncClient
) -> None:
    """Red when an operation makes a second one, answers another request with the first's, names that by a code of its own, or
    is new and has no wish here."""
    ids = await made_by(user)
    prices = await user.ask("GET", "/v1/prices")
    known = wishes(ids, prices)
    assert set(OPERATIONS) - set(ELSEWHERE) == set(known)
    faults: list[str] = []
    for operation, wish in known.items():
        is_operators = OPERATIONS[operation]["x-permission"] == "operations"
        client = operator if is_operators else user.client
        headers = {"Idempotency-Key": uuid4().hex}
        if is_operators and "json" in wish.parts and "prices" not in operation:
            mine = {"workspace_id": user.workspace_id}
            wish = said(wish.parts["json"] | mine, wish.other["json"] | mine)
        if "/v1/catalogue" in operation:
            catalogue = await user.client.get("/v1/catalogue")
            headers["If-Match"] = catalogue.headers["ETag"]
            if operation.endswith("/order"):
                order = [one["id"] for one in catalogue.json()["rules"]]
                wish = said({"rules": order[::-1]}, {"rules": order})
        first, second = [await ask(client, operation, wish, other=False, headers=headers) for _ in range(2)]
        other = await ask(client, operation, wish, other=True, headers=headers)
        if not (first.is_success and second.is_success and what_it_is(first) == what_it_is(second)):
            faults.append(
                f"{operation}: {first.status_code} {first.text[:300]}, then {second.status_code} {second.text[:300]}"
            )
        if other.status_code != 409 or other.json()["code"] != "idempotency_key_reused":
            faults.append(f"{operation}: another request got {other.status_code} {other.text[:300]}")
    assert faults == [], "\n".join(faults)


async def test_an_answer_that_is_known_is_not_sent_again(user: User) -> None:
    """Red when an operation says that it has an ETag and has none, or sends the whole answer to whoever has it."""
    ids = await made_by(user)
    assert {"GET /v1/jobs/{job_id}", "GET /v1/lists/{list_id}", "GET /v1/sending/settings", "GET /v1/workspace"} <= set(
        KNOWN_ETAGS
    )
    for operation in KNOWN_ETAGS:
        path = operation.partition(" ")[2]
        for name, value in ids.items():
            segment, _, parameter = name.rpartition("/")
            if path.startswith(f"/v1/{segment}/"):
                path = path.replace(parameter, value)
        answer = await user.client.get(path)
        assert answer.status_code == 200, answer.text
        spared = await user.client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (spared.status_code, spared.content) == (304, b""), path
        anew = await user.client.get(path, headers={"If-None-Match": '"something else"'})
        assert anew.status_code == 200, path
