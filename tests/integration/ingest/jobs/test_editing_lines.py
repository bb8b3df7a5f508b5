"""A person edits and approves lines: nothing is charged, nothing lost, and everybody who has the list hears of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldPlaced
from libs.common.contracts.ingest import RecipientsCorrected, RecipientsPublished
from libs.common.errors import Conflict, Invalid, NotFound
from libs.common.ids import new_id
from services.ingest.domain.line_reviews import Change
from services.ingest.tables import line_review_log, line_reviews
from services.ingest.use_cases.delete_job import delete_job
from services.ingest.use_cases.find_download import find_download
from services.ingest.use_cases.request_export import ExportRequest, request_export
from services.ingest.use_cases.review_line import review_line
from services.ingest.use_cases.show_rows import ShownRow, show_row, show_rows
from tests.integration.ingest.jobs.steps import Ingest, answer, result

KEPT = "I wrote this myself."


async def listed(ingest: Ingest) -> UUID:
    """A finished list of three rows: the first enriched, the second degraded, the third failed."""
    job_id = await ingest.queued((3,))
    await ingest.deliver(answer(job_id, 0, [result(1), result(2, "degraded"), result(3, "failed")]))
    await ingest.merge(job_id)
    await ingest.publish_list(job_id)
    return job_id


async def shown(ingest: Ingest, job_id: UUID, row_no: int) -> ShownRow:
    return await show_row(
        job_id,
        row_no,
        workspace_id=ingest.workspace_id,
        with_cells=False,
        open_uow=ingest.open_uow,
        storage=ingest.storage,
    )


async def revision(ingest: Ingest, job_id: UUID, row_no: int) -> str:
    attempt = (await shown(ingest, job_id, row_no)).attempt
    assert attempt is not None
    return f"{attempt.job_id}.{attempt.result.version or 0}"


async def change(
    ingest: Ingest,
    job_id: UUID,
    row_no: int = 1,
    *,
    seen: str = "",
    workspace_id: UUID | None = None,
    **what: Any,
) -> None:
    seen = seen or await revision(ingest, job_id, row_no)
    async with ingest.open_uow() as uow:
        await review_line(
            uow,
            job_id,
            row_no,
            Change(seen, **what),
            workspace_id=workspace_id or ingest.workspace_id,
            user_id=ingest.user_id,
            now=utc_now(),
        )


async def numbers(ingest: Ingest, job_id: UUID, *, approved: bool, limit: int = 10) -> list[int]:
    page = await show_rows(
        job_id,
        workspace_id=ingest.workspace_id,
        status=None,
        after=0,
        limit=limit,
        with_cells=False,
        open_uow=ingest.open_uow,
        storage=ingest.storage,
        approved=approved,
    )
    return [row.row_no for row in page.rows]


async def retried(ingest: Ingest, root_id: UUID, *rows: Any) -> UUID:
    """A finished retry that delivered these rows."""
    retry = await ingest.retry(root_id)
    await ingest.deliver(HoldPlaced(job_id=retry.id, credits=retry.credits_needed))
    await ingest.dispatch()
    await ingest.deliver(answer(retry.id, 0, list(rows)))
    await ingest.merge(retry.id)
    await ingest.publish_list(retry.id)
    return retry.id


async def test_an_edited_line_is_shown_and_the_written_one_kept(ingest: Ingest) -> None:
    """Red when the written line is lost, or the edit is charged, or anonymous."""
    job_id = await listed(ingest)
    before = await ingest.job(job_id)
    await change(ingest, job_id, line=KEPT)
    attempt = (await shown(ingest, job_id, 1)).attempt
    assert attempt is not None
    assert (attempt.result.line, attempt.result.written, attempt.result.edited_by) == (KEPT, "Hello", ingest.user_id)
    assert await ingest.job(job_id) == before
    await change(ingest, job_id, line="")
    attempt = (await shown(ingest, job_id, 1)).attempt
    assert attempt is not None
    assert attempt.result.line == "Hello"


async def test_editing_a_degraded_line_charges_nothing(ingest: Ingest) -> None:
    """Red when an edit makes a free row count as delivered."""
    job_id = await listed(ingest)
    await change(ingest, job_id, 2, line=KEPT)
    job = await ingest.job(job_id)
    assert (job.credits_total, job.tally.degraded) == (1, 1)


async def test_a_change_of_something_older_is_refused_with_what_is_there_now(ingest: Ingest) -> None:
    """Red when the second of two people writes over the first unseen; a second click is told the same."""
    job_id = await listed(ingest)
    seen = await revision(ingest, job_id, 1)
    await change(ingest, job_id, seen=seen, line=KEPT)
    with pytest.raises(Conflict) as refused:
        await change(ingest, job_id, seen=seen, line="Mine!")
    assert (refused.value.code, refused.value.extra["line"]) == ("row_changed", KEPT)
    assert refused.value.extra["revision"] == await revision(ingest, job_id, 1)


async def test_an_edit_makes_an_approval_void_unless_it_comes_with_one(ingest: Ingest) -> None:
    """Red when an approval stands for words that nobody has approved."""
    job_id = await listed(ingest)
    await change(ingest, job_id, approved=True)
    assert await numbers(ingest, job_id, approved=True) == [1]
    assert await numbers(ingest, job_id, approved=False) == [2]
    await change(ingest, job_id, line=KEPT)
    assert await numbers(ingest, job_id, approved=True) == []
    await change(ingest, job_id, line="Better.", approved=True)
    await change(ingest, job_id, 2, approved=True)
    assert await numbers(ingest, job_id, approved=True, limit=1) == [1]
    assert await numbers(ingest, job_id, approved=True) == [1, 2]
    await change(ingest, job_id, approved=False)
    assert await numbers(ingest, job_id, approved=False) == [1]


async def test_an_approval_of_an_attempt_that_was_laid_over_counts_no_more(ingest: Ingest) -> None:
    """Red when a row is approved for a line that its sheet shows no longer."""
    job_id = await listed(ingest)
    await change(ingest, job_id, 2, line=KEPT, approved=True)
    await retried(ingest, job_id, result(2, line="Made anew"), result(3, "failed"))
    assert await numbers(ingest, job_id, approved=True) == []
    attempt = (await shown(ingest, job_id, 2)).attempt
    assert attempt is not None
    assert attempt.result.line == "Made anew"


async def test_the_published_list_hears_of_an_edit_once(ingest: Ingest) -> None:
    """Red when a line is edited that the sender sends as it was written, or an approval is taken for an edit."""
    job_id = await listed(ingest)
    await change(ingest, job_id, approved=True)
    await change(ingest, job_id, line="Hello")
    assert await ingest.said(RecipientsCorrected) == []
    await change(ingest, job_id, line=KEPT)
    (said,) = await ingest.said(RecipientsCorrected)
    (line,) = said.lines
    assert (said.list_id, said.parts, said.list_name) == (job_id, 1, "leads.csv")
    assert (line.row_no, line.line, line.attempt, line.version, line.status) == (1, KEPT, job_id, 2, "enriched")


async def test_an_edit_before_the_list_is_finished_goes_into_it(ingest: Ingest) -> None:
    """Red when an early edit is not published, or is published twice."""
    job_id = await ingest.queued((2, 1))
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    await change(ingest, job_id, line=KEPT)
    await ingest.deliver(answer(job_id, 1, [3]))
    await ingest.merge(job_id)
    await ingest.publish_list(job_id)
    (part,) = await ingest.said(RecipientsPublished)
    assert [person.line for person in part.recipients] == [KEPT, "Hello", "Hello"]
    assert await ingest.said(RecipientsCorrected) == []


async def test_a_better_outcome_of_a_published_row_is_published_too(ingest: Ingest) -> None:
    """Red when the sender keeps the plain line of a row that a retry enriched; its new list must not have the row again."""
    job_id = await listed(ingest)
    retry_id = await retried(ingest, job_id, result(2, line="Made anew"), result(3))
    (said,) = await ingest.said(RecipientsCorrected)
    assert (said.list_id, [(line.row_no, line.line, line.attempt) for line in said.lines]) == (
        job_id,
        [(2, "Made anew", retry_id)],
    )
    parts = [part for part in await ingest.said(RecipientsPublished) if part.list_id == retry_id]
    assert [person.row_no for part in parts for person in part.recipients] == [3]
    await change(ingest, retry_id, 2, line=KEPT)
    await change(ingest, job_id, 3, line=KEPT)
    lists = [event.list_id for event in await ingest.said(RecipientsCorrected)]
    assert lists == [job_id, job_id, retry_id]


async def test_a_sheet_with_an_edited_line_is_another_sheet(ingest: Ingest) -> None:
    """Red when the finished sheet is handed out with the line that was edited since."""
    job_id = await listed(ingest)
    wanted = ExportRequest(job_id, file_format="csv", flat=False)
    job = await ingest.job(job_id)
    async with ingest.open_uow() as uow:
        assert (await find_download(uow, wanted, job=job)).key.endswith(".csv")
    await change(ingest, job_id, line=KEPT)
    async with ingest.open_uow() as uow:
        with pytest.raises(Conflict, match="lines were edited since"):
            await find_download(uow, wanted, job=job)
    export = await request_export(
        wanted, workspace_id=ingest.workspace_id, open_uow=ingest.open_uow, storage=ingest.storage
    )
    assert export.state == "writing"
    await retried(ingest, job_id, result(2), result(3))
    async with ingest.open_uow() as uow:
        download = await find_download(uow, wanted, job=job)
    assert KEPT.encode() in await ingest.storage.get(download.key)


@pytest.mark.parametrize(
    ("what", "error", "code"),
    [
        ({"row_no": 3, "line": KEPT, "seen": "x"}, Conflict, "row_has_no_line"),
        ({"row_no": 9, "line": KEPT, "seen": "x"}, NotFound, "unknown_row"),
        ({"line": "two\nparagraphs"}, Invalid, "line_invalid"),
        ({"line": "x" * 1001}, Invalid, "line_invalid"),
    ],
)
async def test_what_cannot_be_a_line_is_refused(
    ingest: Ingest, what: dict[str, Any], error: type[Exception], code: str
) -> None:
    """Red when a row without a line gets one, or a line breaks the mail it goes into."""
    job_id = await listed(ingest)
    with pytest.raises(error) as refused:
        await change(ingest, job_id, **what)
    assert getattr(refused.value, "code", None) == code


async def test_another_workspaces_line_is_not_there(ingest: Ingest) -> None:
    """Red when a line is found by its job alone."""
    job_id = await listed(ingest)
    with pytest.raises(NotFound):
        await change(ingest, job_id, seen=f"{job_id}.0", line="Stolen", workspace_id=new_id())
    attempt = (await shown(ingest, job_id, 1)).attempt
    assert attempt is not None
    assert attempt.result.line == "Hello"


async def test_a_trial_is_edited_in_the_list_that_is_made_of_it(ingest: Ingest) -> None:
    """Red when an edit is made that the list would not take over."""
    trial = await ingest.try_rows(await ingest.upload((3,)), [1])
    with pytest.raises(Conflict, match="is a trial"):
        await change(ingest, trial.id, seen="x", line=KEPT)


async def test_a_deleted_list_leaves_no_edited_line(ingest: Ingest) -> None:
    """Red when what a person wrote outlives the list."""
    job_id = await listed(ingest)
    await change(ingest, job_id, line=KEPT)
    async with ingest.open_uow() as uow:
        await delete_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())
    async with ingest.open_uow() as uow:
        for table in (line_reviews, line_review_log):
            left = await uow.conn.execute(select(func.count()).where(table.c.job_id == job_id))
            assert left.scalar_one() == 0
    with pytest.raises(NotFound):
        await ingest.job(job_id)
