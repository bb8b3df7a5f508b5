"""After a workspace was deleted: who was in it hears and reaches nothing of it any more, and what services answer counts once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select

from libs.common.clock import utc_now
from libs.common.contracts import ingest
from libs.common.contracts.envelope import Envelope
from libs.common.outbox import encode
from services.gateway.tables import COMMON, deletion_answers
from services.gateway.use_cases.note_deletion import SERVICES, note_deletion
from tests.integration.gateway.browser import grant, listening, recorded
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.people import Person, join, owner
from tests.integration.gateway.test_assistants import LIST, TAKES
from tests.integration.gateway.test_deleting import DELETE, deletion, erase, mails_of
from tests.support.envelopes import envelope_of
from tests.support.waiting import eventually


def session_of(person: Person) -> dict[str, str]:
    return {"access_token": person.token}


async def key_of(person: Person) -> str:
    return (await person.did("POST", "api-keys", {"name": "One", "scopes": ["read"]}, status=201))["key"]


async def test_open_streams_end_for_members_and_for_keys(gateway: Gateway) -> None:
    """Red when somebody who was listening goes on hearing a workspace that is deleted, or hears its history afterwards."""
    boss = await owner(gateway, "boss@streams.example")
    other = await owner(gateway, "other@streams.example")
    key = await key_of(boss)
    said = await grant(gateway, boss.workspace_id)
    await recorded(gateway, said)
    async with (
        listening(gateway, session_of(boss)) as by_session,
        listening(gateway, {"access_token": key}) as by_key,
        listening(gateway, session_of(other)) as theirs,
    ):
        await boss.did("DELETE", DELETE, status=202)
        await eventually(lambda: by_session.ended and by_key.ended)
        await theirs.has(await grant(gateway, other.workspace_id))
        assert not theirs.ended
    assert await boss.refused("GET", "events") == (404, "workspace_not_found")
    late = await grant(gateway, boss.workspace_id)
    async with listening(gateway, session_of(boss), last=by_session.last) as again:
        room = (await gateway.client.get("/v1/me", headers={"Authorization": f"Bearer {boss.token}"})).json()
        await again.has(await grant(gateway, room["workspace_id"]))
    assert late not in again.ids
    assert said not in again.ids


async def test_an_assistant_that_was_connected_is_refused(gateway: Gateway) -> None:
    """Red when a token or a key that has opened /mcp before opens it still."""
    boss = await owner(gateway, "boss@mcp.example")
    member = await join(boss, "member@mcp.example", "member")
    bearers: dict[str, dict[str, str]] = {
        "key": {"Authorization": f"Bearer {await key_of(boss)}"},
        "owner": {"Authorization": f"Bearer {boss.token}", "X-Workspace-Id": boss.workspace_id},
        "member": {"Authorization": f"Bearer {member.token}", "X-Workspace-Id": boss.workspace_id},
    }

    async def ask(who: str) -> Any:
        return await gateway.client.post("/mcp", json=LIST, headers={**bearers[who], **TAKES})

    for who in bearers:
        assert (await ask(who)).status_code == 200, who
    await boss.did("DELETE", DELETE, status=202)
    refused = {who: await ask(who) for who in bearers}
    assert {who: (one.status_code, one.json()["code"]) for who, one in refused.items()} == {
        "key": (401, "key_invalid"),
        "owner": (404, "workspace_not_found"),
        "member": (404, "workspace_not_found"),
    }


async def test_a_key_opens_no_route_afterwards(gateway: Gateway) -> None:
    """Red when a key is looked up by its digest alone, or is remembered by a replica that has seen it."""
    boss = await owner(gateway, "boss@keys.example")
    bearer = {"Authorization": f"Bearer {await key_of(boss)}"}
    for path in ("/v1/workspace", "/v1/jobs"):
        assert (await gateway.client.get(path, headers=bearer)).status_code != 401
    await boss.did("DELETE", DELETE, status=202)
    for path in ("/v1/workspace", "/v1/jobs", "/v1/events"):
        answer = await gateway.client.get(path, headers=bearer)
        assert (answer.status_code, answer.json()["code"]) == (401, "key_invalid"), path


async def answers(gateway: Gateway, workspace_id: UUID) -> int:
    query = select(func.count()).where(deletion_answers.c.workspace_id == workspace_id)
    async with gateway.platform.open_uow() as uow:
        return (await uow.conn.execute(query)).scalar_one()


def handled(gateway: Gateway, *, times: int) -> Callable[[], Any]:
    """So many messages have been handled by the queue, of which the inbox tells."""
    query = select(func.count()).where(COMMON.inbox.c.consumer == "gateway.note_deletion")

    async def check() -> bool:
        async with gateway.platform.open_uow() as uow:
            return (await uow.conn.execute(query)).scalar_one() == times

    return check


@pytest.mark.parametrize("inbox", ["kept", "emptied in between"])
async def test_an_answer_on_the_bus_counts_once_though_the_workspace_is_gone(gateway: Gateway, inbox: str) -> None:
    """Red when the queue drops what is of the deleted (nobody would ever be told of the end), or when an answer that comes again
    is another."""
    boss = await owner(gateway, f"boss@{inbox.replace(' ', '-')}.example")
    workspace_id = UUID(boss.workspace_id)
    await boss.did("DELETE", DELETE, status=202)
    await eventually(lambda: gateway.platform.open_uow.deleted.has(workspace_id))
    await _empty_inbox(gateway)
    answer = envelope_of(ingest.WorkspaceErased(workspace_id=workspace_id, erased={"jobs": 1}), workspace_id)
    await _say(gateway, answer)
    await eventually(handled(gateway, times=1))
    if inbox != "kept":
        await _empty_inbox(gateway)
    await _say(gateway, answer)
    last = answer.model_copy(update={"id": workspace_id})
    await _say(gateway, last)
    await eventually(handled(gateway, times=2))
    assert await answers(gateway, workspace_id) == 1
    for service in sorted(SERVICES - {"gateway", "ingest"}) * 2:
        async with gateway.platform.open_uow() as uow:
            await note_deletion(workspace_id, service=service, erased={}, uow=uow, now=utc_now())
    for _ in range(2):
        await erase(gateway)
    await _say(gateway, answer.model_copy(update={"id": UUID(boss.user_id)}))
    await eventually(handled(gateway, times=3))
    assert await deletion(gateway, boss) == (None, True)
    assert await mails_of(gateway, boss) == 1


async def _empty_inbox(gateway: Gateway) -> None:
    async with gateway.platform.open_uow() as uow:
        await uow.conn.execute(delete(COMMON.inbox))


async def _say(gateway: Gateway, envelope: Envelope) -> None:
    await gateway.platform.bus.publish_event(envelope.routing_key(), encode(envelope), message_id=str(envelope.id))
