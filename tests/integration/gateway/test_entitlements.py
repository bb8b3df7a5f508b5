"""What a plan allows of requests: counted over all replicas, told in headers, never in the way of streams and webhooks."""

import asyncio
from collections import Counter
from uuid import UUID

import httpx
import pytest

from libs.common.contracts.billing import EntitlementsChanged
from libs.common.errors import Conflict
from libs.common.ids import new_id
from libs.common.uow import Message
from services.gateway.domain.members import check_room_for_member
from services.gateway.repositories import entitlements
from services.gateway.tables import COMMON
from services.gateway.use_cases.note_entitlements import note_entitlements
from tests.integration.gateway.conftest import Behind, Gateway, bearer, replica
from tests.integration.gateway.people import join, owner
from tests.support.envelopes import envelope_of


def message_of(event: EntitlementsChanged, workspace_id: UUID) -> Message:
    envelope = envelope_of(event, workspace_id)
    return Message("gateway.note_entitlements", envelope)


async def on_a_plan(gateway: Gateway, token: dict[str, str], *, version: int = 1, **limits: int) -> None:
    """Delivered twice, the second time past an inbox that was emptied."""
    event = EntitlementsChanged.model_validate({"entitlements_version": version, "plan": "free", **limits})
    message = message_of(event, UUID(token["workspace_id"]))
    for emptied in (False, False, True):
        async with gateway.platform.open_uow() as uow:
            if emptied:
                await uow.conn.execute(COMMON.inbox.delete())
            if await uow.record_inbox(message):
                await note_entitlements(event, uow=uow, message=message)


async def ask(gateway: Gateway, token: dict[str, str]) -> httpx.Response:
    return await gateway.client.get("/v1/jobs", headers=bearer(token))


async def test_a_workspace_that_nothing_is_known_of_has_no_limit(gateway: Gateway) -> None:
    token = await gateway.sign_up("unlimited@limits.example")
    answer = await ask(gateway, token)
    assert answer.status_code == 418
    assert answer.headers["RateLimit-Limit"] == "1200", "that of the user alone"


async def test_requests_above_the_plans_number_are_429_with_the_moment_to_come_back(gateway: Gateway) -> None:
    """Red when nothing is counted, or the headers do not say what is left."""
    token = await gateway.sign_up("limited@limits.example")
    await on_a_plan(gateway, token, api_requests_per_minute=3)
    answers = [await ask(gateway, token) for _ in range(4)]
    assert [one.status_code for one in answers] == [418, 418, 418, 429]
    assert [one.headers["RateLimit-Remaining"] for one in answers] == ["2", "1", "0", "0"]
    refused = answers[-1]
    assert refused.json()["code"] == "too_many_requests"
    assert refused.headers["RateLimit-Limit"] == "3"
    assert 0 < int(refused.headers["Retry-After"]) <= 20
    assert (await gateway.client.get("/v1/me", headers=bearer(token))).status_code == 200


async def test_two_replicas_keep_one_count(gateway: Gateway, behind: Behind) -> None:
    """Red when each replica counts for itself."""
    token = await gateway.sign_up("replicas@limits.example")
    await on_a_plan(gateway, token, api_requests_per_minute=2)
    async with replica(behind) as other:
        asked = [ask(one, token) for _ in range(8) for one in (gateway, other)]
        answers = await asyncio.gather(*asked)
    assert Counter(one.status_code for one in answers) == {418: 2, 429: 14}


async def test_the_bucket_fills_again(gateway: Gateway) -> None:
    """Red when a minute that is over still counts."""
    token = await gateway.sign_up("again@limits.example")
    await on_a_plan(gateway, token, api_requests_per_minute=1)
    assert [(await ask(gateway, token)).status_code for _ in range(2)] == [418, 429]
    async with gateway.platform.open_uow() as uow:
        await uow.conn.exec_driver_sql("UPDATE gateway.request_buckets SET full_at = full_at - interval '61 seconds'")
    assert (await ask(gateway, token)).status_code == 418


async def test_the_newest_word_on_a_workspace_wins_in_whatever_order_it_is_heard(gateway: Gateway) -> None:
    """Red when an older version replaces a newer one."""
    token = await gateway.sign_up("versions@limits.example")
    for version, number in ((2, 20), (1, 10), (3, 30), (2, 20)):
        await on_a_plan(gateway, token, version=version, api_requests_per_minute=number)
    assert (await ask(gateway, token)).headers["RateLimit-Limit"] == "30"


async def test_the_members_of_a_workspace_are_counted_against_its_plan(gateway: Gateway) -> None:
    """Red when the owner is forgotten, or somebody else's members count."""
    token = await gateway.sign_up("room@limits.example")
    workspace_id = UUID(token["workspace_id"])
    async with gateway.platform.open_uow() as uow:
        check_room_for_member(await entitlements.room_of(uow.conn, workspace_id))
    await on_a_plan(gateway, token, members=1)
    async with gateway.platform.open_uow() as uow:
        room = await entitlements.room_of(uow.conn, workspace_id)
    with pytest.raises(Conflict):
        check_room_for_member(room)


async def test_what_is_refused_takes_nothing_of_the_plan(gateway: Gateway) -> None:
    """Red when a request is counted that no service hears of: by the role, the method, the scope, the workspace or the path."""
    boss = await owner(gateway, "boss@refused.example")
    viewer = await join(boss, "viewer@refused.example", "viewer")
    made = await boss.did("POST", "api-keys", {"name": "One", "scopes": ["sending"]}, status=201)
    by_key = {"Authorization": f"Bearer {made['key']}"}
    elsewhere = by_key | {"X-Workspace-Id": str(new_id())}
    await on_a_plan(gateway, {"workspace_id": boss.workspace_id}, api_requests_per_minute=2)
    refused = [
        await viewer.ask("POST", "jobs", {}),
        await boss.ask("PATCH", "jobs", {}),
        await gateway.client.get("/v1/jobs", headers=by_key),
        await gateway.client.post("/v1/campaigns", headers=elsewhere),
        await boss.ask("GET", "billing/stripe-events"),
        await boss.ask("GET", "nothing"),
    ]
    assert [one.json()["code"] for one in refused] == [
        "role_too_low",
        "method_not_allowed",
        "scope_missing",
        "workspace_not_found",
        "operators_only",
        "route_not_found",
    ]
    passed = [await gateway.client.post("/v1/campaigns", headers=by_key), await viewer.ask("GET", "jobs")]
    assert [one.status_code for one in passed] == [418, 418]
    assert (await boss.ask("GET", "jobs")).json()["plan"] == "free"


async def test_who_has_no_request_of_their_own_left_takes_none_of_the_plans(gateway: Gateway) -> None:
    """Red when one member's loop uses up what the others may ask. Their own limit is told first."""
    boss = await owner(gateway, "boss@loop.example")
    member = await join(boss, "member@loop.example", "member")
    await on_a_plan(gateway, {"workspace_id": boss.workspace_id}, api_requests_per_minute=1)
    async with gateway.platform.open_uow() as uow:
        over = "UPDATE gateway.caller_buckets SET full_at = now() + interval '1 hour' WHERE caller_id = '{}'"
        await uow.conn.exec_driver_sql(over.format(UUID(member.user_id)))
    answers = [await member.ask("GET", "jobs") for _ in range(3)]
    assert [(one.status_code, one.json()["limit"]) for one in answers] == [(429, 1200)] * 3
    assert (await boss.ask("GET", "jobs")).status_code == 418
    assert (await boss.ask("GET", "jobs")).json()["limit"] == 1


async def test_an_operators_requests_count_as_anybodys(gateway: Gateway) -> None:
    """Red when what only operators may ask is free of the plan."""
    token = await gateway.sign_up("boss@corofy.example")
    await on_a_plan(gateway, token, api_requests_per_minute=1)
    path, headers = "/v1/billing/stripe-events", bearer(token)
    assert [(await gateway.client.get(path, headers=headers)).status_code for _ in range(2)] == [418, 429]
