"""The routes of lists and their rows, and what they refuse by which name."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncGenerator
from uuid import UUID

import httpx
import pytest

from libs.common.contracts.ingest import ListDeleted
from libs.common.ids import new_id
from tests.broker.sender.running import RunningSender, headers, running_sender
from tests.integration.sender.world import recipient
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def sender(module_database: str, module_vhost: str) -> AsyncGenerator[RunningSender]:
    async with running_sender(module_database, module_vhost) as running:
        yield running


async def ask(sender: RunningSender, method: str, path: str, workspace_id: UUID, **more: object) -> httpx.Response:
    return await sender.client.request(method, path, headers=headers(workspace_id), **more)  # pyright: ignore[reportArgumentType]


async def some_list(sender: RunningSender) -> tuple[UUID, str]:
    """A workspace with a list of a person, a role, a bad address and the person again."""
    workspace_id = await sender.open_workspace()
    list_id = await sender.bring_list(
        workspace_id,
        recipient(1, fields={"Team": "Ops"}),
        recipient(2, email="info@acme.example", company="=cmd()"),
        recipient(3, email="nobody"),
        recipient(4, email="lead1@company1.example"),
    )
    return workspace_id, f"/v1/lists/{list_id}"


async def test_rows_are_shown_page_by_page_with_their_reasons(sender: RunningSender) -> None:
    """Red when a row is left out between pages, or shown without the reason it is set aside for."""
    workspace_id, path = await some_list(sender)
    shown = (await ask(sender, "GET", path, workspace_id)).json()
    assert (shown["recipients"], shown["set_aside"], shown["keeps_roles"]) == (4, 3, False)
    assert shown["set_aside_reasons"] == {"duplicate": 1, "invalid_address": 1, "role_address": 1}
    first = (await ask(sender, "GET", f"{path}/recipients?limit=3", workspace_id)).json()
    rest = (await ask(sender, "GET", f"{path}/recipients?cursor={first['next_cursor']}", workspace_id)).json()
    rows = [*first["items"], *rest["items"]]
    assert [(row["row_no"], row["set_aside"], row["duplicate_of"]) for row in rows] == [
        (1, None, None),
        (2, "role_address", None),
        (3, "invalid_address", None),
        (4, "duplicate", 1),
    ]
    assert rest["next_cursor"] is None
    assert (rows[0]["fields"], rows[0]["values"]["first_name"]) == ({"Team": "Ops"}, "First1")
    assert rows[0]["lead_id"] == rows[3]["lead_id"]
    only = (await ask(sender, "GET", f"{path}/recipients?set_aside=duplicate", workspace_id)).json()
    assert [(row["row_no"], row["detail"]) for row in only["items"]] == [(4, "row 1 of the list has the same address")]
    assert (await ask(sender, "GET", f"{path}/recipients?set_aside=mood", workspace_id)).status_code == 422


async def test_what_was_set_aside_can_be_downloaded(sender: RunningSender) -> None:
    """Red when a row is missing, or a lead's cell is a formula in the spreadsheet."""
    workspace_id, path = await some_list(sender)
    answer = await ask(sender, "GET", f"{path}/set-aside.csv", workspace_id)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert [(row[0], row[1], row[4], row[5]) for row in rows] == [
        ("Row", "Email", "Company", "Reason"),
        ("2", "info@acme.example", "'=cmd()", "role_address"),
        ("3", "nobody", "Company 3", "invalid_address"),
        ("4", "lead1@company1.example", "Company 4", "duplicate"),
    ]


async def test_roles_are_taken_in_by_row_or_by_the_list(sender: RunningSender) -> None:
    """Red when facts can be overruled like opinions: a bad address, a duplicate."""
    workspace_id, path = await some_list(sender)
    refused = await ask(sender, "POST", f"{path}/take-in", workspace_id, json={"reason": "duplicate"})
    assert refused.status_code == 422
    taken = await ask(sender, "POST", f"{path}/take-in", workspace_id, json={"reason": "role_address", "row_nos": [2]})
    assert taken.json() == {"taken_in": 1}
    changed = await ask(sender, "PATCH", path, workspace_id, json={"keeps_roles": True})
    assert (changed.json()["keeps_roles"], changed.json()["set_aside"]) == (True, 2)


async def test_a_list_can_be_called_otherwise(sender: RunningSender) -> None:
    """Red when a new name takes an answer about role addresses back, is lost, or is taken from who has not seen the last one."""
    workspace_id, path = await some_list(sender)
    await ask(sender, "PATCH", path, workspace_id, json={"keeps_roles": True})
    known = (await ask(sender, "GET", path, workspace_id)).headers["ETag"]
    match = headers(workspace_id) | {"If-Match": known}
    renamed = await sender.client.patch(path, json={"name": "  October  "}, headers=match)
    assert (renamed.status_code, renamed.json()["name"], renamed.json()["keeps_roles"]) == (200, "October", True)
    shown = await ask(sender, "GET", path, workspace_id)
    assert (shown.json()["name"], shown.headers["ETag"]) == ("October", renamed.headers["ETag"])
    late = await sender.client.patch(path, json={"name": "November"}, headers=match)
    assert (late.status_code, late.json()["code"]) == (412, "settings_changed")
    for name in ("", "   ", "x" * 201, "a\x00b"):
        assert (await ask(sender, "PATCH", path, workspace_id, json={"name": name})).status_code == 422
    (listed,) = (await ask(sender, "GET", "/v1/lists", workspace_id)).json()["items"]
    assert listed["name"] == "October"


async def test_a_list_is_deleted_once_and_by_its_owner_only(sender: RunningSender) -> None:
    """P7. Red when a stranger's request does or tells anything."""
    workspace_id, path = await some_list(sender)
    stranger = await sender.open_workspace()
    for method, route, body in (
        ("GET", f"{path}/recipients", None),
        ("GET", f"{path}/set-aside.csv", None),
        ("POST", f"{path}/take-in", {"reason": "role_address"}),
        ("PATCH", path, {"keeps_roles": True}),
        ("PATCH", path, {"name": "Mine"}),
        ("DELETE", path, None),
    ):
        answer = await ask(sender, method, route, stranger, json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "list_not_found"), route
    assert (await ask(sender, "DELETE", path, workspace_id)).status_code == 204
    assert (await ask(sender, "DELETE", path, workspace_id)).status_code == 204
    assert (await ask(sender, "GET", path, workspace_id)).status_code == 404
    assert (await ask(sender, "GET", f"{path}/recipients", workspace_id)).status_code == 404


async def test_a_deleted_job_takes_its_list_along(sender: RunningSender) -> None:
    """Red when nobody listens to it."""
    workspace_id, path = await some_list(sender)
    await sender.say(ListDeleted(list_id=UUID(path.rpartition("/")[2])), workspace_id)

    async def is_leaving() -> bool:
        shown = await ask(sender, "GET", path, workspace_id)
        return shown.status_code == 404 or shown.json()["deleting"]

    await eventually(is_leaving)
    refused = await ask(sender, "POST", "/v1/campaigns", workspace_id, json={"list_id": path.rpartition("/")[2]})
    assert refused.json()["code"] in {"list_deleted", "list_not_found"}
    assert (await ask(sender, "GET", f"/v1/lists/{new_id()}", workspace_id)).status_code == 404


async def test_a_list_is_changed_by_who_has_seen_what_it_is(sender: RunningSender) -> None:
    """Red when one admin undoes what another has just set, or a change that is based on what is there is refused."""
    workspace_id, path = await some_list(sender)
    known = (await ask(sender, "GET", path, workspace_id)).headers["ETag"]
    match = headers(workspace_id) | {"If-Match": known}
    first = await sender.client.patch(path, json={"keeps_roles": True}, headers=match)
    assert (first.status_code, first.json()["keeps_roles"]) == (200, True)
    late = await sender.client.patch(path, json={"keeps_roles": False}, headers=match)
    assert (late.status_code, late.json()["code"]) == (412, "settings_changed")
    shown = await ask(sender, "GET", path, workspace_id)
    assert (shown.headers["ETag"], shown.json()["keeps_roles"]) == (first.headers["ETag"], True)
    spared = headers(workspace_id) | {"If-None-Match": first.headers["ETag"]}
    assert (await sender.client.get(path, headers=spared)).status_code == 304
    for tag in (first.headers["ETag"], "*"):
        again = headers(workspace_id) | {"If-Match": tag}
        assert (await sender.client.patch(path, json={"keeps_roles": True}, headers=again)).status_code == 200
    nowhere = await sender.client.patch(f"/v1/lists/{new_id()}", json={"keeps_roles": True}, headers=match)
    assert nowhere.status_code == 404
