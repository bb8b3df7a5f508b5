"""The routes by which somebody orders: which rows, for how many credits at most, a few of them first and free."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from libs.common.contracts.billing import HoldDeclined, HoldPlaced, HoldRaised, HoldRaiseDeclined
from libs.common.contracts.ingest import JobCeilingRaised
from tests.integration.ingest.jobs.steps import Ingest
from tests.integration.ingest.jobs.test_api import ask, asked_for
from tests.support.ingest import RunningIngest, headers, patient_with_billing
from tests.support.waiting import PATIENCE_S, eventually

SITES = {"name": "Sites", "description": "number of sites", "kind": "number"}


async def limited(us: Ingest, *, held: int = 1) -> UUID:
    job = await us.create(await us.upload((3,)), ceiling_credits=held)
    await us.deliver(HoldPlaced(job_id=job.id, credits=held))
    return job.id


async def raising(us: Ingest, job_id: UUID) -> None:
    async def written() -> bool:
        return any(event.job_id == job_id for event in await us.said(JobCeilingRaised))

    await eventually(written)


async def test_a_job_shows_what_was_ordered(service: RunningIngest, us: Ingest) -> None:
    """Red when a wish is not taken over from the request."""
    upload_id = await us.upload((3, 2))
    await us.have_known_enrich()
    wishes: dict[str, Any] = {
        "upload_id": str(upload_id),
        "first_rows": 4,
        "skip_known": True,
        "ceiling_credits": 2,
        "extra_columns": [SITES],
    }
    request = asyncio.create_task(ask(service, us, "POST", "/v1/jobs", json=wishes))
    question = await asked_for(us, upload_id)
    await us.deliver(HoldPlaced(job_id=question.job_id, credits=2))
    made = (await request).json()
    found = {name: made[name] for name in ("kind", "rows_total", "first_rows", "skip_known", "skip_duplicates")}
    assert found == {"kind": "list", "rows_total": 4, "first_rows": 4, "skip_known": True, "skip_duplicates": True}
    assert (made["credits_needed"], made["credits_held"], made["ceiling_credits"]) == (4, 2, 2)


async def test_an_affordable_job_that_pays_for_no_row_is_402(service: RunningIngest, us: Ingest) -> None:
    """It needs the price of one row."""
    upload_id = await us.upload((3,))
    body = {"upload_id": str(upload_id), "affordable": True}
    request = asyncio.create_task(ask(service, us, "POST", "/v1/jobs", json=body))
    question = await asked_for(us, upload_id)
    await us.deliver(HoldDeclined(job_id=question.job_id, needed=3, available=0))
    refused = await request
    assert (refused.status_code, refused.json()["needed"], refused.json()["available"]) == (402, 1, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"first_rows": 0},
        {"first_rows": "3"},
        {"ceiling_credits": 0},
        {"extra_columns": [SITES | {"kind": "colour"}]},
        {"extra_columns": [SITES | {"description": ""}]},
        {"extra_columns": [SITES | {"name": f"Sites {n}"} for n in range(11)]},
        {"rows": [1]},
    ],
    ids=str,
)
async def test_nonsense_is_refused(service: RunningIngest, us: Ingest, wrong: dict[str, Any]) -> None:
    """Red when a limit of the request is not looked at."""
    await us.have_known_enrich()
    body = {"upload_id": str(await us.upload((3,))), **wrong}
    assert (await ask(service, us, "POST", "/v1/jobs", json=body)).status_code == 422


async def test_a_higher_ceiling_is_answered_as_soon_as_its_credits_are_held(service: RunningIngest, us: Ingest) -> None:
    """Red when the request does not wait for billing's answer."""
    job_id = await limited(us)
    body = {"ceiling_credits": 9}
    request = asyncio.create_task(ask(service, us, "PATCH", f"/v1/jobs/{job_id}", json=body))
    await raising(us, job_id)
    await us.deliver(HoldRaised(job_id=job_id, round=1, credits=3))
    raised = await asyncio.wait_for(request, PATIENCE_S)
    assert (raised.status_code, raised.json()["credits_held"]) == (200, 3)
    refused = await ask(service, us, "PATCH", f"/v1/jobs/{job_id}", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "ceiling_not_higher")


async def test_a_lower_ceiling_is_answered_at_once(service: RunningIngest, us: Ingest) -> None:
    """Red when a job can only be let spend more."""
    job_id = await limited(us, held=3)
    lowered = await ask(service, us, "PATCH", f"/v1/jobs/{job_id}", json={"ceiling_credits": 2})
    assert (lowered.status_code, lowered.json()["credits_held"], lowered.json()["ceiling_credits"]) == (200, 2, 2)


async def test_a_ceiling_is_changed_by_who_has_seen_what_it_is(service: RunningIngest, us: Ingest) -> None:
    """Red when somebody lets a job spend what another has just taken away, or when what it has done counts as a change."""
    job_id = await limited(us, held=3)
    path = f"/v1/jobs/{job_id}"

    async def change(ceiling: int, tag: str) -> httpx.Response:
        named = headers(us.workspace_id) | {"If-Match": tag}
        return await service.client.patch(path, json={"ceiling_credits": ceiling}, headers=named)

    known = (await ask(service, us, "GET", path)).headers["ETag"]
    lowered = await change(2, known)
    assert (lowered.status_code, lowered.json()["ceiling_credits"]) == (200, 2)
    late = await change(1, known)
    assert (late.status_code, late.json()["code"]) == (412, "settings_changed")
    fresh = (await ask(service, us, "GET", path)).headers["ETag"]
    assert fresh.partition(".")[0] == lowered.headers["ETag"].partition(".")[0]
    assert (await change(1, fresh)).status_code == 200


async def test_a_ceiling_that_cannot_be_paid_is_402(service: RunningIngest, us: Ingest) -> None:
    """The ceiling stays where it was."""
    job_id = await limited(us)
    request = asyncio.create_task(ask(service, us, "PATCH", f"/v1/jobs/{job_id}", json={"ceiling_credits": 3}))
    await raising(us, job_id)
    await us.deliver(HoldRaiseDeclined(job_id=job_id, round=1, needed=2, available=1))
    refused = await request
    assert (refused.status_code, refused.json()["needed"], refused.json()["available"]) == (402, 2, 1)
    assert (await ask(service, us, "GET", f"/v1/jobs/{job_id}")).json()["ceiling_credits"] == 1


async def test_a_raise_nobody_answers_is_202(service: RunningIngest, us: Ingest) -> None:
    """After at most five seconds."""
    job_id = await limited(us)
    with patient_with_billing(0.2):
        waiting = await ask(service, us, "PATCH", f"/v1/jobs/{job_id}", json={"ceiling_credits": 3})
    assert (waiting.status_code, waiting.json()["credits_held"]) == (202, 1)


async def test_rows_are_tried_by_a_route_of_their_upload(service: RunningIngest, us: Ingest) -> None:
    """A job of kind `trial`; the same key answers with it again; another workspace has no such upload."""
    await us.have_known_enrich()
    path = f"/v1/uploads/{await us.upload((3,))}/trials"
    made = await ask(service, us, "POST", path, key="try", json={"rows": [3, 1], "extra_columns": [SITES]})
    assert (made.status_code, made.json()["kind"], made.json()["rows_total"]) == (201, "trial", 2)
    again = await ask(service, us, "POST", path, key="try", json={"rows": [3, 1], "extra_columns": [SITES]})
    assert again.json()["id"] == made.json()["id"]
    listed = [(await ask(service, us, "GET", f"/v1/jobs{query}")).json()["items"] for query in ("", "?kind=trial")]
    assert [[job["id"] for job in items] for items in listed] == [[], [made.json()["id"]]]
    stranger = Ingest(us.open_uow, us.storage)
    assert (await ask(service, stranger, "POST", path, json={"rows": [1]})).status_code == 404


async def test_too_many_tried_rows_are_429_with_the_time_it_ends(service: RunningIngest, us: Ingest) -> None:
    """Red when the refusal does not say when to come back."""
    await us.have_known_enrich()
    path = f"/v1/uploads/{await us.upload((3,))}/trials"
    for _ in range(10):
        assert (await ask(service, us, "POST", path, json={"rows": [1, 2, 3]})).status_code == 201
    refused = await ask(service, us, "POST", path, json={"rows": [1]})
    assert (refused.status_code, refused.json()["code"]) == (429, "trial_limit")
    assert 23 * 3600 < int(refused.headers["Retry-After"]) <= 24 * 3600
    assert refused.json()["until"] in refused.text
