"""Two tenants on one system: every route that takes an id, asked by somebody else for what is there and for what is not."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from uuid import uuid4

import httpx

from services.gateway.domain.operations import all_operations
from services.gateway.domain.public_api import is_public
from services.gateway.public_api import public_document
from tests.support.hours import ANY_HOUR
from tests.support.journey import User
from tests.support.waiting import eventually

LEADS = "email,first_name,company\nada@first.example,Ada,First\nbob@second.example,Bob,Second\n"
NOT_IDS = {"provider": "groq", "version": "1", "row_no": "1"}
"""Names that mean the same, or nothing, in every workspace."""
ELSEWHERE = {"billing/caps/members/{user_id}"}
"""Routes that say something of one's own workspace, whoever is named: they answer alike, and reach nobody else's."""
NOTHING_TO_SEE = {"dead-letters/{email_id}", "uploads/resumable/{upload_id}", "credits/grants/{grant_id}"}
"""What the owner of our ids gets no 200 for: none of the mails is dead, and the file has begun only."""
OPERATIONS = [
    (method.upper(), path.removeprefix("/v1/"), operation)
    for path, method, operation in all_operations(public_document())
    if set(re.findall(r"\{(\w+)\}", path)) - set(NOT_IDS) and not is_public(operation)
]
BODIES = {
    "campaigns/{campaign_id}/window": ANY_HOUR,
    "catalogue/products/{product_id}": {"name": "Other"},
    "catalogue/rules/{rule_id}": {"name": "Other"},
    "templates/{template_id}": {"name": "Other", "subject": "Hello", "text_body": "Hello {{ first_name }}"},
}
"""What is right to send, where the description's example says too little."""
MAILBOX = {"provider": "sandbox", "address": "sales@first.example", "name": "Sales"}
HEADERS = {"Idempotency-Key": "tenants", "If-Match": '"0"'}
PIECE = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}


async def made_by(user: User) -> dict[str, str]:
    """One of everything that has an id. Keys are `<first segment>/{param}`, as the routes are told apart."""
    job = await user.enrich("leads.csv", LEADS.encode())
    assert job["state"] == "completed", job
    list_id = job["list_id"]
    await eventually(lambda: _is_there(user, f"/v1/lists/{list_id}"))
    campaign = {"list_id": list_id, "name": "Tenants", "window": ANY_HOUR}
    campaign_id = (await user.ask("POST", "/v1/campaigns", json=campaign))["id"]
    await user.ask("POST", f"/v1/campaigns/{campaign_id}/start")
    lead = (await user.ask("GET", f"/v1/campaigns/{campaign_id}/leads"))["items"][0]
    email = (await user.ask("GET", "/v1/emails"))["items"][0]
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "9"}
    begun = await user.send("POST", "/v1/uploads/resumable", headers=tus)
    product = example("catalogue/products")
    await user.ask("POST", "/v1/catalogue/products", json=product, headers=change(0))
    catalogue = await user.ask("POST", "/v1/catalogue/rules", json=example("catalogue/rules"), headers=change(1))
    template = {"name": "First", "subject": "Hello", "text_body": "Hello {{ first_name }}"}
    sourcing = {"filters": {"titles": ["Buyer"]}, "count": 1, "name": "Buyers"}
    export = await user.ask("POST", f"/v1/jobs/{job['id']}/exports", json={"format": "csv", "flat": True})
    hook = {"url": "https://hooks.first.example/corofy", "events": ["job.completed"]}
    webhook_id = (await user.ask("POST", "/v1/webhooks", json=hook))["id"]
    tried = await user.ask("POST", f"/v1/webhooks/{webhook_id}/test")
    me = await user.ask("GET", "/v1/me")
    return {
        "jobs/{job_id}": job["id"],
        "credits/{job_id}": job["id"],
        "uploads/{upload_id}": job["upload_id"],
        "uploads/resumable/{upload_id}": begun.headers["Location"].rpartition("/")[2],
        "lists/{list_id}": list_id,
        "campaigns/{campaign_id}": campaign_id,
        "campaigns/{lead_id}": lead["lead_id"],
        "emails/{email_id}": email["id"],
        "dead-letters/{email_id}": email["id"],
        "exports/{export_id}": export["id"],
        "catalogue/{product_id}": product["id"],
        "catalogue/{rule_id}": catalogue["rules"][0]["id"],
        "mailboxes/{mailbox_id}": (await user.ask("POST", "/v1/mailboxes", json=MAILBOX, headers=change(0)))["id"],
        "templates/{template_id}": (await user.ask("POST", "/v1/templates", json=template))["id"],
        "suppressions/{suppression_id}": (
            await user.ask("POST", "/v1/suppressions", json={"email": "never@again.example"})
        )["id"],
        "sourcings/{sourcing_id}": (await user.ask("POST", "/v1/sourcings", json=sourcing, headers=change(0)))["id"],
        "invitations/{invitation_id}": (
            await user.ask("POST", "/v1/invitations", json={"email": "new@first.example", "role": "viewer"})
        )["id"],
        "erasures/{erasure_id}": (await user.ask("POST", "/v1/erasures", json={"email": "gone@first.example"}))["id"],
        "api-keys/{key_id}": (await user.ask("POST", "/v1/api-keys", json={"name": "One", "scopes": ["read"]}))["id"],
        "webhooks/{webhook_id}": webhook_id,
        "webhooks/{delivery_id}": tried["id"],
        "members/{user_id}": me["user_id"],
        "billing/{user_id}": me["user_id"],
        # The operators' own, whose ids nobody else gets as far as.
        "billing/{event_id}": "evt_1",
        "credits/{grant_id}": (await user.ask("GET", "/v1/credits/grants"))["items"][0]["id"],
    }


def change(version: int) -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex, "If-Match": f'"{version}"'}


def example(path: str, method: str = "post") -> Any:
    """What the description says may be sent."""
    return public_document()["paths"][f"/v1/{path}"][method]["requestBody"]["content"]["application/json"]["example"]


async def _is_there(user: User, path: str) -> bool:
    return (await user.client.get(path)).status_code == 200


def filled(path: str, ids: dict[str, str]) -> str:
    """The path with ids in it. Red for a route that has no fixture here."""
    prefix = "uploads/resumable" if path.startswith("uploads/resumable") else path.split("/")[0]

    def value(found: re.Match[str]) -> str:
        name = f"{prefix}/{found[0]}"
        assert found[1] in NOT_IDS or name in ids, f"/v1/{path} takes an id nobody has made here: add {name} to made_by"
        return NOT_IDS.get(found[1]) or ids[name]

    return re.sub(r"\{(\w+)\}", value, path)


async def ask(user: User, method: str, path: str, operation: dict[str, Any], template: str) -> httpx.Response:
    """A request that is right in everything but the ids."""
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        body = BODIES.get(template) or content["application/json"]["example"]
        return await user.client.request(method, f"/v1/{path}", json=body, headers=HEADERS)
    if "resumable" in path:
        return await user.client.request(method, f"/v1/{path}", content=b"123" if content else None, headers=PIECE)
    return await user.client.request(method, f"/v1/{path}", headers=HEADERS)


def told(answer: httpx.Response, *ids: str) -> tuple[int, str]:
    """Status and body, without the ids that the asker named."""
    text = answer.text
    for one in ids:
        text = text.replace(one, "the id")
    return answer.status_code, text


async def test_what_is_somebody_elses_answers_as_what_is_not_there(user: User, other_user: User) -> None:
    """Red when a route gives somebody of another workspace anything, or lets them find out what there is; and when a route
    with an id has no fixture here."""
    ids = await made_by(user)
    nobodys = {name: "evt_2" if value.startswith("evt_") else str(uuid4()) for name, value in ids.items()}
    differing: list[str] = []
    for method, path, operation in OPERATIONS:
        theirs, none = filled(path, ids), filled(path, nobodys)
        answers = await asyncio.gather(*(ask(other_user, method, one, operation, path) for one in (theirs, none)))
        first, second = (told(one, *ids.values(), *nobodys.values()) for one in answers)
        refused = first[0] in {403, 404} or path in ELSEWHERE
        if first != second or not refused:
            differing.append(f"{method} {path}: {first} for somebody else's, {second} for nobody's")
    assert differing == [], "\n".join(differing)
    for method, path, operation in OPERATIONS:
        if method == "GET" and path not in NOTHING_TO_SEE and operation["x-permission"] != "operations":
            answer = await ask(user, method, filled(path, ids), operation, path)
            assert answer.status_code not in {403, 404}, (path, answer.text)
