"""API keys: seen once, limited to scopes and to what their maker may do, and over when they are over."""

from datetime import timedelta
from uuid import UUID

import httpx
from sqlalchemy import select, update

from libs.common.clock import utc_now
from libs.common.http.identity import IDENTITY_HEADER, read_identity
from libs.common.ids import new_id
from services.gateway.domain.keys import key_of
from services.gateway.tables import api_keys
from tests.integration.gateway.conftest import INTERNAL_SECRET, Gateway
from tests.integration.gateway.people import Person, join, owner


async def made(person: Person, *scopes: str, **also: object) -> dict[str, str]:
    return await person.did("POST", "api-keys", {"name": "A key", "scopes": list(scopes), **also}, status=201)


async def by_key(gateway: Gateway, key: str, method: str, path: str, **headers: str) -> httpx.Response:
    named = {"Authorization": f"Bearer {key}", **headers}
    return await gateway.client.request(method, f"/v1/{path}", headers=named)


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def used_at(gateway: Gateway, key_id: str) -> object:
    async with gateway.platform.open_uow() as uow:
        return (
            await uow.conn.execute(select(api_keys.c.last_used_at).where(api_keys.c.id == UUID(key_id)))
        ).scalar_one()


async def change(gateway: Gateway, key_id: str, **values: object) -> None:
    async with gateway.platform.open_uow() as uow:
        await uow.conn.execute(update(api_keys).where(api_keys.c.id == UUID(key_id)).values(**values))


async def test_a_key_is_shown_once_and_asks_as_its_maker(gateway: Gateway) -> None:
    """Red when the key can be read again, from us or from our tables, or when services are told of somebody else."""
    boss = await owner(gateway, "boss@corofy.example")
    key = await made(boss, "read", "read")
    assert key["scopes"] == ["read"]
    listed = await boss.ask("GET", "api-keys")
    assert key["key"] not in listed.text
    assert listed.json()["items"][0]["ending"] == key["key"][-4:]
    async with gateway.platform.open_uow() as uow:
        rows = (await uow.conn.execute(select(api_keys))).all()
    assert key["key"] not in str(rows)
    assert (await by_key(gateway, key["key"], "GET", "jobs")).status_code == 418
    identity = read_identity(gateway.behind.headers[-1][IDENTITY_HEADER.lower()], secret=INTERNAL_SECRET)
    assert (str(identity.user_id), str(identity.workspace_id)) == (boss.user_id, boss.workspace_id)
    assert identity.role == "owner"
    # Their address is an operator's: a key is none.
    assert identity.operator is False


async def test_a_key_may_what_its_scopes_say_and_nothing_that_is_for_people(gateway: Gateway) -> None:
    boss = await owner(gateway, "boss@scopes.example")
    key = (await made(boss, "read", "jobs"))["key"]
    assert (await by_key(gateway, key, "POST", "jobs")).status_code == 418
    assert (await by_key(gateway, key, "GET", "me")).status_code == 200
    assert told(await by_key(gateway, key, "POST", "campaigns")) == (403, "scope_missing")
    for method, path in (("GET", "api-keys"), ("POST", "api-keys"), ("GET", "workspaces"), ("GET", "invitations"),
                         ("POST", "prices"), ("PUT", "workspace/owner"), ("DELETE", "workspace/membership")):  # fmt: skip
        assert told(await by_key(gateway, key, method, path)) == (403, "people_only"), path


async def test_a_key_has_never_more_than_its_makers_role_has_now(gateway: Gateway) -> None:
    """Red when a key remembers what its maker once was."""
    boss = await owner(gateway, "boss@role.example")
    admin = await join(boss, "admin@role.example", "admin")
    key = (await made(admin, "read", "jobs", "billing"))["key"]
    assert (await by_key(gateway, key, "POST", "billing/portal")).status_code == 418
    await boss.did("PATCH", f"members/{admin.user_id}", {"role": "viewer"})
    assert told(await by_key(gateway, key, "POST", "billing/portal")) == (403, "role_too_low")
    assert told(await by_key(gateway, key, "POST", "jobs")) == (403, "role_too_low")
    assert (await by_key(gateway, key, "GET", "jobs")).status_code == 418
    body = {"name": "More", "scopes": ["jobs"]}
    assert await admin.refused("POST", "api-keys", body) == (403, "scope_exceeds_role")


async def test_keys_that_are_over_are_refused_by_name(gateway: Gateway) -> None:
    """Red when an expired, a revoked or an invented key gets in."""
    boss = await owner(gateway, "boss@over.example")
    soon = (utc_now() + timedelta(hours=1)).isoformat()
    expired, revoked = await made(boss, "read", expires_at=soon), await made(boss, "read")
    await change(gateway, expired["id"], expires_at=utc_now() - timedelta(seconds=1))
    for _ in range(2):
        await boss.did("DELETE", f"api-keys/{revoked['id']}", status=204)
    swapped = revoked["key"][:-1] + ("0" if revoked["key"][-1] != "0" else "1")
    cases = {
        expired["key"]: "key_expired",
        revoked["key"]: "key_revoked",
        key_of(bytes(32)): "key_invalid",
        swapped: "key_invalid",
        "cfy_": "key_invalid",
        "cfy_" + "x" * 5000: "key_invalid",
    }
    before = len(gateway.behind.paths)
    for key, code in cases.items():
        assert told(await by_key(gateway, key, "GET", "jobs")) == (401, code)
    assert len(gateway.behind.paths) == before
    past = {"name": "Past", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}
    assert await boss.refused("POST", "api-keys", past) == (422, "expiry_passed")


async def test_the_last_use_is_noted_at_most_once_a_minute(gateway: Gateway) -> None:
    """Red when each request writes the key's row, or none does; or when a refused use counts."""
    boss = await owner(gateway, "boss@used.example")
    key = await made(boss, "read")
    assert await used_at(gateway, key["id"]) is None
    await by_key(gateway, key["key"], "GET", "jobs")
    first = await used_at(gateway, key["id"])
    assert first is not None
    await by_key(gateway, key["key"], "GET", "jobs")
    assert await used_at(gateway, key["id"]) == first
    long_ago = utc_now() - timedelta(seconds=61)
    await change(gateway, key["id"], last_used_at=long_ago)
    await by_key(gateway, key["key"], "GET", "jobs")
    assert await used_at(gateway, key["id"]) > long_ago  # pyright: ignore[reportOperatorIssue] - a moment
    await change(gateway, key["id"], last_used_at=long_ago, revoked_at=utc_now())
    await by_key(gateway, key["key"], "GET", "jobs")
    assert await used_at(gateway, key["id"]) == long_ago


async def test_a_key_is_of_one_workspace(gateway: Gateway) -> None:
    boss = await owner(gateway, "boss@one.example")
    second = await boss.did("POST", "workspaces", {"name": "Second"}, status=201)
    key = (await made(boss, "read"))["key"]
    assert (await by_key(gateway, key, "GET", "jobs", **{"X-Workspace-Id": boss.workspace_id})).status_code == 418
    for other in (second["id"], str(new_id())):
        answer = await by_key(gateway, key, "GET", "jobs", **{"X-Workspace-Id": other})
        assert told(answer) == (404, "workspace_not_found")


async def test_people_see_and_revoke_their_own_keys_and_admins_everybodys(gateway: Gateway) -> None:
    """Red when a member learns of a colleague's key, or when that can be told from none."""
    boss, stranger = await owner(gateway, "boss@see.example"), await owner(gateway, "stranger@see.example")
    member = await join(boss, "member@see.example", "member")
    of_boss, of_member = await made(boss, "read"), await made(member, "read")
    assert [one["id"] for one in (await member.did("GET", "api-keys"))["items"]] == [of_member["id"]]
    assert [one["id"] for one in (await boss.did("GET", "api-keys"))["items"]] == [of_member["id"], of_boss["id"]]
    nobodys = str(new_id())
    for person, key_id in ((member, of_boss["id"]), (stranger, of_member["id"]), (member, nobodys)):
        answer = await person.ask("DELETE", f"api-keys/{key_id}")
        assert told(answer) == (404, "key_not_found")
        assert answer.text.replace(key_id, "") == (await member.ask("DELETE", f"api-keys/{nobodys}")).text.replace(
            nobodys, ""
        )
    await boss.did("DELETE", f"api-keys/{of_member['id']}", status=204)
    assert told(await by_key(gateway, of_member["key"], "GET", "jobs")) == (401, "key_revoked")
