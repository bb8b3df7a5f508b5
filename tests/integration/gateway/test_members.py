"""Members of a workspace: what they are, that they go at once, and that somebody always owns it."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from libs.common.contracts.gateway import AccessEnded, WorkspaceChanged
from libs.common.ids import new_id
from services.gateway.live import LiveHub
from services.gateway.tables import memberships
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.people import Person, join, owner
from tests.support.envelopes import envelope_of


async def owners_of(gateway: Gateway, workspace_id: str) -> int:
    query = select(func.count()).where(memberships.c.workspace_id == UUID(workspace_id), memberships.c.role == "owner")
    async with gateway.platform.open_uow() as uow:
        return (await uow.conn.execute(query)).scalar_one()


async def test_members_are_listed_page_by_page_to_everybody_in_the_workspace(gateway: Gateway) -> None:
    """Red when one is left out at the end of a page, or somebody of another workspace is among them."""
    boss = await owner(gateway, "boss@list.example")
    viewer = await join(boss, "viewer@list.example", "viewer")
    await owner(gateway, "stranger@list.example")
    first = await viewer.did("GET", "members?limit=1")
    second = await viewer.did("GET", f"members?limit=1&cursor={first['next_cursor']}")
    assert second["next_cursor"] is None
    found = {one["email"]: one["role"] for page in (first, second) for one in page["items"]}
    assert found == {"boss@list.example": "owner", "viewer@list.example": "viewer"}


async def test_a_role_holds_from_the_next_request_on(gateway: Gateway) -> None:
    """Red when a role is read from the token."""
    boss = await owner(gateway, "boss@role.example")
    one = await join(boss, "one@role.example", "viewer")
    assert await one.refused("POST", "jobs", {}) == (403, "role_too_low")
    await boss.did("PATCH", f"members/{one.user_id}", {"role": "member"})
    assert (await one.ask("POST", "jobs", {})).status_code == 418
    assert await one.refused("PATCH", f"members/{one.user_id}", {"role": "admin"}) == (403, "role_too_low")


async def test_only_owners_make_and_unmake_owners(gateway: Gateway) -> None:
    """Red when an admin can take the workspace over."""
    boss = await owner(gateway, "boss@owners.example")
    admin = await join(boss, "admin@owners.example", "admin")
    assert await admin.refused("PATCH", f"members/{admin.user_id}", {"role": "owner"}) == (403, "owners_only")
    assert await admin.refused("PATCH", f"members/{boss.user_id}", {"role": "viewer"}) == (403, "owners_only")
    assert await admin.refused("DELETE", f"members/{boss.user_id}") == (403, "owners_only")
    assert await admin.refused("PUT", "workspace/owner", {"user_id": admin.user_id}) == (403, "role_too_low")
    await boss.did("PUT", "workspace/owner", {"user_id": admin.user_id}, status=204)
    roles = {one["email"]: one["role"] for one in (await boss.did("GET", "members"))["items"]}
    assert roles == {"boss@owners.example": "admin", "admin@owners.example": "owner"}


async def test_whoever_is_removed_is_out_at_once_with_their_keys_and_streams(gateway: Gateway) -> None:
    """Red when a session or a key goes on, or when coming back brings an old key back."""
    boss = await owner(gateway, "boss@out.example")
    gone = await join(boss, "gone@out.example", "member")
    made = await gone.did("POST", "api-keys", {"name": "mine", "scopes": ["read"]}, status=201)
    key = {"Authorization": f"Bearer {made['key']}"}
    assert (await gateway.client.get("/v1/jobs", headers=key)).status_code == 418
    await boss.did("DELETE", f"members/{gone.user_id}", status=204)
    assert await gone.refused("GET", "jobs") == (404, "workspace_not_found")
    refused = await gateway.client.get("/v1/jobs", headers=key)
    assert (refused.status_code, refused.json()["code"]) == (401, "key_revoked")
    query = text("SELECT count(*) FROM gateway.outbox WHERE routing_key = :key AND body LIKE :whom")
    async with gateway.platform.open_uow() as uow:
        row = await uow.conn.execute(query, {"key": AccessEnded.routing_key(), "whom": f"%{gone.user_id}%".encode()})
        assert row.scalar_one() == 1
        await uow.conn.execute(
            memberships.insert().values(user_id=UUID(gone.user_id), workspace_id=UUID(boss.workspace_id), role="member")
        )
    assert (await gone.ask("GET", "jobs")).status_code == 418
    assert (await gateway.client.get("/v1/jobs", headers=key)).status_code == 401


def test_streams_end_for_whom_access_ended_and_for_nobody_else() -> None:
    """Red when the event ends a colleague's stream, or a person's for a key of theirs."""
    hub, workspace_id, gone, stays, key_id = LiveHub(), new_id(), new_id(), new_id(), new_id()
    with (
        hub.open_stream(workspace_id, user_id=gone) as session,
        hub.open_stream(workspace_id, user_id=gone, key_id=key_id) as by_key,
        hub.open_stream(workspace_id, user_id=stays) as other,
        hub.open_stream(new_id(), user_id=gone) as elsewhere,
    ):
        revoked = AccessEnded(workspace_id=workspace_id, user_id=gone, key_id=key_id)
        hub.push(envelope_of(revoked, workspace_id))
        assert (session.lost, by_key.lost, other.lost) == (False, True, False)
        hub.push(envelope_of(AccessEnded(workspace_id=workspace_id, user_id=gone), workspace_id))
        assert (session.lost, other.lost, elsewhere.lost) == (True, False, False)
        before = session.queue.qsize()
        hub.push(envelope_of(AccessEnded(workspace_id=workspace_id, user_id=new_id()), workspace_id))
        assert (session.queue.qsize(), other.queue.qsize()) == (before, 3)


async def test_whoever_is_removed_from_their_only_workspace_gets_one_of_their_own(gateway: Gateway) -> None:
    """Red when somebody who can sign in has nowhere to go."""
    first = await owner(gateway, "first@only.example")
    second = await join(first, "second@only.example", "owner")
    await second.did("DELETE", f"members/{first.user_id}", status=204)
    mine = Person(gateway, first.email, first.user_id, first.token, "")
    found = (await mine.did("GET", "workspaces"))["items"]
    assert [(one["name"], one["role"]) for one in found] == [("first", "owner")]


async def test_the_last_owner_stays(gateway: Gateway) -> None:
    """Red when a workspace can be left to nobody, by any of the four ways."""
    boss = await owner(gateway, "boss@last.example")
    await join(boss, "other@last.example", "member")
    assert await boss.refused("DELETE", "workspace/membership") == (409, "last_owner")
    assert await boss.refused("DELETE", f"members/{boss.user_id}") == (409, "last_owner")
    assert await boss.refused("PATCH", f"members/{boss.user_id}", {"role": "viewer"}) == (409, "last_owner")
    assert await boss.refused("PUT", "workspace/owner", {"user_id": str(new_id())}) == (404, "member_not_found")
    await boss.did("PUT", "workspace/owner", {"user_id": boss.user_id}, status=204)
    assert await owners_of(gateway, boss.workspace_id) == 1


@pytest.mark.parametrize("way", ["leave", "remove each other", "step down"])
async def test_of_the_last_two_owners_one_stays_when_both_go_at_once(gateway: Gateway, way: str) -> None:
    """Red without the workspace's lock: each sees the other one."""
    name = way.replace(" ", "-")
    boss = await owner(gateway, f"boss@{name}.example")
    other = await join(boss, f"other@{name}.example", "owner")
    await boss.did("POST", "workspaces", {"name": "Elsewhere"}, status=201)
    asks = {
        "leave": [("DELETE", "workspace/membership", None)] * 2,
        "remove each other": [("DELETE", f"members/{one.user_id}", None) for one in (other, boss)],
        "step down": [("PATCH", f"members/{one.user_id}", {"role": "member"}) for one in (boss, other)],
    }[way]
    answers = await asyncio.gather(*(one.ask(*ask) for one, ask in zip((boss, other), asks, strict=True)))
    done = Counter(answer.status_code < 400 for answer in answers)
    assert done == {True: 1, False: 1}, [answer.text for answer in answers]
    assert await owners_of(gateway, boss.workspace_id) == 1


async def test_nobody_leaves_their_only_workspace(gateway: Gateway) -> None:
    boss = await owner(gateway, "boss@stay.example")
    other = await join(boss, "other@stay.example", "owner")
    assert await boss.refused("DELETE", "workspace/membership") == (409, "only_workspace")
    await other.did("DELETE", "workspace/membership", status=204)
    assert await other.refused("GET", "members") == (404, "workspace_not_found")


async def test_somebody_of_another_workspace_and_nobody_are_the_same(gateway: Gateway) -> None:
    """Red when the answer tells that a user is there."""
    boss, stranger = await owner(gateway, "boss@same.example"), await owner(gateway, "stranger@same.example")
    for method, body in (("PATCH", {"role": "viewer"}), ("DELETE", None)):
        theirs = await boss.ask(method, f"members/{stranger.user_id}", body)
        nobodys = await boss.ask(method, f"members/{(nobody := new_id())}", body)
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.text.replace(stranger.user_id, "") == nobodys.text.replace(str(nobody), "")


async def test_a_workspace_is_changed_by_who_has_seen_what_it_is(gateway: Gateway) -> None:
    """Red when one change undoes another, when a change is not announced, or when none is."""
    boss = await owner(gateway, "boss@etag.example")
    seen = await boss.ask("GET", "workspace")
    assert (seen.headers["ETag"], seen.json()["name"], seen.json()["role"]) == ('"1"', "Acme", "owner")
    changed = await boss.ask("PATCH", "workspace", {"name": " Acme Ltd "}, **{"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["ETag"], changed.json()["name"]) == (200, '"2"', "Acme Ltd")
    late = await boss.ask("PATCH", "workspace", {"name": "Other"}, **{"If-Match": '"1"'})
    assert (late.status_code, late.json()["code"]) == (412, "workspace_changed")
    same = await boss.ask("PATCH", "workspace", {"name": "Acme Ltd"})
    assert same.headers["ETag"] == '"2"'
    for body, headers, code in (
        ({"time_zone": "Mars/Olympus"}, {}, "time_zone_unknown"),
        ({"name": "x"}, {"If-Match": "rubbish"}, "if_match_malformed"),
        ({"name": "   "}, {}, "invalid_request"),
        ({"id": str(new_id())}, {}, "invalid_request"),
    ):
        refused = await boss.ask("PATCH", "workspace", body, **headers)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    query = text("SELECT count(*) FROM gateway.outbox WHERE routing_key = :key AND body LIKE :id")
    async with gateway.platform.open_uow() as uow:
        values = {"key": WorkspaceChanged.routing_key(), "id": f"%{boss.workspace_id}%".encode()}
        assert (await uow.conn.execute(query, values)).scalar_one() == 1


async def test_one_person_works_in_several_workspaces(gateway: Gateway) -> None:
    """Red when the header is not followed, or when another's workspace can be told from none."""
    boss, stranger = await owner(gateway, "boss@several.example"), await owner(gateway, "stranger@several.example")
    made = await boss.did("POST", "workspaces", {"name": "Second", "time_zone": "Europe/Berlin"}, status=201)
    there = boss.within(made["id"])
    assert (await there.did("GET", "workspace"))["name"] == "Second"
    assert (await boss.did("GET", "workspace"))["name"] == "Acme"
    assert {one["name"] for one in (await there.did("GET", "workspaces"))["items"]} == {"Acme", "Second"}
    answers = [await stranger.within(one).ask("GET", "members") for one in (made["id"], str(new_id()), "rubbish")]
    assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}
