"""The routes of jobs: what they answer, to whom, and what they refuse by which name."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from libs.common.contracts.billing import HoldDeclined, HoldPlaced
from libs.common.contracts.ingest import JobCreated
from libs.common.ids import new_id
from services.ingest.repositories import jobs
from tests.integration.ingest.jobs.steps import MAPPING, Ingest, answer, failed, result
from tests.support.ingest import RunningIngest, headers, patient_with_billing
from tests.support.waiting import PATIENCE_S, eventually


async def ask(
    service: RunningIngest, us: Ingest, method: str, path: str, *, key: str | None = None, **more: Any
) -> httpx.Response:
    asked = headers(us.workspace_id) | ({"Idempotency-Key": key} if key else {})
    return await service.client.request(method, path, headers=asked, **more)


async def asked_for(us: Ingest, upload_id: UUID) -> JobCreated:
    """Billing's question, as soon as it lies in the outbox."""
    found: list[JobCreated] = []

    async def written() -> bool:
        async with us.open_uow() as uow:
            mine = await jobs.page(uow.conn, workspace_id=us.workspace_id, before=None, limit=10)
        ids = {job.id for job in mine if job.upload_id == upload_id}
        found[:] = [event for event in await us.said(JobCreated) if event.job_id in ids]
        return bool(found)

    await eventually(written)
    return found[0]


async def test_a_job_is_answered_201_as_soon_as_its_hold_is_placed(service: RunningIngest, us: Ingest) -> None:
    """The request waits by LISTEN and holds no connection."""
    upload_id = await us.upload((3, 2))
    request = asyncio.create_task(ask(service, us, "POST", "/v1/jobs", json={"upload_id": str(upload_id)}))
    question = await asked_for(us, upload_id)
    await us.deliver(HoldPlaced(job_id=question.job_id, credits=5))
    made = await asyncio.wait_for(request, PATIENCE_S)
    assert made.status_code == 201
    job = made.json()
    assert (job["id"], job["state"], job["list_id"]) == (str(question.job_id), "processing", job["id"])
    assert (job["rows_total"], job["rows_done"], job["credits_held"], job["credits_total"]) == (5, 0, 5, 0)
    shown = (await ask(service, us, "GET", f"/v1/jobs/{job['id']}")).json()
    assert shown["id"] == job["id"]


async def test_too_few_credits_are_402_with_needed_and_available(service: RunningIngest, us: Ingest) -> None:
    """Also when the same key is sent again: a decline is an answer for good."""
    upload_id = await us.upload((3, 2))
    body = {"upload_id": str(upload_id)}
    request = asyncio.create_task(ask(service, us, "POST", "/v1/jobs", key="k", json=body))
    question = await asked_for(us, upload_id)
    await us.deliver(HoldDeclined(job_id=question.job_id, needed=5, available=2))
    for refused in (await request, await ask(service, us, "POST", "/v1/jobs", key="k", json=body)):
        assert refused.status_code == 402
        problem = refused.json()
        assert (problem["code"], problem["needed"], problem["available"]) == ("insufficient_credits", 5, 2)


async def test_a_hold_nobody_answers_is_202(service: RunningIngest, us: Ingest) -> None:
    """After at most five seconds; the same key finds the same job later."""
    body = {"upload_id": str(await us.upload((1,)))}
    with patient_with_billing(0.2):
        made = await ask(service, us, "POST", "/v1/jobs", key="slow", json=body)
    assert (made.status_code, made.json()["state"]) == (202, "reserving")
    await us.deliver(HoldPlaced(job_id=UUID(made.json()["id"]), credits=1))
    again = await ask(service, us, "POST", "/v1/jobs", key="slow", json=body)
    assert (again.status_code, again.json()["id"]) == (201, made.json()["id"])


async def test_many_waiting_clicks_hold_no_connection(service: RunningIngest, us: Ingest) -> None:
    """Red when the wait keeps its transaction: the pool has eight connections, twenty wait, and a look still answers."""
    upload_id = await us.upload((1,))
    clicks = [
        asyncio.create_task(ask(service, us, "POST", "/v1/jobs", key="one", json={"upload_id": str(upload_id)}))
        for _ in range(20)
    ]
    question = await asked_for(us, upload_id)
    assert (await asyncio.wait_for(ask(service, us, "GET", "/v1/jobs"), PATIENCE_S)).status_code == 200
    await us.deliver(HoldPlaced(job_id=question.job_id, credits=1))
    answers = await asyncio.gather(*clicks)
    assert {(made.status_code, made.json()["id"]) for made in answers} == {(201, str(question.job_id))}


async def test_a_key_used_for_another_request_is_409(service: RunningIngest, us: Ingest) -> None:
    """Red when the second request is answered with the first one's job."""
    job = await us.create(await us.upload((1,)), key="mine")
    await us.deliver(HoldPlaced(job_id=job.id, credits=1))
    refused = await ask(service, us, "POST", "/v1/jobs", key="mine", json={"upload_id": str(await us.upload((1,)))})
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")


async def test_a_quote(service: RunningIngest, us: Ingest) -> None:
    await us.have_known_enrich()
    upload_id = await us.upload((3, 2))
    shown = await ask(service, us, "POST", "/v1/quotes", json={"upload_id": str(upload_id)})
    assert shown.status_code == 200
    assert shown.json() == {
        "upload_id": str(upload_id),
        "rows": 5,
        "rows_selected": 5,
        "rows_duplicate": 0,
        "rows_known": 0,
        "rows_skipped": 0,
        "rows_tried": 0,
        "findings": "done",
        "price_version": 1,
        "credits_per_row": 1,
        "credits_per_column": 0,
        "extra_columns": 0,
        "credits": 5,
        "missing_providers": [],
        "sandboxed": False,
        "mapping": MAPPING,
    }


async def test_a_quote_counts_the_extra_columns(service: RunningIngest, us: Ingest) -> None:
    """Red when a quote is less than what the job of the same wishes costs."""
    await us.have_known_enrich()
    await us.execute("UPDATE ingest.price_lists SET credits_per_column = 2 WHERE version = 1")
    try:
        wishes = {
            "upload_id": str(await us.upload((3, 2))),
            "extra_columns": [{"name": "Sites", "description": "how many"}],
        }
        shown = (await ask(service, us, "POST", "/v1/quotes", json=wishes)).json()
    finally:
        await us.execute("UPDATE ingest.price_lists SET credits_per_column = 0 WHERE version = 1")
    assert [shown[name] for name in ("credits_per_row", "credits_per_column", "extra_columns", "credits")] == [
        3,
        2,
        1,
        15,
    ]


async def test_rows_are_paged_in_the_order_of_the_sheet(service: RunningIngest, us: Ingest) -> None:
    """With research, line and receipt; rows of a given-up chunk are failed, with the reason."""
    job_id = await us.processing((3, 2))
    await us.execute("UPDATE ingest.chunks SET state = 'queued', dispatch_no = 1 WHERE job_id = :id", id=job_id)
    await us.deliver(answer(job_id, 0, [result(1), result(2, "degraded"), result(3)]))
    await us.deliver(failed(job_id, 1))
    rows, cursor = [], "0"
    while cursor is not None:
        page = (await ask(service, us, "GET", f"/v1/jobs/{job_id}/rows", params={"cursor": cursor, "limit": 2})).json()
        rows += page["items"]
        cursor = page["next_cursor"]
    assert [row["row_no"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["status"] for row in rows] == ["enriched", "degraded", "enriched", "failed", "failed"]
    assert rows[0]["research"]["confidence"] == 0
    assert (rows[0]["line"], rows[0]["receipt"]["attempts"], rows[4]["reason"]) == ("Hello", 1, "gave up")
    chosen = (await ask(service, us, "GET", f"/v1/jobs/{job_id}/rows", params={"status": "failed"})).json()
    assert [row["row_no"] for row in chosen["items"]] == [4, 5]


async def test_pause_resume_and_cancel(service: RunningIngest, us: Ingest) -> None:
    """Red when a route is wired to another turn, or answers with the job as it was."""
    job_id = await us.processing((1,))
    for verb, state in (("pause", "paused"), ("resume", "processing"), ("cancel", "cancelled")):
        turned = await ask(service, us, "POST", f"/v1/jobs/{job_id}/{verb}")
        assert (turned.status_code, turned.json()["state"]) == (200, state)
    refused = await ask(service, us, "POST", f"/v1/jobs/{job_id}/pause")
    assert (refused.status_code, refused.json()["code"]) == (409, "job_not_processing")


async def test_jobs_are_listed_newest_first(service: RunningIngest, us: Ingest) -> None:
    upload_id = await us.upload((1,))
    made = [str((await us.create(upload_id)).id) for _ in range(3)]
    first = (await ask(service, us, "GET", "/v1/jobs", params={"limit": 2})).json()
    second = (await ask(service, us, "GET", "/v1/jobs", params={"cursor": first["next_cursor"]})).json()
    assert [job["id"] for job in first["items"] + second["items"]] == made[::-1]
    assert second["next_cursor"] is None


async def test_unknown_and_other_tenants_jobs_are_the_same_404(service: RunningIngest, us: Ingest) -> None:
    """P7. Red when a query forgets the workspace."""
    theirs = await us.processing((1,))
    us.workspace_id = new_id()
    for job_id in (theirs, new_id()):
        for method, path in (
            ("GET", ""),
            ("GET", "/rows"),
            ("GET", "/download"),
            ("POST", "/pause"),
            ("POST", "/resume"),
            ("POST", "/cancel"),
        ):
            refused = await ask(service, us, method, f"/v1/jobs/{job_id}{path}")
            assert (refused.status_code, refused.json()["code"]) == (404, "unknown_job"), path
    assert (await ask(service, us, "GET", "/v1/jobs")).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_request"),
        ({"upload_id": "no"}, 422, "invalid_request"),
        ({"upload_id": str(new_id())}, 404, "unknown_upload"),
        ({"upload_id": str(new_id()), "colour": "red"}, 422, "invalid_request"),
        ({"upload_id": str(new_id()), "mapping": {"email": -1}}, 422, "invalid_request"),
        ({"upload_id": str(new_id()), "offer": "a\x00b"}, 422, "invalid_request"),
    ],
)
async def test_bad_requests_are_problems_with_a_stable_code(
    service: RunningIngest, us: Ingest, body: dict[str, Any], status: int, code: str
) -> None:
    refused = await ask(service, us, "POST", "/v1/jobs", json=body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.headers["content-type"] == "application/problem+json"


async def test_nobody_without_an_identity_gets_in(service: RunningIngest) -> None:
    """P7. Red when a route believes whoever asks."""
    for method, path in (("GET", "/v1/jobs"), ("POST", "/v1/jobs"), ("POST", "/v1/quotes")):
        assert (await service.client.request(method, path)).status_code == 401


async def test_only_an_operator_may_rescue(service: RunningIngest, us: Ingest) -> None:
    """P7. Red when a member may."""
    job_id = await us.processing((1,))
    await us.execute("UPDATE ingest.chunks SET state = 'queued', queued_at = now() WHERE job_id = :id", id=job_id)
    path = f"/internal/jobs/{job_id}/rescue"
    assert (await service.client.post(path, headers=headers(us.workspace_id))).status_code == 403
    operator = headers(new_id(), operator=True)
    rescued = await service.client.post(path, headers=operator)
    assert (rescued.status_code, rescued.json()) == (200, {"chunks": 1})
    unknown = await service.client.post(f"/internal/jobs/{new_id()}/rescue", headers=operator)
    assert unknown.status_code == 404
