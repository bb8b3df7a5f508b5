"""One row of a list is worked on once more: quoted, once for however many clicks, and laid over the list."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldPlaced
from libs.common.contracts.ingest import JobCreated, RecipientsCorrected
from libs.common.errors import Conflict, Invalid, NotFound
from libs.common.ids import new_id
from services.ingest.domain.jobs import Job
from services.ingest.use_cases.rerun_row import RerunQuote, RerunRequest, rerun_row
from tests.integration.ingest.jobs.steps import Ingest, answer, result
from tests.integration.ingest.jobs.test_api import ask
from tests.integration.ingest.jobs.test_editing_lines import KEPT, change, listed, shown
from tests.support.ingest import RunningIngest
from tests.support.waiting import eventually


async def rerun(
    ingest: Ingest,
    job_id: UUID,
    row_no: int = 1,
    *,
    key: str | None = None,
    workspace_id: UUID | None = None,
    **what: Any,
) -> tuple[Job, RerunQuote]:
    async with ingest.open_uow() as uow:
        return await rerun_row(
            uow,
            job_id,
            RerunRequest(row_no, **what),
            workspace_id=workspace_id or ingest.workspace_id,
            user_id=ingest.user_id,
            idempotency_key=key,
            now=utc_now(),
        )


async def finished(ingest: Ingest, job: Job, *rows: Any) -> None:
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=job.credits_needed))
    await ingest.dispatch()
    await ingest.deliver(answer(job.id, 0, list(rows)))
    await ingest.merge(job.id)
    await ingest.publish_list(job.id)


async def line_of(ingest: Ingest, job_id: UUID, row_no: int) -> str | None:
    attempt = (await shown(ingest, job_id, row_no)).attempt
    assert attempt is not None
    return attempt.result.line


async def test_an_enriched_row_costs_again_and_its_new_line_is_shown_and_published(ingest: Ingest) -> None:
    """Red when the old line or an edit of it stays in the sheet, or the sender is not told."""
    job_id = await listed(ingest)
    await change(ingest, job_id, line=KEPT)
    job, quote = await rerun(ingest, job_id, tone="formal", offer="Drum Watch")
    assert (quote.status, quote.credits, job.rows_total, job.credits_needed) == ("enriched", 1, 1, 1)
    await finished(ingest, job, result(1, line="Dear Lead1"))
    (chunk,) = [chunk for chunk in ingest.broker.chunks if chunk.job_id == job.id]
    assert ([row.row_no for row in chunk.rows], chunk.spec.tone, chunk.spec.offer) == ([1], "formal", "Drum Watch")
    assert await line_of(ingest, job_id, 1) == "Dear Lead1"
    said = (await ingest.said(RecipientsCorrected))[-1]
    assert (said.list_id, [(line.line, line.attempt) for line in said.lines]) == (job_id, [("Dear Lead1", job.id)])
    assert (await ingest.job(job.id)).credits_total == 1


async def test_a_worse_outcome_is_free_and_leaves_the_row_as_it_was(ingest: Ingest) -> None:
    """Red when a degraded line is laid over an enriched one, or is charged."""
    job_id = await listed(ingest)
    job, _ = await rerun(ingest, job_id)
    await finished(ingest, job, result(1, "degraded", line="Plain"))
    assert await line_of(ingest, job_id, 1) == "Hello"
    assert (await ingest.job(job.id)).credits_total == 0
    assert await ingest.said(RecipientsCorrected) == []


async def test_two_clicks_make_one_job(ingest: Ingest) -> None:
    """Red when a second click works on the row twice; another row or wish is another request."""
    job_id = await listed(ingest)
    first, _ = await rerun(ingest, job_id, 2, key="k")
    for key in ("k", None):
        again, _ = await rerun(ingest, job_id, 2, key=key)
        assert again.id == first.id
    with pytest.raises(Conflict) as refused:
        await rerun(ingest, job_id, 3)
    assert refused.value.code == "retry_running"
    with pytest.raises(Conflict) as refused:
        await rerun(ingest, job_id, 2, key="k", tone="direct")
    assert refused.value.code == "idempotency_key_reused"
    assert len([event for event in await ingest.said(JobCreated) if event.job_id == first.id]) == 1


async def test_a_row_that_was_tried_is_free_until_it_is_enriched(ingest: Ingest) -> None:
    """Red when a free row is charged for failing, or an enriched one is not charged again."""
    job_id = await listed(ingest)
    await ingest.execute("UPDATE ingest.jobs SET free_rows = '{1,2}' WHERE id = :id", id=job_id)
    job, quote = await rerun(ingest, job_id, 2)
    assert (quote.credits, job.credits_needed, job.free_rows) == (0, 0, (2,))
    await finished(ingest, job, result(2))
    assert (await ingest.job(job.id)).credits_total == 0
    _, quote = await rerun(ingest, job_id, 1)
    assert quote.credits == 1


@pytest.mark.parametrize(
    ("row_no", "what", "error", "code"),
    [
        (9, {}, NotFound, "unknown_row"),
        (1, {"language": "xx"}, Invalid, "language_unknown"),
        (1, {"line_rules": "{compnay}"}, Invalid, "line_rules_invalid"),
        (1, {"forbidden_words": ("…",)}, Invalid, "forbidden_words_invalid"),
    ],
)
async def test_what_cannot_be_is_refused(
    ingest: Ingest, row_no: int, what: dict[str, Any], error: type[Exception], code: str
) -> None:
    """Red when a row or a wish that cannot be makes a job."""
    job_id = await listed(ingest)
    with pytest.raises(error) as refused:
        await rerun(ingest, job_id, row_no, **what)
    assert getattr(refused.value, "code", None) == code


async def test_a_list_under_way_and_another_workspaces_are_refused(ingest: Ingest) -> None:
    """Red when a row is worked on beside its own list, or by a stranger."""
    job_id = await ingest.queued((2, 1))
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    with pytest.raises(Conflict) as refused:
        await rerun(ingest, job_id)
    assert refused.value.code == "job_running"
    with pytest.raises(NotFound):
        await rerun(ingest, job_id, workspace_id=new_id())


async def test_the_routes_say_what_it_costs_before_and_after(service: RunningIngest, us: Ingest) -> None:
    """Red when the price is not quoted, or the answer leaves it out."""
    job_id = await us.processing((1,))
    await us.execute("UPDATE ingest.chunks SET state = 'queued', dispatch_no = 1 WHERE job_id = :id", id=job_id)
    await us.deliver(answer(job_id, 0, [result(1)]))

    async def is_done() -> bool:
        return (await ask(service, us, "GET", f"/v1/jobs/{job_id}")).json()["state"] == "completed"

    await eventually(is_done)
    path = f"/v1/jobs/{job_id}/rows/1/rerun"
    quoted = (await ask(service, us, "GET", path)).json()
    assert (quoted["credits"], quoted["status"]) == (1, "enriched")
    assert "costs again: 1 credit when it comes out enriched" in quoted["message"]
    request = asyncio.create_task(ask(service, us, "POST", path, json={"tone": "direct"}))
    held: list[UUID] = []

    async def is_asked() -> bool:
        held[:] = [event.job_id for event in await us.said(JobCreated) if event.job_id != job_id and event.credits == 1]
        return bool(held)

    await eventually(is_asked)
    for asked in held:
        await us.deliver(HoldPlaced(job_id=asked, credits=1))
    made = await request
    assert made.status_code == 201
    assert (made.json()["job"]["root_id"], made.json()["quote"]["credits"]) == (str(job_id), 1)
    assert made.json()["job"]["credits_needed"] == 1
    bad = await ask(service, us, "POST", path, json={"tone": "rude"})
    assert bad.status_code == 422
