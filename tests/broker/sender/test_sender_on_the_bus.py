"""The sender as the other services and a person see it: events in, a campaign started, mail in an inbox, events out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import aio_pika
import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.contracts.ingest import CorrectedLine, ListDeleted, RecipientsCorrected, RecipientsPublished
from libs.common.ids import new_id
from services.sender.repositories import recipients
from services.sender.tables import COMMON
from tests.broker.sender.running import RunningSender, running_sender
from tests.integration.sender.world import recipient
from tests.support.hours import ANY_HOUR
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def sender(module_database: str, module_vhost: str) -> AsyncGenerator[RunningSender]:
    async with running_sender(module_database, module_vhost) as running:
        yield running


@pytest.fixture(scope="module")
async def heard(module_vhost: str, sender: RunningSender) -> AsyncGenerator[list[dict[str, Any]]]:
    """What the sender says, as it arrives."""
    del sender
    events: list[dict[str, Any]] = []
    connection = await aio_pika.connect(module_vhost)
    channel = await connection.channel()
    queue = await channel.declare_queue(exclusive=True)
    await queue.bind("events", routing_key="sender.#")

    async def hear(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        events.append(orjson.loads(message.body))

    await queue.consume(hear, no_ack=True)
    yield events
    await connection.close()


async def test_a_list_arrives_a_campaign_is_started_and_its_mail_leaves_within_the_quota(
    sender: RunningSender, heard: list[dict[str, Any]]
) -> None:
    workspace_id = await sender.open_workspace()
    rows = [recipient(n, email=f"lead{n}@first.example") for n in range(1, 8)]
    list_id = await sender.bring_list(workspace_id, *rows)
    created = await sender.post(
        "/v1/campaigns", workspace_id, {"list_id": str(list_id), "daily_quota": 5, "window": ANY_HOUR}
    )
    assert created.status_code == 201, created.text
    campaign = created.json()
    assert (campaign["state"], campaign["sandboxed"]) == ("draft", True)
    started = await sender.post(f"/v1/campaigns/{campaign['id']}/start", workspace_id)
    assert started.status_code == 200, started.text
    assert started.json()["excluded_rows"] == []

    async def quota_is_used() -> bool:
        shown = (await sender.get(f"/v1/campaigns/{campaign['id']}", workspace_id)).json()
        return shown["counts"]["sent"] == 5 and shown["quota_today"] == {"limit": 5, "used": 5}

    await eventually(quota_is_used)
    shown = (await sender.get(f"/v1/campaigns/{campaign['id']}", workspace_id)).json()
    assert (shown["state"], shown["counts"]["waiting"], shown["counts"]["planned"]) == ("active", 2, 0)
    ours = [address for address in sender.inbox.recipients if address.endswith("@first.example")]
    assert sorted(ours) == [f"lead{n}@first.example" for n in range(1, 6)]
    await eventually(lambda: len(sent(heard, workspace_id)) == 5)
    assert set(said(heard, workspace_id)) == {"sender.campaign.started", "sender.emails.sent"}
    assert sorted(sent(heard, workspace_id)) == sorted(ours)
    assert {event["correlation_id"] for event in heard if event["tenant_id"] == str(workspace_id)} == {campaign["id"]}
    page = (await sender.get(f"/v1/emails?campaign_id={campaign['id']}&state=sent&limit=3", workspace_id)).json()
    assert len(page["items"]) == 3
    rest = (await sender.get(f"/v1/emails?limit=200&cursor={page['next_cursor']}", workspace_id)).json()
    assert (len(rest["items"]), rest["next_cursor"]) == (2, None)
    told = (await sender.client.get("/metrics")).text
    for name in ("sender_emails_sent_total", "sender_slots_assigned_total"):
        assert figure(told, name) >= 5, "whoever planned, a route or the clock, counts"


def figure(told: str, name: str) -> float:
    return sum(float(line.rpartition(" ")[2]) for line in told.splitlines() if line.startswith(name))


def sent(heard: list[dict[str, Any]], workspace_id: UUID) -> list[str]:
    told = [
        event["data"]
        for event in heard
        if (event["type"], event["tenant_id"]) == ("sender.emails.sent", str(workspace_id))
    ]
    return [email["recipient"] for data in told for email in data["emails"]]


def said(heard: list[dict[str, Any]], workspace_id: UUID) -> list[str]:
    return [event["type"] for event in heard if event["tenant_id"] == str(workspace_id)]


async def test_a_finished_campaign_says_so(sender: RunningSender) -> None:
    workspace_id = await sender.open_workspace()
    list_id = await sender.bring_list(workspace_id, *(recipient(n, email=f"l{n}@done.example") for n in range(1, 4)))
    created = (await sender.post("/v1/campaigns", workspace_id, {"list_id": str(list_id), "window": ANY_HOUR})).json()
    answers = await asyncio.gather(
        *(sender.post(f"/v1/campaigns/{created['id']}/start", workspace_id) for _ in range(3))
    )
    assert {answer.status_code for answer in answers} <= {200, 409}

    async def is_finished() -> bool:
        shown = (await sender.get(f"/v1/campaigns/{created['id']}", workspace_id)).json()
        return shown["state"] == "finished" and shown["counts"]["sent"] == 3

    await eventually(is_finished)
    ours = [address for address in sender.inbox.recipients if address.endswith("@done.example")]
    assert len(ours) == len(set(ours)) == 3


@pytest.mark.parametrize("emptied", [False, True])
async def test_every_handler_may_be_told_twice(sender: RunningSender, emptied: bool) -> None:
    """Delivered twice, and again with the inbox emptied: red when a natural key of a handler goes."""
    workspace_id, list_id = new_id(), new_id()
    opened = WorkspaceCreated(workspace_id=workspace_id, name="Acme", owner_user_id=new_id())
    part = RecipientsPublished(list_id=list_id, list_name="L", part_no=0, parts=2, recipients=[recipient(1)])
    marker = RecipientsPublished(list_id=new_id(), list_name="M", part_no=0, parts=1, recipients=[])
    line = CorrectedLine(row_no=1, attempt=new_id(), version=1, line="Corrected.", status="enriched", sandboxed=True)
    corrected = RecipientsCorrected(list_id=list_id, list_name="L", parts=2, lines=[line])
    deleted = ListDeleted(list_id=new_id())
    for event in (opened, part, corrected, deleted):
        envelope = await sender.say(event, workspace_id)
        await eventually(lambda envelope=envelope: recorded(sender, envelope.id))
        if emptied:
            async with sender.platform.open_uow() as uow:
                await uow.conn.execute(COMMON.inbox.delete().where(COMMON.inbox.c.message_id == envelope.id))
        await sender.repeat(envelope)
    last = await sender.say(marker, workspace_id)
    await eventually(lambda: recorded(sender, last.id))
    await eventually(lambda: recorded(sender, envelope.id))
    shown = (await sender.get(f"/v1/lists/{list_id}", workspace_id)).json()
    assert (shown["state"], shown["parts_received"], shown["recipients"]) == ("receiving", 1, 1)
    async with sender.platform.open_uow() as uow:
        (row,) = await recipients.page(uow.conn, list_id=list_id, after_row=0, limit=2)
    assert row.values["line"] == "Corrected."
    assert len((await sender.get("/v1/templates", workspace_id)).json()["items"]) == 1
    assert (await sender.get(f"/v1/lists/{deleted.list_id}", workspace_id)).status_code == 404


async def recorded(sender: RunningSender, message_id: UUID) -> bool:
    query = sa.select(sa.func.count()).where(COMMON.inbox.c.message_id == message_id)
    async with sender.platform.open_uow() as uow:
        return (await uow.conn.execute(query)).scalar_one() > 0


async def test_another_workspace_sees_and_does_nothing(sender: RunningSender) -> None:
    """P7: red when a query forgets the workspace; an unknown id and another's answer alike."""
    owner, stranger = await sender.open_workspace(), await sender.open_workspace()
    list_id = await sender.bring_list(owner, recipient(1, email="one@mine.example"))
    created = (await sender.post("/v1/campaigns", owner, {"list_id": str(list_id)})).json()
    campaign = f"/v1/campaigns/{created['id']}"
    for answer in (
        await sender.get(f"/v1/lists/{list_id}", stranger),
        await sender.get(campaign, stranger),
        await sender.post(f"{campaign}/start", stranger),
        await sender.post(f"{campaign}/pause", stranger),
        await sender.post("/v1/campaigns", stranger, {"list_id": str(list_id)}),
    ):
        assert answer.status_code == 404
        assert answer.json()["code"] in {"list_not_found", "campaign_not_found"}
    for path in ("/v1/lists", "/v1/campaigns", "/v1/emails", "/v1/suppressions"):
        assert (await sender.get(path, stranger)).json()["items"] == []
    template = (await sender.get("/v1/templates", owner)).json()["items"][0]["id"]
    theirs = await sender.bring_list(stranger, recipient(1))
    wish = {"list_id": str(theirs), "template_id": template}
    assert (await sender.post("/v1/campaigns", stranger, wish)).json()["code"] == "template_not_found"


async def test_a_suppressed_address_is_left_out_and_shown(sender: RunningSender) -> None:
    workspace_id = await sender.open_workspace()
    stop = await sender.post("/v1/suppressions", workspace_id, {"email": " Stop@Gone.example", "note": "asked us"})
    assert stop.status_code == 201, stop.text
    again = await sender.post("/v1/suppressions", workspace_id, {"email": "stop@gone.EXAMPLE"})
    assert again.json() == stop.json()
    rows = [recipient(1, email="stop@gone.example"), recipient(2, email="go@gone.example")]
    list_id = await sender.bring_list(workspace_id, *rows)
    created = (await sender.post("/v1/campaigns", workspace_id, {"list_id": str(list_id), "window": ANY_HOUR})).json()
    started = (await sender.post(f"/v1/campaigns/{created['id']}/start", workspace_id)).json()
    assert [row["code"] for row in started["excluded_rows"]] == ["suppressed"]
    await eventually(lambda: "go@gone.example" in sender.inbox.recipients)
    assert "stop@gone.example" not in sender.inbox.recipients
    items = (await sender.get("/v1/suppressions", workspace_id)).json()["items"]
    assert [item["email"] for item in items] == ["stop@gone.example"]


async def test_a_suppression_and_a_pause_hold_although_the_day_cannot_be_planned(sender: RunningSender) -> None:
    """P4: red when either shares its transaction with the plan, whose failure would take it back."""
    workspace_id = await sender.open_workspace()
    list_id = await sender.bring_list(workspace_id, *(recipient(n, email=f"l{n}@held.example") for n in range(1, 4)))
    wish = {"list_id": str(list_id), "daily_quota": 1, "window": ANY_HOUR}
    campaign = (await sender.post("/v1/campaigns", workspace_id, wish)).json()
    await sender.post(f"/v1/campaigns/{campaign['id']}/start", workspace_id)
    async with no_day_can_be_planned(sender, workspace_id):
        for path, body in (
            ("/v1/suppressions", {"email": "l3@held.example"}),
            (f"/v1/campaigns/{campaign['id']}/pause", None),
        ):
            with pytest.raises(DBAPIError, match="no plan today"):
                await sender.post(path, workspace_id, body)
        stopped = (await sender.get("/v1/suppressions", workspace_id)).json()["items"]
        assert [item["email"] for item in stopped] == ["l3@held.example"]
        shown = (await sender.get(f"/v1/campaigns/{campaign['id']}", workspace_id)).json()
        assert shown["state"] == "paused"


@contextlib.asynccontextmanager
async def no_day_can_be_planned(sender: RunningSender, workspace_id: UUID) -> AsyncGenerator[None]:
    """The database refuses every plan of this workspace, at the note on when the next is due. Asking for one is no plan."""

    async def run(statement: str) -> None:
        async with sender.platform.open_uow() as uow:
            await uow.conn.execute(sa.text(statement))

    await run(
        "CREATE FUNCTION sender.refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no plan today'; END $$"
    )
    await run(
        "CREATE TRIGGER refuse BEFORE INSERT ON sender.planning_dues FOR EACH ROW"
        f" WHEN (NEW.workspace_id = '{workspace_id}' AND (NEW.due_at IS NULL OR NEW.due_at > now() + interval '1 minute'))"
        " EXECUTE FUNCTION sender.refuse()"
    )
    yield
    await run("DROP FUNCTION sender.refuse CASCADE")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_request"),
        ({"list_id": "nonsense"}, 422, "invalid_request"),
        ({"list_id": str(UUID(int=1)), "extra": 1}, 422, "invalid_request"),
        ({"list_id": str(UUID(int=1)), "daily_quota": 0}, 422, "invalid_request"),
        ({"list_id": str(UUID(int=1)), "daily_quota": "5"}, 422, "invalid_request"),
        ({"list_id": str(UUID(int=1)), "name": "a\u0000b"}, 422, "invalid_request"),
        ({"list_id": str(UUID(int=1))}, 404, "list_not_found"),
    ],
)
async def test_what_is_wrong_with_a_campaign_is_named(
    sender: RunningSender, body: dict[str, object], status: int, code: str
) -> None:
    workspace_id = await sender.open_workspace()
    answer = await sender.post("/v1/campaigns", workspace_id, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_workspace_the_sender_has_not_heard_of_is_asked_to_wait(sender: RunningSender) -> None:
    answer = await sender.post("/v1/campaigns", new_id(), {"list_id": str(new_id())})
    assert (answer.status_code, answer.json()["code"]) == (503, "workspace_pending")


async def test_without_a_signed_identity_nobody_is_served(sender: RunningSender) -> None:
    for path in ("/v1/lists", "/v1/templates", "/v1/campaigns", "/v1/emails", "/v1/suppressions"):
        assert (await sender.client.get(path)).status_code == 401


async def test_a_bad_query_is_named_and_never_a_crash(sender: RunningSender) -> None:
    workspace_id = await sender.open_workspace()
    for path in ("/v1/emails?state=lost", "/v1/emails?cursor=x", "/v1/lists?limit=0", "/v1/suppressions?cursor=%00"):
        assert (await sender.get(path, workspace_id)).status_code == 422, path


async def test_only_what_is_unknown_is_decided_on(sender: RunningSender) -> None:
    """Red when a decision is taken about a mail that was sent, or about somebody else's."""
    owner, stranger = await sender.open_workspace(), await sender.open_workspace()
    list_id = await sender.bring_list(owner, recipient(1, email="decided@resolved.example"))
    wish = {"list_id": str(list_id), "window": ANY_HOUR}
    campaign = (await sender.post("/v1/campaigns", owner, wish)).json()["id"]
    await sender.post(f"/v1/campaigns/{campaign}/start", owner)

    async def sent() -> list[dict[str, Any]]:
        return (await sender.get(f"/v1/emails?campaign_id={campaign}&state=sent", owner)).json()["items"]

    await eventually(sent)
    path = f"/v1/emails/{(await sent())[0]['id']}/resolve"
    for workspace_id, body, status, code in (
        (owner, {"outcome": "send_again"}, 409, "not_unknown"),
        (stranger, {"outcome": "sent"}, 404, "email_not_found"),
        (owner, {"outcome": "lost"}, 422, "invalid_request"),
    ):
        answer = await sender.post(path, workspace_id, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
