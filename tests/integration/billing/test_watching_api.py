"""The routes about spending: who may set what, and what is shown."""

import functools
from typing import Any
from uuid import UUID

import httpx
import pytest

from libs.common.ids import new_id
from tests.support.billing import RunningBilling, headers

member = functools.partial(headers, role="member")


async def put(service: RunningBilling, path: str, workspace_id: UUID, body: Any) -> httpx.Response:
    return await service.client.put(f"/v1/billing/{path}", json=body, headers=headers(workspace_id))


async def test_caps_are_set_as_a_whole_and_shown_with_what_was_spent(service: RunningBilling) -> None:
    """Red when a cap that is left out stays, or what was spent is not shown."""
    workspace_id = new_id()
    shown = (await put(service, "caps", workspace_id, {"per_day": 10, "per_member": 5})).json()
    assert (shown["per_day"], shown["per_month"], shown["per_member"]) == (10, None, 5)
    shown = (await put(service, "caps", workspace_id, {"per_month": 0})).json()
    assert (shown["per_day"], shown["per_month"], shown["per_member"]) == (None, 0, None)
    assert (shown["spent_today"], shown["spent_this_month"], shown["time_zone"]) == (0, 0, "UTC")
    again = await service.client.get("/v1/billing/caps", headers=member(workspace_id))
    assert again.json()["per_month"] == 0


@pytest.mark.parametrize("path", ["caps", "alerts", "auto-top-up"])
async def test_a_member_reads_and_sets_nothing(service: RunningBilling, path: str) -> None:
    """Red when a route forgets who may settle things for a workspace."""
    workspace_id = new_id()
    body = {"thresholds": []} if path == "alerts" else {}
    if path == "auto-top-up":
        body = {"threshold": 1, "pack": "1k", "monthly_maximum_minor": 1}
    asked = await service.client.put(f"/v1/billing/{path}", json=body, headers=member(workspace_id))
    assert (asked.status_code, asked.json()["code"]) == (403, "admins_only")
    assert (await service.client.get(f"/v1/billing/{path}", headers=member(workspace_id))).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("caps", {"per_day": -1}),
        ("caps", {"per_day": 1.5}),
        ("caps", {"per_day": "10"}),
        ("caps", {"per_day": 2**63}),
        ("caps", {"per_year": 1}),
        ("alerts", {"thresholds": [-1]}),
        ("alerts", {"thresholds": list(range(11))}),
        ("alerts", {}),
        ("auto-top-up", {"threshold": 0, "pack": "1k", "monthly_maximum_minor": 1}),
        ("auto-top-up", {"threshold": 1, "pack": "1k", "monthly_maximum_minor": 2**63}),
    ],
    ids=str,
)
async def test_nonsense_is_refused(service: RunningBilling, path: str, body: Any) -> None:
    assert (await put(service, path, new_id(), body)).status_code == 422


async def test_thresholds_are_kept_once_each_the_highest_first(service: RunningBilling) -> None:
    workspace_id = new_id()
    assert (await put(service, "alerts", workspace_id, {"thresholds": [5, 50, 5]})).json() == {
        "thresholds": [50, 5],
        "is_default": False,
    }
    shown = await service.client.get("/v1/billing/alerts", headers=member(workspace_id))
    assert shown.json()["thresholds"] == [50, 5]


async def test_nothing_is_bought_where_nothing_is_sold(service: RunningBilling) -> None:
    """The service of this test is self-hosted."""
    workspace_id = new_id()
    body = {"threshold": 1, "pack": "1k", "monthly_maximum_minor": 10_000}
    refused = await put(service, "auto-top-up", workspace_id, body)
    assert (refused.status_code, refused.json()["code"]) == (409, "self_hosted")
    off = await service.client.delete("/v1/billing/auto-top-up", headers=headers(workspace_id))
    assert off.status_code == 204
    shown = await service.client.get("/v1/billing/auto-top-up", headers=member(workspace_id))
    assert (shown.json()["on"], shown.json()["spent_this_month_minor"]) == (False, 0)


async def test_a_workspace_that_needs_nothing_has_no_notices(service: RunningBilling) -> None:
    shown = await service.client.get("/v1/billing/notices", headers=member(new_id()))
    assert shown.json() == {"items": []}
