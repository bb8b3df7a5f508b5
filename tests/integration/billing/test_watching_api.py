"""The routes about spending: who may set what, and what is shown."""

import asyncio
import functools
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.responses import Response

from libs.common.clock import utc_now
from libs.common.errors import PreconditionFailed
from libs.common.http.etags import Guard, Tag
from libs.common.http.identity import IDENTITY_HEADER, Identity, sign_identity
from libs.common.ids import new_id
from services.billing.schemas.watching import CapsAnswer
from tests.support.billing import SECRET, RunningBilling, headers

member = functools.partial(headers, role="member")
SHOWN: dict[str, Any] = {
    "per_day": 1,
    "per_month": None,
    "per_member": None,
    "for_you_per_month": None,
    "spent_today": 0,
    "spent_this_month": 0,
    "spent_by_you_this_month": 0,
    "day_began_at": utc_now(),
    "month_began_at": utc_now(),
    "time_zone": "UTC",
}


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


FIRST = {"caps": {"per_day": 10}, "alerts": {"thresholds": [5]}}
OTHER = {"caps": {"per_day": 20}, "alerts": {"thresholds": [7]}}


@pytest.mark.parametrize("path", list(FIRST))
async def test_who_changes_settings_says_which_they_have_seen(service: RunningBilling, path: str) -> None:
    """Red when one admin undoes what another has just set, when a change that is based on what is there is refused, or when
    what is known is sent again."""
    workspace_id, url = new_id(), f"/v1/billing/{path}"
    asks = functools.partial(service.client.request, url=url)
    known = (await asks("GET", headers=headers(workspace_id))).headers["ETag"]
    first = await asks("PUT", json=FIRST[path], headers=headers(workspace_id) | {"If-Match": known})
    assert first.status_code == 200
    late = await asks("PUT", json=OTHER[path], headers=headers(workspace_id) | {"If-Match": known})
    assert (late.status_code, late.json()["code"]) == (412, "settings_changed")
    shown = await asks("GET", headers=headers(workspace_id))
    spared = await asks("GET", headers=headers(workspace_id) | {"If-None-Match": f'"x", W/{shown.headers["ETag"]}'})
    assert (spared.status_code, spared.content, spared.headers["ETag"]) == (304, b"", shown.headers["ETag"])
    for match in (f'"x", W/{shown.headers["ETag"]}', "*"):
        changed = await asks("PUT", json=OTHER[path], headers=headers(workspace_id) | {"If-Match": match})
        assert changed.status_code == 200
    stale = await asks("GET", headers=headers(workspace_id) | {"If-None-Match": shown.headers["ETag"]})
    assert stale.status_code == 200
    assert stale.json() == changed.json()


async def test_of_two_changes_of_the_same_settings_one_is_refused(service: RunningBilling) -> None:
    """Red when both look before either has written."""
    workspace_id = new_id()
    known = (await service.client.get("/v1/billing/caps", headers=headers(workspace_id))).headers["ETag"]
    asked = [
        service.client.put("/v1/billing/caps", json={"per_day": n}, headers=headers(workspace_id) | {"If-Match": known})
        for n in range(6)
    ]
    assert sorted(answer.status_code for answer in await asyncio.gather(*asked)) == [200, *[412] * 5]


def test_what_is_spent_is_no_other_setting() -> None:
    """Who has looked at caps before others spent may set them. Red when their change is refused for it, or when what was spent
    is not shown because the caps are the same."""
    response, later = Response(), Response()
    Tag(response).on(CapsAnswer(**SHOWN), settings={"per_day": 1})
    Tag(later).on(CapsAnswer(**SHOWN).model_copy(update={"spent_today": 1}), settings={"per_day": 1})
    assert response.headers["ETag"] != later.headers["ETag"]
    Guard(Response(), what="", if_match=response.headers["ETag"]).check({"per_day": 1})
    with pytest.raises(PreconditionFailed):
        Guard(Response(), what="", if_match=response.headers["ETag"]).check({"per_day": 2})


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


async def test_members_have_caps_of_their_own_page_by_page(service: RunningBilling) -> None:
    """Red when a page repeats or leaves out a member, or another workspace's are shown."""
    workspace_id, members = new_id(), sorted(new_id() for _ in range(3))
    for user_id, per_month in zip(members, (5, None, 0), strict=True):
        shown = (await put(service, f"caps/members/{user_id}", workspace_id, {"per_month": per_month})).json()
        assert shown == {"user_id": str(user_id), "per_month": per_month, "spent_this_month": 0}
    await put(service, f"caps/members/{members[0]}", new_id(), {"per_month": 7})
    found, cursor = list[Any](), None
    while cursor is not None or not found:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = await service.client.get("/v1/billing/caps/members", params=query, headers=headers(workspace_id))
        found += page.json()["items"]
        cursor = page.json()["next_cursor"]
    assert [(one["user_id"], one["per_month"]) for one in found] == [
        (str(members[0]), 5),
        (str(members[1]), None),
        (str(members[2]), 0),
    ]
    path = f"/v1/billing/caps/members/{members[0]}"
    for _ in range(2):
        assert (await service.client.delete(path, headers=headers(workspace_id))).status_code == 204
    left = await service.client.get("/v1/billing/caps/members", headers=headers(workspace_id))
    assert [one["user_id"] for one in left.json()["items"]] == [str(one) for one in members[1:]]


async def test_a_member_is_shown_the_cap_that_holds_for_them(service: RunningBilling) -> None:
    """Red when the cap for all is shown to who has one of their own."""
    workspace_id, user_id = new_id(), new_id()
    await put(service, "caps", workspace_id, {"per_member": 5})
    identity = Identity(workspace_id, user_id, "member", "test", operator=False)
    asker = {IDENTITY_HEADER: sign_identity(identity, secret=SECRET, now=utc_now())}
    shown = (await service.client.get("/v1/billing/caps", headers=asker)).json()
    assert (shown["per_member"], shown["for_you_per_month"]) == (5, 5)
    await put(service, f"caps/members/{user_id}", workspace_id, {"per_month": 9})
    shown = (await service.client.get("/v1/billing/caps", headers=asker)).json()
    assert (shown["per_member"], shown["for_you_per_month"]) == (5, 9)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_caps_of_members_are_for_owners_and_admins(service: RunningBilling, method: str) -> None:
    """Red when a member sees what others spend, or sets their own cap."""
    path = "/v1/billing/caps/members" + ("" if method == "GET" else f"/{new_id()}")
    body = {"per_month": 5} if method == "PUT" else None
    asked = await service.client.request(method, path, json=body, headers=member(new_id()))
    assert (asked.status_code, asked.json()["code"]) == (403, "admins_only")


@pytest.mark.parametrize(
    "body", [{}, {"per_month": -1}, {"per_month": 1.5}, {"per_month": 2**63}, {"per_day": 1}], ids=str
)
async def test_nonsense_is_no_members_cap(service: RunningBilling, body: Any) -> None:
    assert (await put(service, f"caps/members/{new_id()}", new_id(), body)).status_code == 422
