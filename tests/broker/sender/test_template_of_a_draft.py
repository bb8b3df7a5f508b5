"""A draft is given another template: which one counts, until when, and what is refused by which name."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from uuid import UUID

import httpx
import pytest

from libs.common.ids import new_id
from tests.broker.sender.running import RunningSender, headers, running_sender
from tests.integration.sender.world import recipient
from tests.support.hours import ANY_HOUR

WORDS = "{sender_name}\n{postal_address}\n{unsubscribe_url}".replace("{", "{{ ").replace("}", " }}")


@pytest.fixture(scope="module")
async def sender(module_database: str, module_vhost: str) -> AsyncGenerator[RunningSender]:
    async with running_sender(module_database, module_vhost) as running:
        yield running


async def draft(sender: RunningSender, *, line: str = "A line.") -> tuple[UUID, str]:
    """A workspace with a draft for one row, and its path."""
    workspace_id = await sender.open_workspace()
    list_id = await sender.bring_list(workspace_id, recipient(1, line=line))
    made = await sender.post("/v1/campaigns", workspace_id, {"list_id": str(list_id), "window": ANY_HOUR})
    assert made.status_code == 201, made.text
    return workspace_id, f"/v1/campaigns/{made.json()['id']}"


async def template(sender: RunningSender, workspace_id: UUID, *, text: str = WORDS) -> str:
    words = {"name": f"Plain {new_id()}", "subject": "A thought about {{ company }}", "text_body": text}
    made = await sender.post("/v1/templates", workspace_id, words)
    assert made.status_code == 201, made.text
    return made.json()["id"]


async def change(sender: RunningSender, path: str, workspace_id: UUID, template_id: str) -> httpx.Response:
    return await sender.client.patch(path, json={"template_id": template_id}, headers=headers(workspace_id))


async def test_a_draft_that_comes_to_nothing_starts_with_another_template(sender: RunningSender) -> None:
    """Red when the mails are still made from the first one, or what was wrong with it is still said."""
    workspace_id, path = await draft(sender, line="")
    refused = await sender.post(f"{path}/start", workspace_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_send")
    assert (await sender.get(path, workspace_id)).json()["start_problem"] is not None
    chosen = await template(sender, workspace_id)
    changed = await change(sender, path, workspace_id, chosen)
    assert (changed.status_code, changed.json()["template_id"]) == (200, chosen)
    shown = (await sender.get(path, workspace_id)).json()
    assert (shown["template_id"], shown["template_version"], shown["start_problem"]) == (chosen, 1, None)
    started = await sender.post(f"{path}/start", workspace_id)
    assert (started.status_code, started.json()["state"]) == (200, "active")


async def test_a_draft_takes_the_newest_words_of_its_own_template(sender: RunningSender) -> None:
    """Red when the version stays the one that it was made with."""
    workspace_id, path = await draft(sender)
    chosen = await template(sender, workspace_id)
    await change(sender, path, workspace_id, chosen)
    known = (await sender.get(f"/v1/templates/{chosen}", workspace_id)).json()
    words = {"name": known["name"], "subject": "Another thought", "text_body": WORDS}
    put = await sender.client.put(f"/v1/templates/{chosen}", json=words, headers=headers(workspace_id))
    assert put.status_code == 200, put.text
    assert (await sender.get(path, workspace_id)).json()["template_version"] == 1
    assert (await change(sender, path, workspace_id, chosen)).json()["template_version"] == 2


async def test_a_template_is_changed_by_who_has_seen_which_there_is(sender: RunningSender) -> None:
    """Red when two people choose at once and one of them is shown a template that the draft has not."""
    workspace_id, path = await draft(sender)
    first, second = await template(sender, workspace_id), await template(sender, workspace_id)
    match = headers(workspace_id) | {"If-Match": (await sender.get(path, workspace_id)).headers["ETag"]}
    changed = await sender.client.patch(path, json={"template_id": first}, headers=match)
    shown = await sender.get(path, workspace_id)
    assert (changed.status_code, shown.headers["ETag"]) == (200, changed.headers["ETag"])
    late = await sender.client.patch(path, json={"template_id": second}, headers=match)
    assert (late.status_code, late.json()["code"]) == (412, "settings_changed")
    assert (await sender.get(path, workspace_id)).json()["template_id"] == first


async def test_a_campaign_that_has_started_keeps_its_template(sender: RunningSender) -> None:
    """Red when leads of one campaign get mails of two templates."""
    workspace_id, path = await draft(sender)
    chosen = await template(sender, workspace_id)
    await sender.post(f"{path}/start", workspace_id)
    for turn in ("pause", "end"):
        refused = await change(sender, path, workspace_id, chosen)
        assert (refused.status_code, refused.json()["code"]) == (409, "campaign_not_draft")
        await sender.post(f"{path}/{turn}", workspace_id)
    assert (await sender.get(path, workspace_id)).json()["template_id"] != chosen


async def test_what_does_not_suit_the_list_is_refused(sender: RunningSender) -> None:
    """Red when a template that names what the list lacks is found out at the start only, or a stranger's is taken."""
    workspace_id, path = await draft(sender)
    before = (await sender.get(path, workspace_id)).json()
    lacking = await template(sender, workspace_id, text="{{ shoe_size }}" + WORDS)
    unsigned = await template(sender, workspace_id, text="Hello")
    theirs = await template(sender, await sender.open_workspace())
    for chosen, status, code in (
        (lacking, 422, "template_invalid"),
        (unsigned, 422, "unsubscribe_link_missing"),
        (theirs, 404, "template_not_found"),
        (str(new_id()), 404, "template_not_found"),
    ):
        refused = await change(sender, path, workspace_id, chosen)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert (await sender.get(path, workspace_id)).json() == before
    stranger = await change(sender, path, await sender.open_workspace(), lacking)
    assert (stranger.status_code, stranger.json()["code"]) == (404, "campaign_not_found")
