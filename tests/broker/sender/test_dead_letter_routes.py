"""Dead letters and unknown mails as the web app sees them: grouped, mended, sent again or let be, by routes alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from libs.common.clock import utc_now
from libs.common.http.identity import IDENTITY_HEADER, Identity, sign_identity
from tests.broker.sender.running import RunningSender, headers, running_sender
from tests.integration.sender.world import recipient
from tests.support.hours import ANY_HOUR
from tests.support.waiting import eventually

OWNER = UUID(int=9)
"""Whom `headers` signs."""
DOCUMENT = Path(__file__).resolve().parents[3] / "services/sender/openapi.json"


@pytest.fixture(scope="module")
async def sender(module_database: str, module_vhost: str) -> AsyncGenerator[RunningSender]:
    async with running_sender(module_database, module_vhost) as running:
        yield running


@dataclass
class Desk:
    """A workspace, its campaign, and the addresses of its own leads: the inbox is the whole module's."""

    sender: RunningSender
    workspace_id: UUID
    campaign_id: str
    domain: str

    async def ask(self, method: str, path: str, *, who: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        asked = {**(who or headers(self.workspace_id)), **more.pop("also", {})}
        return await self.sender.client.request(method, f"/v1{path}", headers=asked, **more)

    async def told(self, path: str) -> Any:
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def states(self) -> Counter[str]:
        found = (await self.told(f"/emails?campaign_id={self.campaign_id}"))["items"]
        return Counter(one["state"] for one in found)

    async def settled(self, **wanted: int) -> None:
        async def so() -> bool:
            return await self.states() == wanted

        await eventually(so)

    @property
    def arrived(self) -> list[str]:
        return sorted(one for one in self.sender.inbox.recipients if one.endswith(self.domain))


async def begun(sender: RunningSender, *moods: str, leads: int) -> Desk:
    """A campaign that has been started at a server of these moods."""
    workspace_id = await sender.open_workspace()
    domain = f"d{workspace_id.hex[-10:]}.example"
    rows = [recipient(n, email=f"l{n}@{domain}") for n in range(1, leads + 1)]
    list_id = await sender.bring_list(workspace_id, *rows)
    campaign = await sender.post("/v1/campaigns", workspace_id, {"list_id": str(list_id), "window": ANY_HOUR})
    desk = Desk(sender, workspace_id, campaign.json()["id"], domain)
    sender.inbox.moods[:] = list(moods)
    started = await desk.ask("POST", f"/campaigns/{desk.campaign_id}/start")
    assert started.status_code == 200, started.text
    return desk


def viewer(desk: Desk) -> dict[str, str]:
    secret = desk.sender.platform.settings.internal_secret.get_secret_value()
    identity = Identity(desk.workspace_id, uuid4(), role="viewer", request_id="r")
    return {IDENTITY_HEADER: sign_identity(identity, secret=secret, now=utc_now())}


async def test_what_failed_is_grouped_mended_and_sent_again_once_and_all_of_it_is_on_record(
    sender: RunningSender,
) -> None:
    """The whole way. Red when a cause has nothing to do, a second click sends again, or the record names nobody."""
    desk = await begun(sender, "no such user", "spam", leads=3)
    await desk.settled(failed=2, sent=1)
    groups = await desk.told("/dead-letters/causes")
    assert groups["total"] == 2
    assert {one["cause"]: one["count"] for one in groups["items"]} == {"no_such_address": 1, "refused": 1}
    assert all(one["what_to_do"] and one["oldest_at"] for one in groups["items"])
    assert (await desk.told(f"/dead-letters/causes?campaign_id={uuid4()}"))["items"] == []
    first = await desk.told("/dead-letters?limit=1")
    rest = await desk.told(f"/dead-letters?limit=1&cursor={first['next_cursor']}")
    assert len({one["email_id"] for one in first["items"] + rest["items"]}) == 2
    assert rest["next_cursor"] is None
    (nobody,) = (await desk.told("/dead-letters?cause=no_such_address"))["items"]
    assert (nobody["state"], nobody["attempts"], "550" in nobody["detail"]) == ("open", 1, True)
    path = f"/dead-letters/{nobody['email_id']}"

    mended = (await desk.ask("PATCH", path, json={"email": f" Right@{desk.domain} "})).json()
    assert mended["email"] == f"right@{desk.domain}"
    once = {"also": {"Idempotency-Key": "k"}, "json": {"email_id": nobody["email_id"]}}
    answers = [(await desk.ask("POST", "/dead-letters/replay", **once)).json() for _ in range(2)]
    assert [one["replayed"] for one in answers] == [1, 0]
    await desk.settled(failed=1, sent=2)
    assert desk.arrived.count(f"right@{desk.domain}") == 1
    shown = await desk.told(path)
    assert (shown["state"], shown["closed_at"] is not None) == ("replayed", True)
    assert [(one["action"], one["made_by"]) for one in shown["actions"]] == [
        ("edited", str(OWNER)),
        ("replayed", str(OWNER)),
    ]
    assert shown["actions"][0]["detail"] == {"email_before": nobody["email"], "email": f"right@{desk.domain}"}

    gone = await desk.ask("POST", "/dead-letters/discard", json={"cause": "refused"})
    assert gone.json() == {"discarded": 1, "more": False}
    (discarded,) = (await desk.told("/dead-letters?state=discarded"))["items"]
    late = await desk.ask("PATCH", f"/dead-letters/{discarded['email_id']}", json={"email": "a@b.example"})
    assert (late.status_code, late.json()["code"]) == (409, "dead_letter_closed")
    assert (await desk.told("/dead-letters"))["items"] == []


async def test_all_of_them_go_again_at_once(sender: RunningSender) -> None:
    desk = await begun(sender, "spam", "spam", "spam", leads=3)
    await desk.settled(failed=3)
    done = await desk.ask("POST", "/dead-letters/replay", json={})
    assert done.json() == {"replayed": 3, "kept": {}, "next_cursor": None}
    await desk.settled(sent=3)
    assert desk.arrived == [f"l{n}@{desk.domain}" for n in (1, 2, 3)]


async def test_nobody_elses_dead_letter_is_seen_or_touched_and_a_viewer_only_looks(sender: RunningSender) -> None:
    """Red when a tenant, or a role, is not looked at by one of the routes."""
    desk = await begun(sender, "spam", leads=1)
    await desk.settled(failed=1)
    (letter,) = (await desk.told("/dead-letters"))["items"]
    stranger = headers(await sender.open_workspace())
    path, body = f"/dead-letters/{letter['email_id']}", {"email": "a@b.example"}
    for method, more in (("GET", {}), ("PATCH", {"json": body})):
        hidden = await desk.ask(method, path, who=stranger, **more)
        assert (hidden.status_code, hidden.json()["code"]) == (404, "dead_letter_not_found")
    chosen = {"email_id": letter["email_id"]}
    assert (await desk.ask("POST", "/dead-letters/replay", who=stranger, json=chosen)).json()["replayed"] == 0
    assert (await desk.ask("POST", "/dead-letters/discard", who=stranger, json=chosen)).json()["discarded"] == 0
    assert (await desk.ask("GET", path, who=viewer(desk))).status_code == 200
    for method, at, more in (
        ("PATCH", path, body),
        ("POST", "/dead-letters/replay", chosen),
        ("POST", "/dead-letters/discard", chosen),
        ("POST", f"/emails/{letter['email_id']}/resolve", {"outcome": "sent"}),
    ):
        refused = await desk.ask(method, at, who=viewer(desk), json=more)
        assert (refused.status_code, refused.json()["code"]) == (403, "members_only"), at
    assert (await desk.told(path))["state"] == "open"
    assert await desk.states() == {"failed": 1}


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/replay", {"email_id": "none"}, "invalid_request"),
        ("POST", "/replay", {"email_ids": []}, "invalid_request"),
        ("POST", "/replay", {"cause": "a'; DROP TABLE sender.emails"}, "invalid_request"),
        ("POST", "/replay", [], "invalid_request"),
        ("POST", "/discard", {"campaign_id": 7}, "invalid_request"),
        ("GET", "?cursor=none", None, "invalid_request"),
        ("GET", "?limit=0", None, "invalid_request"),
        ("GET", "?state=lost", None, "invalid_request"),
        ("GET", "/none", None, "invalid_request"),
        ("PATCH", "/{id}", {"email": "nobody"}, "invalid_address"),
        ("PATCH", "/{id}", {"email": "a\u0000@b.example"}, "invalid_request"),
        ("PATCH", "/{id}", {"email": None}, "invalid_request"),
        ("PATCH", "/{id}", {"address": "a@b.example"}, "invalid_request"),
    ],
)
async def test_rubbish_is_refused(refusing: Desk, method: str, path: str, body: object, code: str) -> None:
    (letter,) = (await refusing.told("/dead-letters"))["items"]
    answer = await refusing.ask(method, f"/dead-letters{path.format(id=letter['email_id'])}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text


@pytest.fixture(scope="module")
async def refusing(sender: RunningSender) -> Desk:
    desk = await begun(sender, "spam", leads=1)
    await desk.settled(failed=1)
    return desk


@pytest.mark.parametrize(("outcome", "ends"), [("sent", {"sent": 2}), ("send_again", {"sent": 2})])
async def test_an_unknown_mail_is_decided_on_once(sender: RunningSender, outcome: str, ends: dict[str, int]) -> None:
    """Red when the second of two clicks counts, another answer overrules the first, or `sent` sends."""
    desk = await begun(sender, "lost and dropped", leads=2)
    await desk.settled(unknown=1, sent=1)
    (email,) = (await desk.told(f"/emails?campaign_id={desk.campaign_id}&state=unknown"))["items"]
    path, once = f"/emails/{email['id']}/resolve", {"also": {"Idempotency-Key": "k"}, "json": {"outcome": outcome}}
    stranger = await desk.ask("POST", path, who=headers(await sender.open_workspace()), json={"outcome": "sent"})
    assert (stranger.status_code, stranger.json()["code"]) == (404, "email_not_found")
    for rubbish in ({"outcome": "lost"}, {}, {"outcome": "sent", "why": "x"}):
        assert (await desk.ask("POST", path, json=rubbish)).status_code == 422
    answers = [(await desk.ask("POST", path, **once)).json() for _ in range(2)]
    assert [one["changed"] for one in answers] == [True, False]
    assert {one["email_id"] for one in answers} == {email["id"]}
    await desk.settled(**ends)
    assert desk.arrived.count(email["email"]) == (1 if outcome == "send_again" else 0)
    other = await desk.ask("POST", path, json={"outcome": "sent" if outcome == "send_again" else "send_again"})
    assert other.status_code == 409


async def test_many_unknown_mails_are_decided_on_at_once(sender: RunningSender) -> None:
    """Red when the route of many takes another's, a viewer's click or rubbish, or tells another number."""
    desk = await begun(sender, "lost and dropped", leads=2)
    await desk.settled(unknown=1, sent=1)
    all_of_it = {"outcome": "sent", "campaign_id": desk.campaign_id}
    nobodys = await desk.ask("POST", "/emails/resolve", who=headers(await sender.open_workspace()), json=all_of_it)
    assert nobodys.json() == {"resolved": 0, "kept": 0, "next_cursor": None}
    assert (await desk.ask("POST", "/emails/resolve", who=viewer(desk), json=all_of_it)).status_code == 403
    for rubbish in ({"outcome": "lost"}, {}, {**all_of_it, "why": "x"}, {**all_of_it, "cursor": "x"}):
        assert (await desk.ask("POST", "/emails/resolve", json=rubbish)).status_code == 422
    answers = [(await desk.ask("POST", "/emails/resolve", json=all_of_it)).json() for _ in range(2)]
    assert [one["resolved"] for one in answers] == [1, 0]
    await desk.settled(sent=2)


def test_whom_a_mail_goes_to_has_one_name() -> None:
    """Red when a route calls a person's address otherwise than the routes beside it do. A mailbox's own is its `address`."""
    schemas = json.loads(DOCUMENT.read_text("utf-8"))["components"]["schemas"]
    named = {
        (name, field)
        for name, schema in schemas.items()
        for field in schema.get("properties", {})
        if field in {"address", "recipient", "email_address", "target"}
    }
    assert {name for name, _ in named} == {"MailboxIn", "MailboxOut", "ConsentIn"}, named
