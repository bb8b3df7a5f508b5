"""Every operation of every service, asked by every role and by keys, through the gateway: the matrix is made of the documents."""

import asyncio
import re

import httpx
import jwt

from libs.common.http.openapi import load_committed
from services.gateway.domain.operations import all_operations
from services.gateway.domain.permissions import ROLES, may, permission_for
from tests.integration.gateway.conftest import AUTH_SECRET, Gateway
from tests.integration.gateway.people import Person, join, owner

NOBODY = "00000000-0000-7000-8000-000000000000"
OPERATIONS = [
    (method.upper(), re.sub(r"\{\w+\}", NOBODY, path).removeprefix("/v1/"))
    for document in load_committed().values()
    for path, method, operation in all_operations(document)
    if path.startswith("/v1/") and operation.get("security") != [] and path != "/v1/events"
]
AT_THE_DOOR = {"role_too_low", "scope_missing", "people_only", "operators_only"}
_AT_ONCE = 8


_ASK_ENRICH = ("providers", "catalogue", "workspace/export")
"""Enrich is away in these tests."""


async def refusals(person: Person, operations: list[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
    """By operation: how the door refused it, or None where it was let through."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(method: str, path: str) -> httpx.Response:
        async with room:
            return await person.ask(method, path, {} if method in {"POST", "PUT", "PATCH"} else None)

    # Whoever has left gets nowhere: that comes last.
    ordered = sorted(operations, key=lambda operation: operation[1] == "workspace/membership")
    answers = await asyncio.gather(*(one(*operation) for operation in ordered[:-1]))
    answers.append(await one(*ordered[-1]))
    found: dict[tuple[str, str], str | None] = {}
    for operation, answer in zip(ordered, answers, strict=True):
        is_problem = answer.headers.get("content-type", "") == "application/problem+json" and answer.content
        code = answer.json()["code"] if is_problem else None
        found[operation] = code if code in AT_THE_DOOR else None
        assert answer.status_code < 500 or operation[1].startswith(_ASK_ENRICH), (operation, answer.text)
    return found


async def test_every_role_may_what_the_table_says_and_no_more(gateway: Gateway) -> None:
    """Red when a route does not ask the table, or when somebody who is no operator gets to what is the operators'."""
    boss = await owner(gateway, "boss@matrix.example")
    people: dict[str, Person] = {"owner": boss}
    for role in ("admin", "member", "viewer"):
        people[role] = await join(boss, f"{role}@matrix.example", role)
    for role in ROLES:
        found = await refusals(people[role], OPERATIONS)
        for (method, path), code in found.items():
            permission = permission_for(method, path)
            assert permission is not None
            if permission == "operations":
                assert code == "operators_only", (role, method, path)
            else:
                expected = None if may(role, permission) else "role_too_low"
                assert code == expected, (role, method, path)


async def test_a_key_without_the_scope_gets_nowhere_whatever_its_maker_may(gateway: Gateway) -> None:
    """Red when a route does not look at the scopes of a key."""
    boss = await owner(gateway, "boss@keys.example")
    made = await boss.did("POST", "api-keys", {"name": "Reads", "scopes": ["read"]}, status=201)
    key = Person(gateway, boss.email, boss.user_id, made["key"], boss.workspace_id)
    for (method, path), code in (await refusals(key, OPERATIONS)).items():
        permission = permission_for(method, path)
        if permission in {"presence", "read"}:
            assert code is None, (method, path)
        else:
            assert code in {"scope_missing", "people_only"}, (method, path)


async def test_nobody_gets_anywhere_with_a_token_that_has_expired(gateway: Gateway) -> None:
    """Red when a route believes a token of yesterday, the live stream included."""
    token = (await gateway.sign_up("late@matrix.example"))["access_token"]
    said = jwt.decode(token, options={"verify_signature": False})
    late = {**said, "iat": said["iat"] - 90_000, "exp": said["iat"] - 61}
    headers = {"Authorization": f"Bearer {jwt.encode(late, AUTH_SECRET, algorithm='HS256')}"}
    for method, path in [*OPERATIONS, ("GET", "events")]:
        answer = await gateway.client.request(method, f"/v1/{path}", headers=headers)
        assert answer.status_code == 401, (method, path)
        assert method == "HEAD" or answer.json()["code"] == "token_expired", (method, path)
    assert gateway.behind.paths == []


async def test_nobody_gets_anywhere_without_a_token(gateway: Gateway) -> None:
    """Red when a route forgets to ask who is there."""
    for method, path in [*OPERATIONS, ("GET", "events")]:
        answer = await gateway.client.request(method, f"/v1/{path}")
        assert answer.status_code == 401, (method, path)
        assert method == "HEAD" or answer.json()["code"] == "token_missing", (method, path)
    assert gateway.behind.paths == []
