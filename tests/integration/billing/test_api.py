"""Billing's routes: what they answer, to whom, and what they refuse by which name."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from libs.common.ids import new_id
from tests.integration.billing.steps import Billing, completed, created, ended
from tests.support.billing import RunningBilling, headers


async def grant(
    service: RunningBilling, asker: UUID, *, key: str | None = None, operator: bool = True, **body: Any
) -> httpx.Response:
    asked = headers(asker, operator=operator) | ({"Idempotency-Key": key} if key else {})
    return await service.client.post(
        "/v1/credits/grants", json={"credits": 10, "reason": "demo", **body}, headers=asked
    )


async def get(service: RunningBilling, path: str, workspace_id: UUID, **query: Any) -> dict[str, Any]:
    answer = await service.client.get(path, params=query, headers=headers(workspace_id))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_billing_is_ready(service: RunningBilling) -> None:
    assert (await service.client.get("/readyz")).json() == {"status": "ready", "missing": []}


async def test_an_operator_grants_credits_and_the_workspace_has_them(service: RunningBilling) -> None:
    workspace_id = new_id()
    made = await grant(service, workspace_id, key="first")
    assert made.status_code == 201
    assert made.json() == {
        "id": made.json()["id"],
        "workspace_id": str(workspace_id),
        "credits": 10,
        "kind": "adjustment",
        "priority": 30,
        "expires_at": None,
    }
    balance = await get(service, "/v1/credits", workspace_id)
    assert balance["period"].pop("of") == "month"
    assert {name: balance[name] for name in balance if name != "period"} == {
        "available": 10,
        "held": 0,
        "settling": 0,
        "owed": 0,
        "spent": 0,
        "spent_in_period": 0,
        "expiring_soon": [],
    }


async def test_the_same_key_answers_with_the_same_grant_and_another_request_under_it_is_refused(
    service: RunningBilling,
) -> None:
    workspace_id = new_id()
    first, second = [await grant(service, workspace_id, key="twice") for _ in range(2)]
    assert first.json() == second.json()
    others: list[dict[str, Any]] = [
        {"credits": 11},
        {"reason": "b"},
        {"kind": "plan"},
        {"expires_at": "2199-01-01T00:00Z"},
    ]
    for other in others:
        refused = await grant(service, workspace_id, key="twice", **other)
        assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")
    assert (await get(service, "/v1/credits", workspace_id))["available"] == 10


async def test_only_an_operator_may_grant(service: RunningBilling) -> None:
    refused = await grant(service, new_id(), key="mine", operator=False)
    assert (refused.status_code, refused.json()["code"]) == (403, "operators_only")


async def test_a_grant_without_a_key_is_refused(service: RunningBilling) -> None:
    refused = await grant(service, new_id())
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_required")


async def test_a_reason_with_nul_in_it_is_refused_by_name(service: RunningBilling) -> None:
    """Red when a character that Postgres does not store is a crash."""
    refused = await grant(service, new_id(), key="nul", reason="a\0b")
    assert (refused.status_code, refused.json()["code"]) == (422, "text_not_storable")


@pytest.mark.parametrize(
    "body",
    [
        *({"credits": credits_} for credits_ in (0, -1, 1.5, "5", True, None, 2**63)),
        {"reason": " "},
        {"kind": "gift"},
        {"expires_at": "2199-01-01T00:00:00"},
        {"expires_at": "9999-12-31T23:59:59-14:00"},
        {"surprise": 1},
    ],
    ids=str,
)
async def test_a_grant_of_nonsense_is_refused(service: RunningBilling, body: dict[str, Any]) -> None:
    refused = await grant(service, new_id(), key="nonsense", **body)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


async def test_a_grant_that_has_expired_is_refused(service: RunningBilling) -> None:
    refused = await grant(service, new_id(), key="late", expires_at="2020-01-01T00:00:00Z")
    assert (refused.status_code, refused.json()["code"]) == (422, "grant_expired")


async def test_an_operator_may_grant_to_another_workspace_that_is_known(service: RunningBilling) -> None:
    operators, theirs = new_id(), new_id()
    unknown = await grant(service, operators, key="gift", workspace_id=str(theirs))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "account_not_found")
    await grant(service, theirs, key="opened")
    assert (await grant(service, operators, key="gift", workspace_id=str(theirs))).status_code == 201
    assert (await get(service, "/v1/credits", theirs))["available"] == 20
    assert (await get(service, "/v1/credits", operators))["available"] == 0


async def test_the_ledger_tells_every_movement_newest_first_in_pages(service: RunningBilling, events: Billing) -> None:
    workspace_id, job_id = new_id(), new_id()
    await grant(service, workspace_id, key="pages", reason="welcome")
    await events.deliver(created(job_id, 6), workspace_id)
    await events.deliver(completed(job_id, 0, 4), workspace_id)
    await events.deliver(ended(job_id, 4), workspace_id)
    whole = await get(service, "/v1/credits/ledger", workspace_id)
    assert whole["next_cursor"] is None
    assert [(item["operation"], item["changes"]) for item in whole["items"]] == [
        ("release", {"held": -2, "available": 2}),
        ("capture", {"held": -4, "captured": 4}),
        ("hold", {"available": -6, "held": 6}),
        ("grant", {"issued": -10, "available": 10}),
    ]
    assert [item["job_id"] for item in whole["items"]] == [str(job_id)] * 3 + [None]
    assert whole["items"][3]["reason"] == "welcome"
    paged, cursor = list[Any](), None
    while True:
        page = await get(service, "/v1/credits/ledger", workspace_id, limit=3, **({"cursor": cursor} if cursor else {}))
        paged += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert paged == whole["items"]
    of_job = await get(service, "/v1/credits/ledger", workspace_id, job_id=job_id)
    assert of_job["items"] == whole["items"][:3]


async def test_another_workspace_sees_nothing(service: RunningBilling, events: Billing) -> None:
    """Red when a query forgets the workspace."""
    mine, theirs, job_id = new_id(), new_id(), new_id()
    await grant(service, mine, key="mine")
    await events.deliver(created(job_id, 6), mine)
    assert (await get(service, "/v1/credits", theirs))["held"] == 0
    assert (await get(service, "/v1/credits/ledger", theirs)) == {"items": [], "next_cursor": None}
    assert (await get(service, "/v1/credits/ledger", theirs, job_id=job_id))["items"] == []
    newest = (await get(service, "/v1/credits/ledger", mine))["items"][0]["id"]
    assert (await get(service, "/v1/credits/ledger", theirs, cursor=newest))["items"] == []
    proof = await service.client.get("/v1/credits/proof", headers=headers(theirs))
    assert (proof.status_code, proof.json()["code"]) == (404, "account_not_found")


async def test_the_proof_is_shown(service: RunningBilling) -> None:
    workspace_id = new_id()
    await grant(service, workspace_id, key="proof")
    proof = await get(service, "/v1/credits/proof", workspace_id)
    assert proof["holds"] is True
    assert [check["name"] for check in proof["checks"]] == [
        "chain_intact",
        "entries_sum_to_zero",
        "equation_holds",
        "balance_equals_entries",
        "days_equal_entries",
        "grants_equal_entries",
        "holds_equal_captures",
        "no_overdue_hold",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/credits",
        "/v1/credits/grants",
        "/v1/credits/ledger",
        "/v1/credits/ledger.csv",
        "/v1/credits/jobs/01a21ea3-37e3-7566-baa2-6f091d2d333b",
        "/v1/credits/proof",
        "/v1/credits/proofs",
        "/v1/prices",
    ],
)
async def test_nobody_is_answered_without_an_identity(service: RunningBilling, path: str) -> None:
    refused = await service.client.get(path)
    assert (refused.status_code, refused.json()["code"]) == (401, "identity_missing")


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 201},
        {"cursor": "x"},
        {"job_id": "x"},
        {"grant_id": "x"},
        {"operation": "steal"},
        {"from": "2026-11-27"},
        {"to": "2026-11-27T10:00:00"},
        {"to": "9999-12-31T23:59:59Z"},
        {"from": "0001-01-01T00:00:00+14:00"},
    ],
    ids=str,
)
async def test_a_ledger_page_of_nonsense_is_refused(service: RunningBilling, query: dict[str, Any]) -> None:
    """Red when nonsense is a crash, as the ends of time are to whoever adds minutes to them."""
    refused = await service.client.get("/v1/credits/ledger", params=query, headers=headers(new_id()))
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
