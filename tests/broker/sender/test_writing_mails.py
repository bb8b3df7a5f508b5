"""Templates, checks, tests and suppressions as the web app asks for them; what leaves is read in the inbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from email.message import Message
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
import sqlalchemy as sa

from libs.common.clock import utc_now
from libs.common.http.identity import IDENTITY_HEADER, Identity, sign_identity
from libs.common.ids import new_id
from tests.broker.sender.running import RunningSender, headers, running_sender
from tests.integration.sender.world import recipient
from tests.support.hours import ANY_HOUR
from tests.support.waiting import eventually

FOOT = "\n{{ postal_address }} {{ unsubscribe_url }}"
SETTINGS = {
    "sender_name": "Zoe Ward",
    "postal_address": "7 Our Street\nTown",
    "daily_quota": 50,
    "domain_quota": None,
    "follow_up_share": 40,
    "campaign_pause_days": 7,
    "keeps_roles": True,
}


@pytest.fixture(scope="module")
async def sender(module_database: str, module_vhost: str) -> AsyncGenerator[RunningSender]:
    async with running_sender(module_database, module_vhost) as running:
        yield running


@pytest.fixture
async def workspace_id(sender: RunningSender) -> UUID:
    return await sender.open_workspace()


def signed(sender: RunningSender, workspace_id: UUID, **who: Any) -> dict[str, str]:
    """The identity of another kind of member."""
    claims: dict[str, Any] = {"role": "owner", "request_id": "r", **who}
    identity = Identity(workspace_id, UUID(int=8), **claims)
    secret = sender.platform.settings.internal_secret.get_secret_value()
    return {IDENTITY_HEADER: sign_identity(identity, secret=secret, now=utc_now())}


async def draft(sender: RunningSender, workspace_id: UUID, *rows: Any) -> str:
    list_id = await sender.bring_list(workspace_id, *rows)
    wish = {"list_id": str(list_id), "window": ANY_HOUR}
    created = await sender.post("/v1/campaigns", workspace_id, wish)
    assert created.status_code == 201, created.text
    return created.json()["id"]


async def test_a_template_is_written_changed_by_version_and_deleted(sender: RunningSender, workspace_id: UUID) -> None:
    words = {"name": "Mine", "subject": "Hello", "html_body": "<p>Hi {{ job_title }}</p>"}
    made = await sender.post("/v1/templates", workspace_id, words)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    told = made.json()
    assert (told["needs"], [problem["code"] for problem in told["problems"]]) == (
        ["job_title"],
        ["unsubscribe_link_missing", "postal_address_missing"],
    )
    assert (await sender.post("/v1/templates", workspace_id, words)).json()["code"] == "template_name_taken"
    path = f"/v1/templates/{told['id']}"
    stale = headers(workspace_id) | {"If-Match": '"7"'}
    changed = {**words, "subject": "Hello again"}
    assert (await sender.client.put(path, json=changed, headers=stale)).json()["code"] == "template_changed"
    fresh = headers(workspace_id) | {"If-Match": '"1"'}
    assert (await sender.client.put(path, json=changed, headers=fresh)).headers["etag"] == '"2"'
    versions = (await sender.get(f"{path}/versions", workspace_id)).json()["items"]
    assert [(row["version"], row["subject"]) for row in versions] == [(2, "Hello again"), (1, "Hello")]
    stranger = await sender.open_workspace()
    assert (await sender.get(path, stranger)).status_code == 404
    assert (await sender.client.delete(path, headers=headers(workspace_id))).status_code == 204
    assert [row["is_default"] for row in (await sender.get("/v1/templates", workspace_id)).json()["items"]] == [True]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"text_body": "{% for x in y %}"}, "template_invalid"),
        ({"text_body": "{a|b"}, "template_invalid"),
        ({"subject": "\0", "text_body": "x"}, "invalid_request"),
        ({"text_body": "x" * 50_001}, "invalid_request"),
        ({}, "template_invalid"),
        ({"text_body": "x", "more": 1}, "invalid_request"),
    ],
)
async def test_a_template_that_cannot_be_used_is_refused_by_name(
    sender: RunningSender, workspace_id: UUID, words: dict[str, Any], code: str
) -> None:
    answer = await sender.post("/v1/templates", workspace_id, {"name": "N", "subject": "s", **words})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_campaign_is_checked_at_once_or_line_by_line(sender: RunningSender, workspace_id: UUID) -> None:
    """Red when the stream names less than all, or says no progress."""
    rows = [recipient(n, email=f"l{n}@check.example", line="" if n % 3 == 0 else "A line.") for n in range(1, 451)]
    path = f"/v1/campaigns/{await draft(sender, workspace_id, *rows)}/check"
    told = (await sender.post(path, workspace_id)).json()
    assert (told["rows"], told["ready"], told["problems"], len(told["examples"])) == (
        450,
        300,
        {"line_missing": 150},
        100,
    )
    accept = headers(workspace_id) | {"Accept": "application/x-ndjson"}
    lines = [orjson.loads(line) for line in (await sender.client.post(path, headers=accept)).text.splitlines()]
    assert [line["progress"] for line in lines if "progress" in line] == [
        {"rows": rows, "of": 450} for rows in (200, 400, 450)
    ]
    assert sum("problem" in line for line in lines) == 150
    assert lines[-1] == {"result": told}


async def test_a_line_is_approved_and_previewed(sender: RunningSender, workspace_id: UUID) -> None:
    campaign_id = await draft(sender, workspace_id, recipient(1, email="l1@line.example"))
    (shown,) = (await sender.get(f"/v1/campaigns/{campaign_id}/lines", workspace_id)).json()["items"]
    assert (shown["approved"], shown["edited"]) == (False, False)
    path = f"/v1/campaigns/{campaign_id}/leads/{shown['lead_id']}/line"
    edited = await sender.client.put(path, json={"line": "Mine."}, headers=headers(workspace_id))
    assert (edited.json()["line"], edited.json()["approved"], edited.json()["edited"]) == ("Mine.", True, True)
    seen = await sender.post("/v1/templates/preview", workspace_id, {"campaign_id": campaign_id, "row_no": 1})
    assert "Mine." in seen.json()["text"]
    assert seen.json()["problems"] == []


async def ask_for_test(sender: RunningSender, workspace_id: UUID, campaign_id: str, **more: Any) -> httpx.Response:
    who = signed(sender, workspace_id, email="me@ours.example") | {"Idempotency-Key": more.pop("key", str(new_id()))}
    return await sender.client.post(f"/v1/campaigns/{campaign_id}/test", json=more, headers=who)


def mine(sender: RunningSender) -> list[Message]:
    """The mails of the test about Tested: the inbox is the whole module's."""
    return [mail for mail in sender.inbox.parsed() if mail["Subject"] == "[Test] A thought about Tested"]


async def test_words_that_nobody_has_saved_are_shown_for_any_lead(sender: RunningSender, workspace_id: UUID) -> None:
    """Red when a template must be saved to be looked at, or words that are being written have other limits or no advice."""
    await draft(sender, workspace_id, recipient(1, email="l@draft.example", fields={"Job title": "CTO"}))
    list_id = (await sender.get("/v1/lists", workspace_id)).json()["items"][0]["id"]
    row = (await sender.get(f"/v1/lists/{list_id}/recipients", workspace_id)).json()["items"][0]
    path = "/v1/templates/preview"

    async def show(**source: str) -> dict[str, Any]:
        answer = await sender.post(path, workspace_id, {"source": source, "lead_id": row["lead_id"]})
        assert answer.status_code == 200, answer.text
        return answer.json()

    html = "<p>{{ first_name }}, {{ job_title }}</p>" + FOOT
    good = await show(subject="Hi {{ first_name }}", html_body=html, text_body="{{ line }}" + FOOT)
    assert (good["subject"], good["problems"]) == ("Hi First1", [])
    assert "First1, CTO" in good["html"]
    wrong = await show(subject="Hi {{ frist_name }}", text_body="{{ line }}" + FOOT)
    assert "did you mean first_name" in wrong["problems"][0]["detail"]
    too_long = {"source": {"subject": "x" * 1_000_000}, "lead_id": row["lead_id"]}
    assert (await sender.post(path, workspace_id, too_long)).status_code == 422
    stored = (await sender.get("/v1/templates", workspace_id)).json()["items"]
    assert all(one["is_default"] for one in stored), "nothing is saved by looking"


async def test_a_test_goes_to_whoever_asks_is_marked_and_leaves_once_for_a_key(
    sender: RunningSender, workspace_id: UUID
) -> None:
    """Red when a test is sent to the lead, counts as its mail, or a second click sends a second one."""
    campaign_id = await draft(sender, workspace_id, recipient(1, email="lead@tested.example", company="Tested"))
    answers = await asyncio.gather(*(ask_for_test(sender, workspace_id, campaign_id, key="k") for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    await eventually(lambda: bool(mine(sender)))
    again = (await ask_for_test(sender, workspace_id, campaign_id, key="k")).json()
    assert (again["state"], again["subject"]) == ("sent", "[Test] A thought about Tested")
    (mail,) = mine(sender)
    assert mail["To"] == "me@ours.example"
    assert "lead@tested.example" not in sender.inbox.recipients
    link = mail["List-Unsubscribe"].partition("8080")[2].partition(">")[0]
    assert "test mail" in (await sender.client.post(link)).text
    assert (await sender.get("/v1/emails", workspace_id)).json()["items"] == []


async def test_a_test_that_cannot_be_sent_says_why(sender: RunningSender, workspace_id: UUID) -> None:
    campaign_id = await draft(sender, workspace_id, recipient(1, email="l@no.example"), recipient(2, line=""))
    await sender.post("/v1/suppressions", workspace_id, {"email": "@barred.example"})
    for more, code in (
        ({"to": "x@barred.example"}, "suppressed"),
        ({"to": "nobody"}, "invalid_address"),
        ({"row_no": 2}, "line_missing"),
        ({"row_no": 9}, "row_not_found"),
    ):
        assert (await ask_for_test(sender, workspace_id, campaign_id, **more)).json()["code"] == code
    nameless = signed(sender, workspace_id) | {"Idempotency-Key": "a"}
    answer = await sender.client.post(f"/v1/campaigns/{campaign_id}/test", json={}, headers=nameless)
    assert answer.json()["code"] == "address_required"
    keyless = await sender.post(f"/v1/campaigns/{campaign_id}/test", workspace_id, {"to": "a@b.example"})
    assert keyless.json()["code"] == "idempotency_key_required"
    sender.inbox.moods.append("no such user")
    refused = (await ask_for_test(sender, workspace_id, campaign_id)).json()
    assert (refused["state"], "550" in refused["reason"]) == ("failed", True)


async def test_a_workspace_sends_a_hundred_tests_a_day_and_no_more(sender: RunningSender, workspace_id: UUID) -> None:
    """Red when tests are a way around the quota."""
    campaign_id = await draft(sender, workspace_id, recipient(1, email="l@many.example"))
    many = sa.text(
        "INSERT INTO sender.test_mails (id, workspace_id, mailbox_id, key, recipient, subject, state, asked_by)"
        " SELECT gen_random_uuid(), c.workspace_id, c.mailbox_id, 'k' || n, 'a@b.example', 's', 'sent', c.workspace_id"
        " FROM sender.campaigns c, generate_series(1, 99) n WHERE c.id = CAST(:id AS uuid)"
    )
    async with sender.platform.open_uow() as uow:
        await uow.conn.execute(many, {"id": campaign_id})
    answers = [await ask_for_test(sender, workspace_id, campaign_id) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 429]
    assert answers[1].json()["code"] == "too_many_test_mails"


async def test_a_workspace_says_how_it_sends(sender: RunningSender, workspace_id: UUID) -> None:
    path = "/v1/sending/settings"
    before = (await sender.get(path, workspace_id)).json()
    assert (before["daily_quota"], before["default_daily_quota"], before["default_sender_name"]) == (
        None,
        400,
        "Ann Lee",
    )
    member = signed(sender, workspace_id, role="member")
    assert (await sender.client.put(path, json=SETTINGS, headers=member)).json()["code"] == "admins_only"
    for wrong in (
        {"time_zone": "Mars/Base"},
        {"sender_name": "A\r\nBcc: x"},
        {"daily_quota": 0},
        {"follow_up_share": 101},
    ):
        answer = await sender.client.put(path, json={**SETTINGS, **wrong}, headers=headers(workspace_id))
        assert answer.status_code == 422, answer.text
    done = await sender.client.put(path, json=SETTINGS, headers=headers(workspace_id))
    assert done.status_code == 200
    after = (await sender.get(path, workspace_id)).json()
    assert {name: after[name] for name in SETTINGS} == SETTINGS


async def test_suppressions_are_imported_listed_exported_and_lifted(sender: RunningSender, workspace_id: UUID) -> None:
    """Red when an export is not what an import takes, or a member without the right lifts one."""
    content = b"email;why\nann@gone.example;asked\n@whole.example;\nnonsense;\n"
    csv = headers(workspace_id) | {"Content-Type": "text/csv"}
    done = (await sender.client.post("/v1/suppressions/import?note=old", content=content, headers=csv)).json()
    assert (done["added"], done["known"], done["bad"], done["bad_lines"][0]["line_no"]) == (2, 0, 1, 4)
    listed = (await sender.get("/v1/suppressions?containing=WHOLE", workspace_id)).json()["items"]
    assert [(row["email"], row["reason"], row["note"]) for row in listed] == [("@whole.example", "imported", "old")]
    exported = await sender.get("/v1/suppressions/export", workspace_id)
    other = await sender.open_workspace()
    csv = headers(other) | {"Content-Type": "text/csv"}
    again = (await sender.client.post("/v1/suppressions/import", content=exported.content, headers=csv)).json()
    assert (again["added"], again["bad"]) == (2, 0)
    path = f"/v1/suppressions/{listed[0]['id']}"
    assert (await sender.get(path, workspace_id)).json() == listed[0]
    assert (await sender.get(path, other)).status_code == 404
    member = signed(sender, workspace_id, role="member")
    refused = await sender.client.post(f"{path}/lift", json={"note": "x"}, headers=member)
    assert refused.json()["code"] == "admins_only"
    assert (await sender.post(f"{path}/lift", workspace_id, {"note": ""})).status_code == 422
    assert (await sender.post(f"{path}/lift", workspace_id, {"note": "a mistake"})).status_code == 204
    history = (await sender.get("/v1/suppressions/changes?email=@whole.example", workspace_id)).json()["items"]
    assert [(row["change"], row["note"]) for row in history] == [("lifted", "a mistake"), ("suppressed", "old")]


async def test_only_an_operator_suppresses_for_everybody(sender: RunningSender, workspace_id: UUID) -> None:
    """Red when a tenant can bar an address for all the others, or see whom others may not write to."""
    wish = {"email": "@everywhere.example", "scope": "global"}
    assert (await sender.post("/v1/suppressions", workspace_id, wish)).json()["code"] == "operators_only"
    assert (await sender.get("/v1/suppressions?scope=global", workspace_id)).json()["code"] == "operators_only"
    operator = signed(sender, await sender.open_workspace(), operator=True)
    made = await sender.client.post("/v1/suppressions", json=wish, headers=operator)
    assert (made.status_code, made.json()["scope"]) == (201, "global")
    assert (await sender.get("/v1/suppressions", workspace_id)).json()["items"] == []
    campaign_id = await draft(sender, workspace_id, recipient(1, email="a@everywhere.example"))
    told = (await sender.post(f"/v1/campaigns/{campaign_id}/check", workspace_id)).json()
    assert told["problems"] == {"suppressed": 1}
    lifted = await sender.client.post(
        f"/v1/suppressions/{made.json()['id']}/lift?scope=global", json={"note": "done"}, headers=operator
    )
    assert lifted.status_code == 204


async def test_tests_are_not_sent_faster_than_a_person_reads(sender: RunningSender, workspace_id: UUID) -> None:
    """Red when the pace is not kept, or an answer under a key that is known is refused."""
    campaign_id = await draft(sender, workspace_id, recipient(1, email="l@fast.example"))
    answers = [await ask_for_test(sender, workspace_id, campaign_id, key=f"k{n}") for n in range(25)]
    codes = [answer.status_code for answer in answers]
    assert codes[:20] == [201] * 20
    assert codes[-1] == 429
    assert answers[-1].json()["code"] == "mailbox_tried_too_often"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 10
    assert (await ask_for_test(sender, workspace_id, campaign_id, key="k0")).status_code == 201
