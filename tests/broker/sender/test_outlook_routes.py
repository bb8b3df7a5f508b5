"""The routes of hours, calendars, dry runs and explanations."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from uuid import UUID

import httpx
import pytest

from libs.common.ids import new_id
from tests.broker.sender.running import RunningSender, headers, running_sender
from tests.integration.sender.world import recipient
from tests.support.hours import ANY_HOUR

OFFICE = {"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "17:00", "skip_holidays": True}


@pytest.fixture(scope="module")
async def sender(module_database: str, module_vhost: str) -> AsyncGenerator[RunningSender]:
    async with running_sender(module_database, module_vhost) as running:
        yield running


async def put(sender: RunningSender, path: str, workspace_id: UUID, body: object) -> httpx.Response:
    return await sender.client.put(path, headers=headers(workspace_id), json=body)


async def draft(sender: RunningSender, **more: object) -> tuple[UUID, str]:
    """A workspace with a campaign for three rows, and its path."""
    workspace_id = await sender.open_workspace()
    tag = str(new_id())[-8:]
    rows = [recipient(n, email=f"l{n}@{tag}.example", country="Germany") for n in (1, 2)]
    list_id = await sender.bring_list(workspace_id, *rows, recipient(3, email="nobody"))
    made = await sender.post("/v1/campaigns", workspace_id, {"list_id": str(list_id), **more})
    assert made.status_code == 201, made.text
    return workspace_id, f"/v1/campaigns/{made.json()['id']}"


async def test_a_campaign_has_office_hours_unless_asked_for_others(sender: RunningSender) -> None:
    """Red when a campaign of which nothing was said sends at night, or shows other hours than it has."""
    workspace_id, path = await draft(sender)
    assert (await sender.get(path, workspace_id)).json()["window"] == OFFICE
    changed = await put(sender, f"{path}/window", workspace_id, ANY_HOUR)
    assert (changed.status_code, changed.json()["window"]) == (200, ANY_HOUR)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"from": "17:00", "to": "09:00"}, "window_invalid"),
        ({"from": "9:00"}, "invalid_request"),
        ({"from": "24:00"}, "window_invalid"),
        ({"days": []}, "invalid_request"),
        ({"days": [0]}, "invalid_request"),
        ({"hours": 3}, "invalid_request"),
    ],
)
async def test_hours_that_never_come_are_refused(sender: RunningSender, change: dict[str, object], code: str) -> None:
    """Red when a campaign can be given hours in which nothing is ever sent."""
    workspace_id, path = await draft(sender)
    answer = await put(sender, f"{path}/window", workspace_id, {**OFFICE, **change})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_draft_s_calendar_and_dry_run_are_shown_before_it_starts(sender: RunningSender) -> None:
    """Red when a person must start a campaign to see when it would end, or when looking at it sends."""
    workspace_id, path = await draft(sender)
    calendar = (await sender.get(f"{path}/forecast?days=10", workspace_id)).json()
    assert sum(day["first_emails"] for day in calendar["days"]) == 2
    assert (calendar["left"], calendar["ends_on"]) == (0, calendar["days"][-1]["date"])
    everybody = (await sender.get("/v1/sending/forecast", workspace_id)).json()
    assert sum(day["first_emails"] for day in everybody["days"]) == 0
    faults = {"faults": {"refused": 1}}
    for body, sent, failed in (({}, 2, 0), (faults, 0, 2)):
        run = await sender.post(f"{path}/dry-run", workspace_id, body)
        assert run.status_code == 200, run.text
        assert (run.json()["sent"], run.json()["failed"], run.json()["left"]) == (sent, failed, 0)
    assert (await sender.get(f"/v1/emails?campaign_id={path.rpartition('/')[2]}", workspace_id)).json()["items"] == []
    too_much = await sender.post(f"{path}/dry-run", workspace_id, {"faults": {"refused": 0.7, "unknown": 0.7}})
    assert (too_much.status_code, too_much.json()["code"]) == (422, "invalid_request")


async def test_leads_are_shown_with_their_zone_and_told_why_they_wait(sender: RunningSender) -> None:
    """Red when a page of leads loses one, or the reason is not told in words."""
    workspace_id, path = await draft(sender, daily_quota=1, window=ANY_HOUR)
    await sender.post(f"{path}/start", workspace_id)
    first = (await sender.get(f"{path}/leads?limit=1", workspace_id)).json()
    rest = (await sender.get(f"{path}/leads?cursor={first['next_cursor']}", workspace_id)).json()
    one, two, three = [*first["items"], *rest["items"]]
    assert (one["time_zone"], one["zone_source"], one["country"]) == ("Europe/Berlin", "country", "DE")
    assert (three["state"], three["reason"], three["time_zone"]) == ("excluded", "invalid_address", None)
    why = (await sender.get(f"{path}/leads/{two['lead_id']}/why", workspace_id)).json()
    assert (why["explanation"]["code"], why["position"], why["lead"]["state"]) == ("campaign_quota", 1, "waiting")
    assert why["explanation"]["next_at"] is not None
    assert "turn" in why["explanation"]["sentence"]
    causes = {one["code"]: one["leads"] for one in (await sender.get(f"{path}/why", workspace_id)).json()["causes"]}
    assert (causes["campaign_quota"], causes["excluded"]) == (1, 1)
    active = await put(sender, f"{path}/window", workspace_id, OFFICE)
    assert (active.status_code, active.json()["code"]) == (409, "campaign_active")


async def test_strangers_and_unknown_leads_are_told_nothing(sender: RunningSender) -> None:
    """P7: red when a route of a campaign forgets the workspace."""
    owner, path = await draft(sender)
    stranger = await sender.open_workspace()
    for tail in ("/forecast", "/leads", "/why"):
        answer = await sender.get(path + tail, stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "campaign_not_found")
    for answer in (
        await put(sender, f"{path}/window", stranger, OFFICE),
        await sender.post(f"{path}/dry-run", stranger, {}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "campaign_not_found")
    nobody = await sender.get(f"{path}/leads/{new_id()}/why", owner)
    assert (nobody.status_code, nobody.json()["code"]) == (404, "lead_not_found")
