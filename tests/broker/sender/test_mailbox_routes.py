"""Mailboxes as the web app sees them: brought, tried, used by a campaign, paused, and never with their secrets."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import httpx
import pytest

from libs.common.clock import utc_now
from libs.common.http.identity import IDENTITY_HEADER, Identity, sign_identity
from tests.broker.sender.running import RunningSender, headers, running_sender
from tests.integration.sender.office import RING
from tests.integration.sender.servers import Inbox, listening
from tests.integration.sender.world import recipient
from tests.support.hours import ANY_HOUR
from tests.support.waiting import eventually

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
async def sender(module_database: str, module_vhost: str) -> AsyncGenerator[RunningSender]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ENCRYPTION_KEYS", RING)
        environment.setenv("MAILBOX_ANY_HOST", "true")
        async with running_sender(module_database, module_vhost) as running:
            yield running


@pytest.fixture
async def workspace_id(sender: RunningSender) -> UUID:
    return await sender.open_workspace()


def body(port: int, **more: object) -> dict[str, object]:
    server = {"host": "127.0.0.1", "port": port, "security": "none"}
    return {"address": "Ann@Own.example", "name": "Ann Own", "server": server, **more}


async def ask(sender: RunningSender, method: str, path: str, workspace_id: UUID, **more: Any) -> httpx.Response:
    return await sender.client.request(method, f"/v1/mailboxes{path}", headers=headers(workspace_id), **more)


async def test_a_workspace_brings_a_mailbox_and_a_campaign_leaves_through_it(
    sender: RunningSender, workspace_id: UUID
) -> None:
    """The whole way: red when the supervisor does not find a workspace's own mailbox, or the settings' one sends instead."""
    own = Inbox()
    async with listening(own) as port:
        made = await sender.client.post(
            "/v1/mailboxes", headers={**headers(workspace_id), "Idempotency-Key": "k"}, json=body(port, daily_quota=50)
        )
        assert made.status_code == 201, made.text
        mailbox = made.json()
        assert (mailbox["address"], mailbox["shared"], mailbox["state"]) == ("ann@own.example", False, "active")
        tried = await ask(sender, "POST", f"/{mailbox['id']}/test", workspace_id, json={"to": "me@own.example"})
        assert tried.json()["ended_at"] == "sent", tried.text
        list_id = await sender.bring_list(workspace_id, *(recipient(n, sandboxed=False) for n in range(1, 4)))
        wish = {"list_id": str(list_id), "window": ANY_HOUR}
        campaign = (await sender.post("/v1/campaigns", workspace_id, wish)).json()
        assert campaign["mailbox_ids"] == [mailbox["id"]]
        in_use = await ask(sender, "DELETE", f"/{mailbox['id']}", workspace_id)
        assert (in_use.status_code, in_use.json()["code"]) == (409, "mailbox_in_use")
        started = await sender.post(f"/v1/campaigns/{campaign['id']}/start", workspace_id)
        assert started.status_code == 200, started.text
        await eventually(lambda: len(own.recipients) == 4)
    assert sorted(own.recipients)[:3] == sorted(f"lead{n}@company{n}.example" for n in range(1, 4))
    assert {str(mail["From"]) for mail in own.parsed()} == {"Ann Own <ann@own.example>"}
    assert sender.inbox.recipients == []


async def test_a_mailbox_is_not_tried_without_end(sender: RunningSender, workspace_id: UUID) -> None:
    """Red when anybody with a button can have the provider close the mailbox, or is not told when to come again."""
    own = Inbox()
    async with listening(own) as port:
        mailbox_id = (await ask(sender, "POST", "", workspace_id, json=body(port))).json()["id"]
        path, wish = f"/{mailbox_id}/test", {"to": "me@own.example"}
        answers = [await ask(sender, "POST", path, workspace_id, json=wish) for _ in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [429]
    assert answers[-1].json()["code"] == "mailbox_tried_too_often"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 30
    assert len(own.mails) == 5


async def test_what_is_answered_says_nothing_secret(sender: RunningSender, workspace_id: UUID) -> None:
    """Red when any route shows a password, or takes a field that nobody knows."""
    secret = {"user": "ann", "host": "127.0.0.1", "port": 2525, "security": "none"}
    made = await ask(sender, "POST", "", workspace_id, json=body(1, server=secret, password=PASSWORD))
    assert made.status_code == 201, made.text
    mailbox_id = made.json()["id"]
    changed = await ask(sender, "PATCH", f"/{mailbox_id}", workspace_id, json={"password": PASSWORD + "2", "name": "B"})
    listed = await ask(sender, "GET", "", workspace_id)
    shown = await ask(sender, "GET", f"/{mailbox_id}", workspace_id)
    wrong = await ask(sender, "POST", "", workspace_id, json=body(1, passwort=PASSWORD))
    for answer in (made, changed, listed, shown):
        assert answer.status_code in {200, 201}, answer.text
        assert PASSWORD not in answer.text
    assert changed.json()["name"] == "B"
    assert wrong.status_code == 422
    assert PASSWORD not in wrong.text
    assert [one["shared"] for one in listed.json()["items"]] == [False, True]


async def test_pausing_resuming_and_signing(sender: RunningSender, workspace_id: UUID) -> None:
    mailbox_id = (await ask(sender, "POST", "", workspace_id, json=body(2525))).json()["id"]
    paused = (await ask(sender, "POST", f"/{mailbox_id}/pause", workspace_id)).json()
    assert (paused["state"], paused["paused_reason"]) == ("paused", "by_person")
    assert (await ask(sender, "POST", f"/{mailbox_id}/resume", workspace_id)).json()["state"] == "active"
    signed = (await ask(sender, "POST", f"/{mailbox_id}/dkim", workspace_id)).json()
    assert [one["value"].partition(" p=")[0] for one in signed["dkim_records"]] == [
        "v=DKIM1; k=rsa;",
        "v=DKIM1; k=ed25519;",
    ]
    assert (await ask(sender, "DELETE", f"/{mailbox_id}", workspace_id)).status_code == 204
    assert (await ask(sender, "GET", f"/{mailbox_id}", workspace_id)).status_code == 404


async def test_only_admins_bring_mailboxes(sender: RunningSender, workspace_id: UUID) -> None:
    """Red when any member may have mail leave through a server of theirs."""
    member = Identity(workspace_id, UUID(int=8), role="member", request_id="r")
    secret = sender.platform.settings.internal_secret.get_secret_value()
    signed = {IDENTITY_HEADER: sign_identity(member, secret=secret, now=utc_now())}
    refused = await sender.client.post("/v1/mailboxes", headers=signed, json=body(2525))
    assert refused.status_code == 403


async def test_a_known_domain_has_its_preset(sender: RunningSender, workspace_id: UUID) -> None:
    found = await ask(sender, "GET", "/presets", workspace_id, params={"address": "ann@gmail.com"})
    assert found.json()["preset"]["host"] == "smtp.gmail.com"
    assert found.json()["preset"]["oauth"] == "google"
    assert (await ask(sender, "GET", "/presets", workspace_id, params={"address": "nobody"})).status_code == 422


async def test_without_an_app_nobody_is_sent_anywhere(sender: RunningSender, workspace_id: UUID) -> None:
    asked = {"provider": "google", "address": "ann@gmail.com"}
    off = await ask(sender, "POST", "/oauth/start", workspace_id, json=asked)
    assert (off.status_code, off.json()["code"]) == (409, "oauth_off")
    forged = await sender.client.get("/v1/oauth/callback", params={"state": "x.y", "code": "c"})
    assert (forged.status_code, forged.json()["code"]) == (422, "state_invalid")


async def test_whoever_comes_back_is_led_on_to_the_app_with_what_they_bring(sender: RunningSender) -> None:
    """Red when the callback finishes by itself (anybody's browser could be led there), or a code shows to servers."""
    desk = sender.app.state.parts.resources.office.desk
    state = desk.state_of(UUID(int=5))
    back = await sender.client.get("/v1/oauth/callback", params={"state": state, "code": "4/abc"})
    assert back.status_code == 303
    address, _, brought = back.headers["location"].partition("#")
    assert address.endswith("/mailboxes/connect")
    assert "code=4%2Fabc" in brought
    assert back.headers["referrer-policy"] == "no-referrer"


async def test_a_mailbox_is_changed_by_who_has_seen_what_it_is(sender: RunningSender, workspace_id: UUID) -> None:
    """Red when one admin undoes what another has just set, or when how it fares counts as a change."""
    async with listening(Inbox()) as port:
        made = (await ask(sender, "POST", "", workspace_id, json=body(port, daily_quota=50))).json()
        known = (await ask(sender, "GET", f"/{made['id']}", workspace_id)).headers["ETag"]
        paused = await ask(sender, "POST", f"/{made['id']}/pause", workspace_id)
        assert paused.status_code == 200
        path, match = f"/v1/mailboxes/{made['id']}", headers(workspace_id) | {"If-Match": known}
        first = await sender.client.patch(path, json={"daily_quota": 20}, headers=match)
        assert (first.status_code, first.json()["daily_quota"]) == (200, 20)
        late = await sender.client.patch(path, json={"daily_quota": 90}, headers=match)
        assert (late.status_code, late.json()["code"]) == (412, "settings_changed")
        shown = await ask(sender, "GET", f"/{made['id']}", workspace_id)
        assert (shown.headers["ETag"], shown.json()["daily_quota"]) == (first.headers["ETag"], 20)
        spared = headers(workspace_id) | {"If-None-Match": shown.headers["ETag"]}
        assert (await sender.client.get(path, headers=spared)).status_code == 304
        fresh = headers(workspace_id) | {"If-Match": shown.headers["ETag"]}
        assert (await sender.client.patch(path, json={"name": "Ann"}, headers=fresh)).status_code == 200
