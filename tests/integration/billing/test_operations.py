"""What operators do, over HTTP on real tables: each once, for whom it is meant, and refused by name."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from libs.common.ids import new_id
from tests.integration.billing.steps import Billing, completed, created, ended
from tests.support.billing import RunningBilling, headers

NONSENSE: list[object] = [0, -1, 1.5, 2**63, "5", True, None, [1]]
"""What is no number of credits anywhere but in an adjustment, which takes negative ones."""

A_JOB = "01a21ea3-37e3-7566-baa2-6f091d2d333b"
A_SOURCING = "01a21ea3-37e3-7566-baa2-6f0adab34441"
A_GRANT = "01a21ea3-37e3-7566-baa2-6f0adab34442"
"""Nobody's, and the same in every process that collects these tests."""


async def order(
    service: RunningBilling, path: str, asker: UUID, *, key: str | None = "once", operator: bool = True, **body: Any
) -> httpx.Response:
    asked = headers(asker, operator=operator) | ({"Idempotency-Key": key} if key else {})
    return await service.client.post(f"/v1/credits/{path}", json={"reason": "a test", **body}, headers=asked)


async def charged_job(events: Billing, workspace_id: UUID, *, held: int = 6, earned: int = 4) -> UUID:
    job_id = new_id()
    await events.deliver(created(job_id, held, credits_per_row=2), workspace_id)
    await events.deliver(completed(job_id, 0, earned), workspace_id)
    await events.deliver(ended(job_id, earned), workspace_id)
    return job_id


async def proven(events: Billing, workspace_id: UUID) -> bool:
    return all(check.holds for check in await events.proof(workspace_id))


async def test_an_adjustment_counts_once_up_and_down(service: RunningBilling, events: Billing) -> None:
    """Red when the key of an adjustment is dropped."""
    workspace_id = await events.workspace(5)
    for _ in range(2):
        up = await order(service, "adjustments", workspace_id, key="up", credits=7)
        down = await order(service, "adjustments", workspace_id, key="down", credits=-10)
        assert (up.status_code, up.json()["credits"]) == (201, 7)
        assert (down.status_code, down.json()["credits"]) == (201, -10)
    assert (await events.balance(workspace_id)).available == 2
    said = [(kind, data["credits"], data["available"]) for kind, data in await events.said(workspace_id)]
    assert said[1:] == [("billing.credits.granted", 7, 12), ("billing.credits.taken_back", 10, 2)]
    assert await proven(events, workspace_id)


async def test_fifty_identical_adjustments_are_one_with_the_same_answer(
    service: RunningBilling, events: Billing
) -> None:
    """Red when two at once both find nothing under their key."""
    workspace_id = await events.workspace(5)
    answers = await asyncio.gather(
        *(order(service, "adjustments", workspace_id, key="race", credits=-3) for _ in range(50))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert (await events.balance(workspace_id)).available == 2


async def test_no_more_is_taken_away_than_there_is(service: RunningBilling, events: Billing) -> None:
    workspace_id = await events.workspace(5)
    refused = await order(service, "adjustments", workspace_id, credits=-6)
    assert (refused.status_code, refused.json()["code"]) == (409, "adjustment_above_available")
    assert refused.json()["available"] == 5


async def test_the_key_of_an_adjustment_stands_for_one_adjustment(service: RunningBilling, events: Billing) -> None:
    workspace_id = await events.workspace(5)
    await order(service, "adjustments", workspace_id, credits=1)
    others: list[dict[str, Any]] = [{"credits": 2}, {"credits": -1}, {"credits": 1, "reason": "another"}]
    for other in others:
        refused = await order(service, "adjustments", workspace_id, **other)
        assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")


async def test_a_grant_is_voided_once(service: RunningBilling, events: Billing) -> None:
    workspace_id = await events.workspace(3, 5)
    grant = await events.grant(workspace_id, 4)
    await order(service, "adjustments", workspace_id, credits=-9)
    first, second = [await order(service, f"grants/{grant.id}/void", workspace_id) for _ in range(2)]
    assert first.json() == second.json()
    assert first.json()["credits"] == -3
    assert (await events.balance(workspace_id)).available == 0
    other = await order(service, f"grants/{grant.id}/void", workspace_id, reason="something else")
    assert (other.status_code, other.json()["code"]) == (409, "grant_voided")
    assert await proven(events, workspace_id)


async def test_a_refund_gives_back_to_the_grants_that_paid_even_when_they_are_used_up(
    service: RunningBilling, events: Billing
) -> None:
    """Red when grants with nothing left are not looked for."""
    workspace_id = await events.workspace(2, 2)
    job_id = await charged_job(events, workspace_id, held=4)
    assert (await events.balance(workspace_id)).available == 0
    first, second = [await order(service, "refunds", workspace_id, job_id=str(job_id), credits=3) for _ in range(2)]
    assert (first.status_code, first.json()) == (201, second.json())
    assert (first.json()["number"], first.json()["credits"]) == (1, 3)
    balance = await events.balance(workspace_id)
    assert (balance.available, balance.spent) == (3, 1)
    more = await order(service, "refunds", workspace_id, key="more", job_id=str(job_id), credits=2)
    assert (more.status_code, more.json()["code"], more.json()["refundable"]) == (409, "refund_above_capture", 1)
    assert f"refund:job:{job_id}:1" in await events.movements(workspace_id)
    assert await proven(events, workspace_id)


async def test_a_refund_to_an_expired_grant_is_a_new_one_for_30_days(service: RunningBilling, events: Billing) -> None:
    workspace_id = await events.workspace(9)
    job_id = await charged_job(events, workspace_id)
    await events.execute(
        "UPDATE billing.grants SET expires_at = now() - interval '1 day' WHERE workspace_id = :id", id=workspace_id
    )
    assert (await order(service, "refunds", workspace_id, job_id=str(job_id), credits=4)).status_code == 201
    found = await events.one(
        "SELECT size, available, expires_at - now() > interval '29 days' AS lives FROM billing.grants"
        " WHERE workspace_id = :id AND business_key LIKE 'refund:%'",
        id=workspace_id,
    )
    assert found == {"size": 4, "available": 4, "lives": True}
    assert await proven(events, workspace_id)


async def test_rows_are_refunded_at_their_price_and_once_each(service: RunningBilling, events: Billing) -> None:
    """Red when a row can be refunded again under another key."""
    workspace_id = await events.workspace(9)
    job_id = str(await charged_job(events, workspace_id))
    first = await order(service, "refunds", workspace_id, job_id=job_id, rows=[7])
    assert (first.status_code, first.json()["credits"], first.json()["rows"]) == (201, 2, [7])
    again = await order(service, "refunds", workspace_id, key="again", job_id=job_id, rows=[8, 7])
    assert (again.status_code, again.json()["code"], again.json()["rows"]) == (409, "rows_refunded_before", [7])
    assert (await order(service, "refunds", workspace_id, job_id=job_id, rows=[7])).json() == first.json()
    other = await order(service, "refunds", workspace_id, job_id=job_id, rows=[8])
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_fifty_identical_refunds_are_one(service: RunningBilling, events: Billing) -> None:
    workspace_id = await events.workspace(9)
    job_id = await charged_job(events, workspace_id)
    answers = await asyncio.gather(
        *(order(service, "refunds", workspace_id, job_id=str(job_id), credits=1) for _ in range(50))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert (await events.balance(workspace_id)).spent == 3


async def test_what_belongs_to_another_workspace_is_not_found(service: RunningBilling, events: Billing) -> None:
    """Red when a subject or a grant is looked for without its workspace."""
    mine, theirs = await events.workspace(9), await events.workspace(9)
    job_id = await charged_job(events, theirs)
    grant = await events.grant(theirs, 4)
    refused = [
        await order(service, "refunds", mine, job_id=str(job_id), credits=1),
        await order(service, "refunds", mine, key="b", sourcing_id=str(job_id), credits=1),
        await order(service, f"grants/{grant.id}/void", mine),
        await order(service, "adjustments", mine, credits=1, workspace_id=str(new_id())),
    ]
    assert [(one.status_code, one.json()["code"]) for one in refused] == [
        (404, "nothing_charged"),
        (404, "nothing_charged"),
        (404, "grant_not_found"),
        (404, "account_not_found"),
    ]
    assert (await events.balance(theirs)).available == 9


@pytest.mark.parametrize("path", ["adjustments", "refunds", f"grants/{A_GRANT}/void"])
async def test_only_operators_may(service: RunningBilling, events: Billing, path: str) -> None:
    more: dict[str, Any] = (
        {} if path.endswith("void") else {"credits": 1, **({"job_id": str(new_id())} if path == "refunds" else {})}
    )
    refused = await order(service, path, await events.workspace(5), operator=False, **more)
    assert (refused.status_code, refused.json()["code"]) == (403, "operators_only")


@pytest.mark.parametrize("path", ["adjustments", "refunds"])
async def test_an_order_without_a_key_is_refused(service: RunningBilling, events: Billing, path: str) -> None:
    more: dict[str, Any] = {"job_id": str(new_id())} if path == "refunds" else {}
    refused = await order(service, path, await events.workspace(5), key=None, credits=1, **more)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_required")


@pytest.mark.parametrize("credits_", NONSENSE, ids=str)
async def test_a_nonsense_amount_is_refused(service: RunningBilling, credits_: object) -> None:
    """Red when an amount is rounded, read from a string, or overflows in the database."""
    refused = [await order(service, "refunds", new_id(), job_id=str(new_id()), credits=credits_)]
    if credits_ != -1:
        refused.append(await order(service, "adjustments", new_id(), credits=credits_))
    for one in refused:
        assert (one.status_code, one.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
@pytest.mark.parametrize("path", ["adjustments", "refunds", "grants"])
async def test_what_is_no_number_is_refused(service: RunningBilling, path: str, number: str) -> None:
    body = f'{{"reason": "a test", "credits": {number}}}'
    asked = headers(new_id(), operator=True) | {"Idempotency-Key": "nan", "Content-Type": "application/json"}
    refused = await service.client.post(f"/v1/credits/{path}", content=body, headers=asked)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    "body",
    [
        {"credits": 1},
        {"credits": 1, "job_id": A_JOB, "sourcing_id": A_SOURCING},
        {"job_id": A_JOB},
        {"job_id": A_JOB, "credits": 1, "rows": [1]},
        {"sourcing_id": A_SOURCING, "rows": [1]},
        {"job_id": A_JOB, "rows": []},
        {"job_id": A_JOB, "rows": [0]},
        {"job_id": A_JOB, "rows": [1, 1]},
        {"job_id": A_JOB, "credits": 1, "reason": " "},
    ],
    ids=str,
)
async def test_a_refund_says_of_what_and_how_much(service: RunningBilling, body: dict[str, Any]) -> None:
    refused = await order(service, "refunds", new_id(), **body)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
