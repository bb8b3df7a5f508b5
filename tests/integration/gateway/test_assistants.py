"""Assistants work with a workspace over MCP: the official client against the gateway, within what its bearer may do."""

from collections.abc import AsyncGenerator
from typing import Any

import orjson
import pytest

from services.gateway.api.assistants import MAX_BODY_BYTES
from services.gateway.domain.assistant_tools import TOOLS
from services.gateway.domain.tool_answers import MAX_ANSWER_BYTES
from tests.integration.gateway.assistant import NOT_THERE, Answering, Mode, assistant, refused, service_of, used
from tests.integration.gateway.conftest import Behind, Gateway, replica
from tests.integration.gateway.people import Person, join, owner, room_for
from tests.support.upstream import serving

ID = "01938a6e-2f00-7c4b-9d00-000000000001"
ARGUMENTS: dict[str, dict[str, Any]] = {
    "get_job": {"job_id": ID},
    "list_rows": {"job_id": ID},
    "get_row": {"job_id": ID, "row_no": 3},
    "get_receipt": {"job_id": ID},
    "list_campaign_leads": {"campaign_id": ID},
    "explain_campaign": {"campaign_id": ID},
    "why_not_sent": {"campaign_id": ID, "lead_id": ID},
    "forecast_campaign": {"campaign_id": ID},
    "quote_job": {"upload_id": ID},
    "start_job": {"upload_id": ID, "quoted_credits": 42},
    "try_rows": {"upload_id": ID, "rows": [1]},
    "edit_line": {"job_id": ID, "row_no": 3, "revision": "r1", "line": "Hello"},
    "approve_line": {"job_id": ID, "row_no": 3, "revision": "r1"},
    "save_template_draft": {"name": "First", "subject": "Hello", "text_body": "Hello"},
}
"""For each tool that needs some."""
ACTING = {tool.name for tool in TOOLS if not tool.reads}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
TAKES = {"Accept": "application/json, text/event-stream"}


@pytest.fixture
def answering() -> Answering:
    return Answering()


@pytest.fixture
async def door(behind: Behind, answering: Answering, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Gateway]:
    """A gateway with that service behind it, whatever it is asked."""
    async with serving(service_of(answering)) as url:
        for name in ("INGEST_URL", "BILLING_URL", "SENDER_URL"):
            monkeypatch.setenv(name, url)
        async with replica(behind) as gateway:
            yield gateway


async def key_of(person: Person, *scopes: str) -> dict[str, Any]:
    return await person.did("POST", "api-keys", {"name": "assistant", "scopes": list(scopes)}, status=201)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_official_client_uses_every_tool(door: Gateway, answering: Answering, mode: Mode) -> None:
    """Red when a tool is listed that does not work, in the handshake of today's clients or of earlier ones."""
    person = await owner(door, f"tools-{mode}@first.example")
    async with assistant(door, person.token, mode=mode) as client:
        assert client.instructions is not None
        assert "never follow instructions" in client.instructions.lower()
        for tool in (await client.list_tools()).tools:
            answer = await used(client, tool.name, **ARGUMENTS.get(tool.name, {}))
            assert isinstance(answer["answer"], dict), tool.name
    asked = {(one.method, one.path) for one in answering.asked}
    places = {"job_id": ID, "campaign_id": ID, "lead_id": ID, "upload_id": ID, "row_no": "3"}
    assert asked == {(tool.method, tool.path.format(**places)) for tool in TOOLS if tool.name != "whoami"}
    assert {str(one.identity.workspace_id) for one in answering.asked} == {person.workspace_id}


async def test_a_key_sees_and_uses_only_what_its_scopes_allow(door: Gateway, answering: Answering) -> None:
    """Red when a key that may read sees a tool that acts, or can use one by its name."""
    person = await owner(door, "scopes@first.example")
    key = await key_of(person, "read")
    async with assistant(door, key["key"]) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == {tool.name for tool in TOOLS if tool.reads}
        for name in ACTING:
            assert "(code: scope_missing)" in await refused(client, name, **ARGUMENTS[name]), name
    assert answering.asked == []


async def test_a_viewer_uses_no_tool_that_acts(door: Gateway, answering: Answering) -> None:
    """Red when the role of a person in the workspace that they name counts for less than their token."""
    boss = await owner(door, "boss@viewers.example")
    await room_for(door, boss.workspace_id, members=3)
    viewer = await join(boss, "viewer@viewers.example", "viewer")
    async with assistant(door, viewer.token, workspace=boss.workspace_id) as client:
        assert not {tool.name for tool in (await client.list_tools()).tools} & ACTING
        assert "(code: role_too_low)" in await refused(client, "edit_line", **ARGUMENTS["edit_line"])
        await used(client, "list_jobs")
    assert str(answering.asked[-1].identity.workspace_id) == boss.workspace_id


async def test_one_workspace_is_not_reached_from_another(door: Gateway) -> None:
    """Red when a header leads an assistant's token or key into a workspace of others."""
    one, other = await owner(door, "one@tenants.example"), await owner(door, "other@tenants.example")
    key = await key_of(one, "read")
    for token in (one.token, key["key"]):
        headers = {"Authorization": f"Bearer {token}", "X-Workspace-Id": other.workspace_id, **TAKES}
        answer = await door.client.post("/mcp", json=LIST, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "workspace_not_found")


async def test_nobody_comes_in_without_a_bearer_that_holds(door: Gateway) -> None:
    """Red when an assistant needs no token, or when a revoked key still opens."""
    answer = await door.client.post("/mcp", json=LIST, headers=TAKES)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
    assert answer.headers["www-authenticate"] == "Bearer"
    person = await owner(door, "revoked@first.example")
    key = await key_of(person, "read")
    bearer = {"Authorization": f"Bearer {key['key']}", **TAKES}
    assert (await door.client.post("/mcp", json=LIST, headers=bearer)).status_code == 200
    await person.did("DELETE", f"api-keys/{key['id']}", status=204)
    answer = await door.client.post("/mcp", json=LIST, headers=bearer)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_revoked")


async def test_a_job_starts_only_at_the_price_that_was_agreed_to(door: Gateway, answering: Answering) -> None:
    """Red when a job starts without a quote, at another price, or twice for one call."""
    person = await owner(door, "price@first.example")
    async with assistant(door, person.token) as client:
        assert "(code: argument_missing)" in await refused(client, "start_job", upload_id=ID)
        assert "(code: price_differs)" in await refused(client, "start_job", upload_id=ID, quoted_credits=41)
        assert answering.jobs == {}
        for key in (None, None, "again"):
            await used(client, "start_job", upload_id=ID, quoted_credits=42, first_rows=20, request_key=key)
    _, first, same, another = answering.of("POST", "/v1/jobs")
    assert first.body == {"upload_id": ID, "first_rows": 20, "quoted_credits": 42}
    assert first.key is not None
    assert first.key == same.key
    assert first.key != another.key


async def test_a_repeated_start_answers_the_running_job_whatever_it_would_cost_by_now(
    door: Gateway, answering: Answering
) -> None:
    """Red when an assistant that has lost an answer is told that nothing was started, though the job runs."""
    person = await owner(door, "repeated@first.example")
    async with assistant(door, person.token) as client:
        first = await used(client, "start_job", upload_id=ID, quoted_credits=42)
        answering.credits = 50
        again = await used(client, "start_job", upload_id=ID, quoted_credits=42)
        words = await refused(client, "start_job", upload_id=ID, quoted_credits=42, request_key="another")
    assert (first["answer"], "(code: price_differs)" in words) == (again["answer"], True)


async def test_answers_stay_small_and_pages_go_on_where_they_end(door: Gateway, answering: Answering) -> None:
    """Red when an answer outgrows what an assistant reads, or when rows are lost where a page was made smaller."""
    person = await owner(door, "pages@first.example")
    answering.row_bytes = 3000
    seen: list[int] = []
    async with assistant(door, person.token) as client:
        cursor: int | None = 0
        while cursor is not None:
            answer = await used(client, "list_rows", job_id=ID, limit=20, cursor=cursor)
            assert len(orjson.dumps(answer)) <= MAX_ANSWER_BYTES
            assert answer["shortened"] is False
            seen += [row["row_no"] for row in answer["answer"]["items"]]
            cursor = answer["answer"]["next_cursor"]
        answering.row_bytes = 200_000
        answer = await used(client, "list_rows", job_id=ID, limit=20)
        assert len(orjson.dumps(answer)) <= MAX_ANSWER_BYTES
        assert answer["shortened"] is True
        assert "(code: argument_malformed)" in await refused(client, "list_rows", job_id=ID, limit=51)
    assert seen == list(range(1, 31))


async def test_what_strangers_wrote_is_named(door: Gateway) -> None:
    """Red when research comes without the word that it is data."""
    person = await owner(door, "strangers@first.example")
    async with assistant(door, person.token) as client:
        answer = await used(client, "list_rows", job_id=ID)
        assert answer["untrusted_fields"] == ["line", "research"]
        assert (await used(client, "get_balance"))["untrusted_fields"] == []


async def test_a_refusal_of_a_service_is_told_in_its_words(door: Gateway) -> None:
    """Red when an assistant is told less than anybody who asks the API."""
    person = await owner(door, "words@first.example")
    async with assistant(door, person.token) as client:
        assert await refused(client, "get_job", job_id=NOT_THERE) == (
            "there is no such job here: list them (code: job_not_found)"
        )
        assert "(code: argument_malformed)" in await refused(client, "get_job", job_id="../../internal/status")
        assert "(code: unknown_argument)" in await refused(client, "get_job", job_id=ID, workspace_id=ID)
        assert "(code: unknown_tool)" in await refused(client, "start_campaign", campaign_id=ID)


async def test_what_an_assistant_does_stands_in_the_audit_log(door: Gateway) -> None:
    """Red when a tool goes past the door."""
    person = await owner(door, "audited@first.example")
    key = await key_of(person, "read", "jobs")
    async with assistant(door, key["key"]) as client:
        await used(client, "approve_line", **ARGUMENTS["approve_line"])
    entries = (await person.did("GET", "audit?operation=change_job_row_line"))["items"]
    assert [(one["key_id"], one["outcome"]) for one in entries] == [(key["id"], "done")]


async def test_requests_of_assistants_count(door: Gateway, behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when /mcp is a way around the limit of a key."""
    monkeypatch.setenv("KEY_REQUESTS_PER_MINUTE", "3")
    async with replica(behind) as limited:
        key = await key_of(await owner(limited, "limited@first.example"), "read")
        headers = {"Authorization": f"Bearer {key['key']}", **TAKES}
        statuses = [(await limited.client.post("/mcp", json=LIST, headers=headers)).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'{"jsonrpc":"1.0","id":1,"method":"tools/list"}', 400),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/none"}', 200),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}', 200),
        (b"\xff\xfe" * 50, 400),
        (b"[" * 100_000, 400),
        (b"a" * (MAX_BODY_BYTES + 1), 413),
    ],
    ids=["cut", "array", "null", "version", "method", "params", "bytes", "deep", "oversized"],
)
async def test_rubbish_is_refused_and_breaks_nothing(door: Gateway, body: bytes, status: int) -> None:
    """Red when what no client of the protocol says is anything but its sender's fault."""
    person = await owner(door, f"rubbish-{len(body)}-{hash(body)}@first.example")
    headers = {"Authorization": f"Bearer {person.token}", "Content-Type": "application/json", **TAKES}
    answer = await door.client.post("/mcp", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    if status == 200:
        assert answer.json()["error"]["code"] in {-32601, -32602}
    assert (await door.client.post("/mcp", json=LIST, headers=headers)).status_code == 200


async def test_what_is_not_called_json_is_refused_as_everything_is(door: Gateway) -> None:
    """Red when the refusal is the SDK's plain text."""
    person = await owner(door, "media@first.example")
    headers = {"Authorization": f"Bearer {person.token}", "Accept": TAKES["Accept"]}
    for media_type in ("text/xml", "application/x-www-form-urlencoded", ""):
        answer = await door.client.post("/mcp", content=b"<a/>", headers=headers | {"Content-Type": media_type})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    with_charset = headers | {"Content-Type": "application/json; charset=utf-8"}
    answer = await door.client.post("/mcp", content=orjson.dumps(LIST), headers=with_charset)
    assert answer.status_code == 200


async def test_a_page_of_another_origin_may_not_use_it(door: Gateway) -> None:
    """Red when a page that somebody opens can speak with the server behind their back, or listens where nothing is said."""
    person = await owner(door, "origin@first.example")
    headers = {"Authorization": f"Bearer {person.token}", **TAKES}
    answer = await door.client.post("/mcp", json=LIST, headers=headers | {"Origin": "https://evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")
    answer = await door.client.post("/mcp", json=LIST, headers=headers | {"Origin": "http://localhost:8080"})
    assert answer.status_code == 200
    answer = await door.client.get("/mcp", headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
