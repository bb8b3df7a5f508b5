"""The audit log: who changed what, whatever came of it, and nothing of what was said."""

import csv
import io
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.clock import utc_now
from libs.common.http.openapi import load_committed
from libs.common.ids import new_id
from services.gateway import metrics
from services.gateway.api import api_keys, erasures, invitations, members, webhook_deliveries, webhooks, workspaces
from services.gateway.api.auditing import current_clerk
from services.gateway.domain.audit import Deed
from services.gateway.domain.operations import all_operations
from services.gateway.domain.permissions import READING
from services.gateway.repositories import audit
from services.gateway.schedules import schedules
from services.gateway.tables import api_keys as key_rows
from services.gateway.tables import audit_entries
from services.gateway.tables import invitations as invitation_rows
from services.gateway.use_cases.mail_proofs import ProofPages
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.people import Person, join, owner


async def entries(person: Person, query: str = "") -> list[dict[str, object]]:
    return (await person.did("GET", f"audit{query}"))["items"]


async def test_what_is_passed_on_is_written_down_without_what_was_said(gateway: Gateway) -> None:
    """Red when a change leaves no trace, a reading one, or when a body is kept."""
    boss = await owner(gateway, "boss@forward.example")
    job_id = str(new_id())
    await boss.ask("GET", f"jobs/{job_id}")
    await boss.ask("POST", "templates/preview", {})
    await boss.ask("POST", f"campaigns/{job_id}/check")
    await boss.ask("POST", f"jobs/{job_id}/pause", {"secret": "in the body"}, **{"X-Request-Id": "my-request"})
    (entry,) = await entries(boss)
    assert entry["subjects"] == {"job_id": job_id}
    assert entry["route"] == "/v1/jobs/{job_id}/pause"
    assert "pause" in str(entry["operation"])
    assert (entry["method"], entry["outcome"], entry["status"]) == ("POST", "refused", 418)
    assert (entry["user_id"], entry["email"], entry["key_id"]) == (boss.user_id, boss.email, None)
    assert (entry["request_id"], entry["client_address"]) == ("my-request", "127.0.0.1")
    assert "in the body" not in str(entry)


async def test_what_nobody_knows_the_outcome_of_is_written_down_as_that(gateway: Gateway) -> None:
    """Red when a request that no service took leaves no trace, or one that may have been done is called refused."""
    boss = await owner(gateway, "boss@dead.example")
    answer = await boss.ask("PUT", "providers/groq/key", {"key": "x"})
    assert answer.status_code == 503
    (entry,) = await entries(boss)
    assert (entry["outcome"], entry["status"], entry["subjects"]) == ("failed", 503, {"provider": "groq"})


async def test_a_key_is_named_beside_its_maker(gateway: Gateway) -> None:
    boss = await owner(gateway, "boss@key.example")
    key = await boss.did("POST", "api-keys", {"name": "A key", "scopes": ["jobs"]}, status=201)
    await gateway.client.post("/v1/jobs", headers={"Authorization": f"Bearer {key['key']}"})
    by_key, made = await entries(boss)
    assert (by_key["key_id"], by_key["user_id"]) == (key["id"], boss.user_id)
    assert (made["operation"], made["subjects"]) == ("post_api_key", {"key_id": key["id"]})
    assert key["key"] not in str(made)


async def test_our_own_routes_are_written_down_with_what_they_do_and_what_they_refuse(gateway: Gateway) -> None:
    """Red when an entry stands there for what was rolled back as done, or a refusal leaves no trace."""
    boss = await owner(gateway, "boss@own.example")
    member = await join(boss, "member@own.example", "member")
    await boss.did("PATCH", f"members/{member.user_id}", {"role": "viewer"})
    assert await boss.refused("PATCH", f"members/{boss.user_id}", {"role": "viewer"}) == (409, "last_owner")
    found = [(one["operation"], one["outcome"], one["status"]) for one in await entries(boss)]
    assert found == [
        ("patch_member", "refused", 409),
        ("patch_member", "done", 200),
        ("post_invitations_acceptance", "done", 200),
        ("post_invitation", "done", 201),
    ]
    assert await member.refused("GET", "audit") == (403, "role_too_low")


async def test_an_own_change_and_its_entry_are_one(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when a member can be made an admin without a trace because the log was away."""
    boss = await owner(gateway, "boss@one.example")
    member = await join(boss, "member@one.example", "member")

    async def away(conn: AsyncConnection, deed: Deed) -> None:
        del deed
        await conn.execute(text("SELECT * FROM gateway.no_such_table"))

    with monkeypatch.context() as patched:
        patched.setattr(audit, "add", away)
        assert (await boss.ask("PATCH", f"members/{member.user_id}", {"role": "admin"})).status_code == 500
    roles = {one["email"]: one["role"] for one in (await boss.did("GET", "members"))["items"]}
    assert roles[member.email] == "member"


async def test_a_log_that_is_away_fails_no_forwarded_request_and_says_so(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when the answer of a change that was made is an error, or when nobody learns that an entry is lost."""
    boss = await owner(gateway, "boss@lost.example")

    async def away(conn: AsyncConnection, deed: Deed) -> None:
        del deed
        await conn.execute(text("SELECT * FROM gateway.no_such_table"))

    before = metrics.AUDIT_ENTRIES_LOST._value.get()  # pyright: ignore[reportPrivateUsage] - no public way
    with monkeypatch.context() as patched:
        patched.setattr(audit, "add", away)
        assert (await boss.ask("POST", "jobs", {})).status_code == 418
    assert metrics.AUDIT_ENTRIES_LOST._value.get() == before + 1  # pyright: ignore[reportPrivateUsage]


async def test_entries_are_found_by_every_filter_and_page_by_page(gateway: Gateway) -> None:
    """Red when a filter is not one, a page leaves something out, or a stranger's deeds show."""
    boss, stranger = await owner(gateway, "boss@find.example"), await owner(gateway, "stranger@find.example")
    admin = await join(boss, "admin@find.example", "admin")
    job_id = str(new_id())
    await admin.ask("POST", f"jobs/{job_id}/pause")
    await admin.ask("POST", f"jobs/{new_id()}/resume")
    await stranger.ask("POST", f"jobs/{job_id}/pause")
    assert len(await entries(stranger)) == 1
    everything = await entries(boss)
    walked, cursor = [], ""
    while cursor is not None:
        page = await boss.did("GET", f"audit?limit=1{cursor and f'&cursor={cursor}'}")
        walked += page["items"]
        cursor = page["next_cursor"]
    assert walked == everything
    for query, count in (
        (f"?user_id={admin.user_id}", 3),
        (f"?subject={job_id}", 1),
        ("?outcome=refused", 2),
        (f"?operation={everything[0]['operation']}", 1),
        (f"?key_id={new_id()}", 0),
        ("?from=2100-01-01T00:00:00Z", 0),
        ("?to=2100-01-01T00:00:00Z", 4),
        (f"?subject={job_id}&outcome=done", 0),
    ):
        assert len(await entries(boss, query)) == count, query
    assert (await boss.ask("GET", "audit?subject=%00")).status_code == 422


async def test_the_csv_holds_all_that_fits_and_no_formula(gateway: Gateway) -> None:
    """Red when a request's own words are run by whoever opens the file."""
    boss = await owner(gateway, "boss@csv.example")
    await boss.ask("POST", "jobs", {}, **{"X-Request-Id": '=HYPERLINK("https://evil.example")'})
    await boss.ask("POST", "jobs/=1+1/pause")
    answer = await boss.ask("GET", "audit.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    header, newest, oldest = csv.reader(io.StringIO(answer.text))
    assert oldest[header.index("request_id")] == '\'=HYPERLINK("https://evil.example")'
    assert newest[header.index("subjects")] == "job_id==1+1"
    assert not any(cell[:1] in {"=", "+", "-", "@"} for row in (newest, oldest) for cell in row)


async def test_what_is_older_than_the_setting_is_forgotten(gateway: Gateway) -> None:
    """Red when the sweeper takes what is young, or leaves what is old."""
    boss = await owner(gateway, "boss@old.example")
    await boss.ask("POST", "jobs", {})
    await boss.ask("POST", "jobs", {})
    young, old = await entries(boss)
    keep = timedelta(days=400)
    async with gateway.platform.open_uow() as uow:
        for one, age in ((old, keep + timedelta(minutes=1)), (young, keep - timedelta(minutes=1))):
            chosen = update(audit_entries).where(audit_entries.c.id == UUID(str(one["id"])))
            await uow.conn.execute(chosen.values(at=utc_now() - age))
    pages = ProofPages("", "", "")
    clock = schedules(gateway.platform.open_uow, mail_server=None, pages=pages, keep_audit=keep)
    (forget,) = [one for one in clock if one.name == "forget_audit"]
    await forget.work()
    assert [one["id"] for one in await entries(boss)] == [young["id"]]


def test_every_changing_route_of_our_own_is_written_down() -> None:
    """Red when a route is added that writes nothing, or to a router that nobody looks at here."""
    asks = {
        (method.lower(), route.path): {one.call for one in route.dependant.dependencies}
        for module in (workspaces, members, invitations, api_keys, erasures, webhooks, webhook_deliveries)
        for route in module.router.routes
        if isinstance(route, APIRoute)
        for method in (route.methods or set()) - READING
    }
    own = load_committed()["gateway"]
    changing = {(method, path) for path, method, _ in all_operations(own) if path.startswith("/v1/")}
    changing = {(method, path) for method, path in changing if method.upper() not in READING}
    assert set(asks) == changing
    assert [route for route, called in asks.items() if current_clerk not in called] == []


async def test_invitations_and_keys_that_are_over_are_forgotten_with_the_log(gateway: Gateway) -> None:
    """Red when addresses of strangers are kept for ever; when one that still serves goes; or before the log tells of none."""
    boss = await owner(gateway, "boss@over.example")
    keep, now = timedelta(days=400), utc_now()
    old, young = now - keep - timedelta(minutes=1), now - keep + timedelta(minutes=1)
    ends = [("expires_at", old), ("revoked_at", old), ("accepted_at", old), ("revoked_at", young), ("", now)]
    invited = [
        {"id": new_id(), "workspace_id": UUID(boss.workspace_id), "address": f"{n}@over.example", "role": "member",
         "digest": f"over {n}".encode(), "invited_by": UUID(boss.user_id), "expires_at": now} | ({end: at} if end else {})
        for n, (end, at) in enumerate(ends)
    ]  # fmt: skip
    made = [
        {"id": new_id(), "workspace_id": UUID(boss.workspace_id), "user_id": UUID(boss.user_id), "name": "A key",
         "digest": f"over {n}".encode(), "ending": "abcd", "scopes": ["read"], "created_at": old}
        | ({end: at} if end else {})
        for n, (end, at) in enumerate([("revoked_at", old), ("expires_at", old), ("revoked_at", young), ("", now)])
    ]  # fmt: skip
    async with gateway.platform.open_uow() as uow:
        for row in invited:
            await uow.conn.execute(invitation_rows.insert().values(**row))
        for row in made:
            await uow.conn.execute(key_rows.insert().values(**row))
    clock = schedules(gateway.platform.open_uow, mail_server=None, pages=ProofPages("", "", ""), keep_audit=keep)
    (forget,) = [one for one in clock if one.name == "forget_audit"]
    await forget.work()
    left = {one["id"] for one in (await boss.did("GET", "invitations"))["items"]}
    assert left == {str(row["id"]) for row in invited[3:]}
    left = {one["id"] for one in (await boss.did("GET", "api-keys"))["items"]}
    assert left == {str(row["id"]) for row in made[2:]}
