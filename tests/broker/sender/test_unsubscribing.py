"""The link at the foot of a mail, as its reader and their mail provider use it: taken from the inbox, without a login."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from email.message import Message
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from libs.common.ids import new_id
from services.sender.domain.unsubscribing import Unsubscribing
from tests.broker.sender.running import RunningSender, running_sender
from tests.integration.sender.world import recipient
from tests.support.hours import ANY_HOUR
from tests.support.waiting import eventually

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture(scope="module")
async def sender(module_database: str, module_vhost: str) -> AsyncGenerator[RunningSender]:
    async with running_sender(module_database, module_vhost) as running:
        yield running


async def send_to(sender: RunningSender, workspace_id: UUID, *addresses: str) -> UUID:
    """A campaign to these addresses, under way."""
    rows = [recipient(n, email=address) for n, address in enumerate(addresses, start=1)]
    list_id = await sender.bring_list(workspace_id, *rows)
    wish = {"list_id": str(list_id), "window": ANY_HOUR}
    created = (await sender.post("/v1/campaigns", workspace_id, wish)).json()
    started = await sender.post(f"/v1/campaigns/{created['id']}/start", workspace_id)
    assert started.status_code in {200, 409}, started.text
    return UUID(created["id"])


async def mail_to(sender: RunningSender, address: str) -> Message:
    await eventually(lambda: address in sender.inbox.recipients)
    return sender.inbox.parsed()[sender.inbox.recipients.index(address)]


def link_in(mail: Message) -> str:
    """The path of the link that the header offers."""
    found = re.match(r"<http://localhost:8080(/u/[\w-]+)>, <mailto:", mail["List-Unsubscribe"])
    assert found, mail["List-Unsubscribe"]
    return found[1]


async def suppressed(sender: RunningSender, workspace_id: UUID) -> list[dict[str, Any]]:
    return (await sender.get("/v1/suppressions", workspace_id)).json()["items"]


async def test_a_mail_shows_its_link_in_text_html_and_headers(sender: RunningSender) -> None:
    """Red when the visible link, the header or the sign that one click is enough is missing from what left."""
    workspace_id = await sender.open_workspace()
    await send_to(sender, workspace_id, "shown@unsub.example")
    mail = await mail_to(sender, "shown@unsub.example")
    link = link_in(mail)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    parts = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
    assert len(parts) == 2
    assert all(link.encode() in part for part in parts if isinstance(part, bytes))


async def test_looking_at_a_link_changes_nothing_and_pressing_the_button_unsubscribes(sender: RunningSender) -> None:
    """Red when GET acts (mail programs open links by themselves), or when POST needs a login or a body."""
    workspace_id = await sender.open_workspace()
    await send_to(sender, workspace_id, "looks@unsub.example")
    link = link_in(await mail_to(sender, "looks@unsub.example"))
    for method in ("GET", "HEAD"):
        shown = await sender.client.request(method, link)
        assert shown.status_code == 200
    page = (await sender.client.get(link, headers={"Accept-Language": "de-AT, en;q=0.5"})).text
    assert '<html lang="de">' in page
    assert "looks@unsub.example" not in page, "a forwarded mail does not tell whose it was"
    assert "<script" not in page
    assert await suppressed(sender, workspace_id) == []
    done = await sender.client.post(link)
    assert (done.status_code, "set-cookie" in done.headers) == (200, False)
    (row,) = await suppressed(sender, workspace_id)
    assert (row["email"], row["reason"], row["scope"]) == ("looks@unsub.example", "unsubscribed", "workspace")
    again = await sender.client.post(link)
    assert (again.status_code, len(await suppressed(sender, workspace_id))) == (200, 1)


async def test_a_slash_after_the_link_is_the_same_link(sender: RunningSender) -> None:
    """Red when a program that puts a slash after a link shows its reader an error of the API instead of the page."""
    workspace_id = await sender.open_workspace()
    await send_to(sender, workspace_id, "slash@unsub.example")
    link = link_in(await mail_to(sender, "slash@unsub.example"))
    for wrong in ("", "x"):
        for method in ("GET", "HEAD"):
            shown = await sender.client.request(method, f"{link}{wrong}/")
            assert shown.status_code == (404 if wrong else 200)
            assert shown.headers["content-type"].startswith("text/html")
    assert (await sender.client.post(f"{link}/", data=ONE_CLICK)).status_code == 200
    assert [row["email"] for row in await suppressed(sender, workspace_id)] == ["slash@unsub.example"]


async def test_one_click_of_a_mail_provider_unsubscribes_and_is_kept_as_proof(sender: RunningSender) -> None:
    """RFC 8058, both encodings. Red when either is refused, or the proof does not name the mail."""
    workspace_id = await sender.open_workspace()
    await send_to(sender, workspace_id, "form@unsub.example", "parts@unsub.example")
    form = link_in(await mail_to(sender, "form@unsub.example"))
    parts = link_in(await mail_to(sender, "parts@unsub.example"))
    assert (await sender.client.post(form, data=ONE_CLICK)).status_code == 200
    assert (await sender.client.post(parts, files={"List-Unsubscribe": (None, "One-Click")})).status_code == 200
    rows = await suppressed(sender, workspace_id)
    assert [row["email"] for row in rows] == ["form@unsub.example", "parts@unsub.example"]
    sent = (await sender.get("/v1/emails", workspace_id)).json()["items"]
    proofs = {str(row["email"]): row["proof"] for row in rows}
    for mail in sent:
        assert proofs[mail["email"]]["source"] == "one_click"
        assert proofs[mail["email"]]["email_id"] == mail["id"]


async def test_a_link_works_after_everything_it_came_from_is_deleted(sender: RunningSender) -> None:
    """Red when the token is looked up in campaign, list, lead or email."""
    workspace_id = await sender.open_workspace()
    campaign_id = await send_to(sender, workspace_id, "gone@unsub.example")
    link = link_in(await mail_to(sender, "gone@unsub.example"))

    async def is_sent() -> bool:
        return (await sender.get("/v1/emails", workspace_id)).json()["items"][0]["state"] == "sent"

    await eventually(is_sent)
    async with sender.platform.open_uow() as uow:
        for table, column in (("slots", "campaign_id"), ("emails", "campaign_id"), ("enrolments", "campaign_id")):
            await uow.conn.execute(sa.text(f"DELETE FROM sender.{table} WHERE {column} = :id"), {"id": campaign_id})  # noqa: S608
        await uow.conn.execute(sa.text("DELETE FROM sender.campaigns WHERE id = :id"), {"id": campaign_id})
        for table in ("lists", "leads"):
            statement = sa.text(f"DELETE FROM sender.{table} WHERE workspace_id = :id")  # noqa: S608
            await uow.conn.execute(statement, {"id": workspace_id})
    assert (await sender.client.post(link, data=ONE_CLICK)).status_code == 200
    assert [row["email"] for row in await suppressed(sender, workspace_id)] == ["gone@unsub.example"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_wrong_link_is_one_and_the_same_page(sender: RunningSender, method: str) -> None:
    """Red when a made-up or a changed token does something, or tells more than that it is wrong."""
    workspace_id = await sender.open_workspace()
    await send_to(sender, workspace_id, f"wrong-{method.lower()}@unsub.example")
    link = link_in(await mail_to(sender, f"wrong-{method.lower()}@unsub.example"))
    changed = link[:-1] + ("A" if link[-1] != "A" else "B")
    wrong = [changed, link[:-10], link + "AAAA", "/u/x", "/u/%00", "/u/" + "a" * 3000, link.replace("/u/", "/u/A")]
    answers = [await sender.client.request(method, path) for path in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert await suppressed(sender, workspace_id) == []


async def test_a_link_is_of_one_workspace_one_lead_and_one_mail(sender: RunningSender) -> None:
    """Red when a token can be used for somebody else, or the same token stands in two mails."""
    one, other = await sender.open_workspace(), await sender.open_workspace()
    for workspace_id in (one, other):
        await send_to(sender, workspace_id, "both@unsub.example")
    await eventually(lambda: sender.inbox.recipients.count("both@unsub.example") == 2)
    mails = [
        mail
        for mail, to in zip(sender.inbox.parsed(), sender.inbox.recipients, strict=True)
        if to == "both@unsub.example"
    ]
    links = {link_in(mail) for mail in mails}
    assert len(links) == 2
    await sender.client.post(links.pop())
    counts = [len(await suppressed(sender, workspace_id)) for workspace_id in (one, other)]
    assert sorted(counts) == [0, 1]


async def test_the_link_of_a_test_mail_says_so_and_changes_nothing(sender: RunningSender) -> None:
    """Red when somebody who tries their own mail bars themselves."""
    workspace_id = await sender.open_workspace()
    links = sender.app.state.parts.resources.links
    link = "/u/" + links.token(Unsubscribing(workspace_id, UUID(int=0), new_id(), "me@unsub.example"))
    for method in ("GET", "POST"):
        assert "test mail" in (await sender.client.request(method, link)).text
    assert await suppressed(sender, workspace_id) == []


async def test_whoever_unsubscribes_while_a_campaign_sends_gets_nothing_that_has_not_begun(
    sender: RunningSender,
) -> None:
    """P4, from the inbox: red when neither the plan nor the sending transaction looks at suppressions, or at old ones.

    The last of the list unsubscribe, by links of earlier mails, while the first are being sent; whoever's POST was
    answered before their mail began is not written to.
    """
    workspace_id = await sender.open_workspace()
    addresses = [f"race{n}@unsub.example" for n in range(120)]
    links = sender.app.state.parts.resources.links
    paths = [
        "/u/" + links.token(Unsubscribing(workspace_id, new_id(), new_id(), address)) for address in addresses[80:]
    ]
    await send_to(sender, workspace_id, *addresses)
    await eventually(lambda: addresses[2] in sender.inbox.recipients)
    async with asyncio.TaskGroup() as together:
        for path in paths:
            together.create_task(sender.client.post(path, data=ONE_CLICK))

    async def all_ended() -> bool:
        states = (await sender.get("/v1/emails?limit=200", workspace_id)).json()["items"]
        waiting = {"planned", "claimed", "sending", "deferred"}
        return bool(states) and not [row for row in states if row["state"] in waiting]

    await eventually(all_ended)
    begun = {
        row["email"]: row["sending_at"]
        for row in (await sender.get("/v1/emails?limit=200", workspace_id)).json()["items"]
        if row["sending_at"]
    }
    barred = {str(row["email"]): str(row["created_at"]) for row in await suppressed(sender, workspace_id)}
    assert len(barred) == len(paths)
    arrived = [to for to in sender.inbox.recipients if to in addresses]
    assert len(arrived) == len(set(arrived))
    assert set(addresses[:80]) <= set(arrived)
    assert barred.keys() - set(arrived), "nobody unsubscribed before their mail began: it was no race"
    for address in barred.keys() & set(arrived):
        assert begun[address] <= barred[address], f"{address} had unsubscribed before its mail began"
