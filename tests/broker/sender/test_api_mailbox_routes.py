"""Providers with an API as the web app sees them: from a key to the inbox by routes alone, with the loops and clocks running."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from deploy.sandbox.app import SandboxApp
from deploy.sandbox.state import SandboxSettings
from tests.broker.sender.running import RunningSender, headers, running_sender
from tests.integration.sender.office import RING
from tests.integration.sender.providers import noon
from tests.integration.sender.world import recipient
from tests.support.hours import ANY_HOUR
from tests.support.upstream import serving
from tests.support.waiting import eventually

ADDRESSES = {"sendgrid": "ann@own.example", "mailgun": "ann@mg.own.example", "instantly": "sales@sandbox.example"}


@dataclass
class Desk:
    """The sender beside a sandbox."""

    sender: RunningSender
    sandbox: SandboxApp

    @property
    def inbox(self) -> Counter[str]:
        return Counter(mail.envelope_to[0] for mail in self.sandbox.box.mailbox.newest(1000))

    async def ask(self, method: str, path: str, workspace_id: UUID, **more: Any) -> httpx.Response:
        return await self.sender.client.request(method, f"/v1{path}", headers=headers(workspace_id), **more)


@pytest.fixture(scope="module")
async def running(module_database: str, module_vhost: str) -> AsyncGenerator[Desk]:
    sandbox = SandboxApp(SandboxSettings())
    async with serving(sandbox) as url:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("ENCRYPTION_KEYS", RING)
            environment.setenv("SANDBOX_URL", url)
            async with running_sender(module_database, module_vhost) as sender:
                yield Desk(sender, sandbox)


@pytest.fixture
def desk(running: Desk) -> Desk:
    running.sandbox.box.reset_dials()
    running.sandbox.box.forget_mail()
    running.sandbox.box.instantly.clock = noon
    return running


async def begun(desk: Desk, workspace_id: UUID, provider: str) -> dict[str, Any]:
    """A mailbox and a campaign of three leads through it, started."""
    asked = {"provider": provider, "address": ADDRESSES[provider], "name": "Ann Own", "daily_quota": 50}
    made = await desk.ask("POST", "/mailboxes", workspace_id, json=asked)
    assert made.status_code == 201, made.text
    mailbox = made.json()
    assert (mailbox["sandboxed"], mailbox["hand_over"]) == (True, provider == "instantly")
    rows = (recipient(n, email=f"{provider}{n}@company{n}.example") for n in range(1, 4))
    list_id = await desk.sender.bring_list(workspace_id, *rows)
    wish = {"list_id": str(list_id), "window": ANY_HOUR, "mailbox_ids": [mailbox["id"]]}
    campaign = (await desk.ask("POST", "/campaigns", workspace_id, json=wish)).json()
    started = await desk.ask("POST", f"/campaigns/{campaign['id']}/start", workspace_id)
    assert started.status_code == 200, started.text
    return started.json()


@pytest.mark.parametrize("provider", ["sendgrid", "mailgun", "instantly"])
async def test_a_mailbox_at_a_provider_sends_a_campaign(desk: Desk, provider: str) -> None:
    """The whole way: red when the settings do not reach the mailroom, or the supervisor opens no such mailbox."""
    campaign = await begun(desk, await desk.sender.open_workspace(), provider)
    await eventually(lambda: len(desk.inbox) == 3)
    assert set(desk.inbox.values()) == {1}
    assert campaign["hand_over"] is (provider == "instantly")
    assert ("schedules by itself" in (campaign["hand_over_note"] or "")) is (provider == "instantly")


async def test_a_pause_and_a_suppression_reach_the_other_scheduler(desk: Desk) -> None:
    """Red when nobody's clock takes leads back, or a pause does not get through to the provider."""
    workspace_id = await desk.sender.open_workspace()
    campaign = await begun(desk, workspace_id, "instantly")
    await eventually(lambda: len(desk.inbox) == 3)
    account = desk.sandbox.box.instantly
    (theirs,) = [one for one in account.campaigns.values() if one["name"].endswith(f"({campaign['id'][-8:]})")]
    told = await desk.ask(
        "POST", "/suppressions", workspace_id, json={"email": "instantly1@company1.example", "reason": "asked"}
    )
    assert told.status_code in {200, 201}, told.text
    await eventually(lambda: len(account.in_campaign(theirs["id"])) == 2)
    paused = await desk.ask("POST", f"/mailboxes/{campaign['mailbox_ids'][0]}/pause", workspace_id)
    assert paused.status_code == 200
    await eventually(lambda: theirs["status"] == 2)


async def test_a_refused_key_is_answered_in_the_providers_words_and_can_be_changed(desk: Desk) -> None:
    """Red when a person has to guess, or the key is shown in any answer."""
    workspace_id = await desk.sender.open_workspace()
    asked = {"provider": "sendgrid", "address": "bo@own.example", "name": "Bo"}
    desk.sandbox.box.turn(desk.sandbox.box.dials.turned({"sendgrid": {"bad_key": True}}))
    refused = await desk.ask("POST", "/mailboxes", workspace_id, json=asked)
    assert (refused.status_code, refused.json()["code"]) == (409, "key_refused")
    assert "authorization grant is invalid" in refused.json()["detail"]
    desk.sandbox.box.reset_dials()
    made = await desk.ask("POST", "/mailboxes", workspace_id, json=asked)
    changed = await desk.ask("PATCH", f"/mailboxes/{made.json()['id']}", workspace_id, json={"api_key": "SG.secret"})
    assert (changed.status_code, changed.json()["code"]) == (409, "signs_in_elsewhere"), "a stand-in stays one"
    assert "SG.secret" not in changed.text
