"""Finish: a person takes what there is, at once. The rest is skipped and free, and the whole sheet is written."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldPlaced
from libs.common.contracts.ingest import ChunkCompleted, JobCompleted, JobMerging, JobResumed
from libs.common.errors import Busy
from services.ingest.domain.jobs import Job, JobState
from services.ingest.domain.turns import fail
from services.ingest.repositories import job_logs
from services.ingest.use_cases import close_rows
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.finish_job import finish_job
from services.ingest.use_cases.pause_job import pause_job
from services.ingest.use_cases.turn_job import turn_job
from tests.integration.ingest.jobs.steps import Ingest, answer, failed, returned


async def click(ingest: Ingest, job_id: UUID) -> Job:
    async with ingest.open_uow() as uow:
        return await finish_job(uow, job_id, workspace_id=ingest.workspace_id, user_id=ingest.user_id, now=utc_now())


async def finish(ingest: Ingest, job_id: UUID) -> Job:
    """The click, and what the merge does first."""
    await click(ingest, job_id)
    return await ingest.close_rows(job_id)


async def test_what_is_there_is_delivered_and_charged_and_the_rest_is_skipped_and_free(ingest: Ingest) -> None:
    """A whole chunk, half a chunk under way, a chunk given up, one that nobody has begun. Red when half a chunk's rows are
    free or lost, when what was given up counts twice, or when the credits differ from their chunks' (P2)."""
    job_id = await ingest.queued((2, 2, 1, 3))
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    await ingest.deliver(answer(job_id, 1, [3]))
    await ingest.deliver(failed(job_id, 2))
    job = await finish(ingest, job_id)
    assert (job.state, job.is_answered) == (JobState.MERGING, True)
    assert (job.tally.enriched, job.tally.failed, job.tally.skipped) == (3, 1, 4)
    assert job.credits_total == 3
    assert {c.chunk_no: c.credits for c in await ingest.said(ChunkCompleted)} == {0: 2, 1: 1}
    reasons = {row.row_no: row.reason for row in await ingest.result_rows(job_id) if row.status == "skipped"}
    assert reasons == dict.fromkeys((4, 6, 7, 8), "not_reached")
    await ingest.merge(job_id)
    (ended,) = await ingest.said(JobCompleted)
    assert (ended.credits_total, ended.rows_total) == (3, 8)


async def test_an_answer_that_was_on_its_way_changes_nothing_any_more(ingest: Ingest) -> None:
    """Red when a late answer is charged after the person has been told what it costs."""
    job_id = await ingest.queued((2,))
    before = await click(ingest, job_id)
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    assert (await ingest.job(job_id)).version == before.version
    after = await ingest.close_rows(job_id)
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    assert await ingest.job(job_id) == after
    assert (after.credits_total, after.tally.skipped) == (0, 2)


async def test_two_clicks_finish_once(ingest: Ingest) -> None:
    """Red when the second click counts rows or credits again, or begins a second merge."""
    job_id = await ingest.queued((2, 2))
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    first, second = await finish(ingest, job_id), await finish(ingest, job_id)
    assert first == second
    assert len(await ingest.said(JobMerging)) == 1


async def test_a_paused_job_can_be_finished(ingest: Ingest) -> None:
    """Red when a person has to let it go on first, and be charged for more."""
    job_id = await ingest.queued((2, 2))
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    async with ingest.open_uow() as uow:
        await pause_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())
    assert (await finish(ingest, job_id)).state is JobState.MERGING


async def test_a_job_at_its_ceiling_can_be_finished(ingest: Ingest) -> None:
    """Red when who set a ceiling can only pay more or get nothing."""
    job = await ingest.create(await ingest.upload((4,)), ceiling_credits=2)
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=2))
    await ingest.announce(rows=1000)
    await ingest.dispatch()
    await ingest.deliver(answer(job.id, 0, [1, 2]))
    await ingest.dispatch()
    assert (await ingest.job(job.id)).reason == "ceiling"
    done = await finish(ingest, job.id)
    assert (done.state, done.tally.skipped, done.credits_total) == (JobState.MERGING, 2, 2)
    await ingest.merge(job.id)
    assert (await ingest.job(job.id)).state is JobState.COMPLETED


async def test_rows_that_came_back_half_done_are_charged_no_further_than_what_is_held(ingest: Ingest) -> None:
    """A chunk is handed back with one of its rows stored, and the next one uses the credits up. Red when finishing charges
    that row too: above the hold (P2), so that the job could never be finished."""
    job = await ingest.create(await ingest.upload((2, 2)), ceiling_credits=2)
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=2))
    await ingest.announce(rows=1000)
    await ingest.dispatch()
    await ingest.deliver(answer(job.id, 0, [1]))
    await ingest.deliver(returned(job.id, 0, after_s=3600))
    await ingest.dispatch()
    await ingest.deliver(answer(job.id, 1, [3, 4]))
    done = await finish(ingest, job.id)
    assert (done.state, done.credits_total, done.tally.enriched) == (JobState.MERGING, 2, 3)
    assert {c.chunk_no: c.credits for c in await ingest.said(ChunkCompleted)} == {1: 2}


async def test_the_log_says_who_finished_it_and_nobody_is_told_to_go_on(ingest: Ingest) -> None:
    """Red when the person is not in the log, or when a paused job says that it is resumed: enrich would begin its rows."""
    job_id = await ingest.queued((2, 2))
    async with ingest.open_uow() as uow:
        await pause_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())
    resumed = len(await ingest.said(JobResumed))
    await finish(ingest, job_id)
    assert len(await ingest.said(JobResumed)) == resumed
    async with ingest.open_uow() as uow:
        last = (await job_logs.page(uow.conn, job_id, after=None, limit=50))[-1]
    assert (last.state, last.reason, last.user_id) == (JobState.MERGING, "finished_by_user", ingest.user_id)


async def test_a_click_takes_no_longer_for_a_large_job_and_the_merge_closes_it_in_portions(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request only turns the job. Red when it touches rows, or when the merge closes all of them in one transaction,
    which nobody sees from outside and which holds the job for half a minute at a million rows."""
    monkeypatch.setattr(close_rows, "CHUNKS_AT_ONCE", 2)
    job_id = await ingest.queued((2, 2, 2, 2, 2))
    await ingest.deliver(answer(job_id, 1, [3]))
    clicked = await click(ingest, job_id)
    assert (clicked.state, clicked.tally.skipped) == (JobState.MERGING, 0)
    assert set(await ingest.chunk_states(job_id)) == {"queued"}
    closed = await ingest.close_rows(job_id)
    assert (closed.version, closed.tally.skipped, closed.is_answered) == (clicked.version + 3, 9, True)
    assert closed.credits_total == sum(event.credits for event in await ingest.said(ChunkCompleted)) == 1


async def test_closing_that_died_half_way_goes_on_and_counts_nothing_twice(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Delivered again, or questioned by billing, which has the merge announced again. Red when a row counts twice, or when
    the sheet is written before every row has its outcome."""
    monkeypatch.setattr(close_rows, "CHUNKS_AT_ONCE", 1)
    job_id = await ingest.queued((2, 2, 2))
    await ingest.deliver(answer(job_id, 0, [1]))
    await click(ingest, job_id)
    async with ingest.open_uow() as dispatcher:
        await dispatcher.conn.execute(text("SELECT 1 FROM ingest.chunks WHERE chunk_no = 2 FOR UPDATE"))
        with pytest.raises(Busy):
            await ingest.merge(job_id)
    half = await ingest.job(job_id)
    assert (half.state, half.tally.chunks, half.tally.skipped) == (JobState.MERGING, 2, 3)
    for _ in range(2):
        await ingest.merge(job_id)
        await ingest.forget_inbox()
    done = await ingest.job(job_id)
    assert (done.state, done.tally.skipped, done.credits_total) == (JobState.COMPLETED, 5, 1)
    assert [event.credits_total for event in await ingest.said(JobCompleted)] == [1]


@pytest.mark.parametrize("end", ["cancelled", "failed"])
async def test_a_job_that_ends_while_its_rows_are_closed_stays_as_it_was_then(ingest: Ingest, end: str) -> None:
    """Red when closing goes on after the end: credits would be earned that the terminal event does not name."""
    job_id = await ingest.queued((2, 2))
    await ingest.deliver(answer(job_id, 0, [1]))
    await click(ingest, job_id)

    def given_up(job: Job) -> list[Job]:
        return [turned for turned in [fail(job, reason="merge_failed", now=utc_now())] if turned]

    async with ingest.open_uow() as uow:
        if end == "failed":
            await turn_job(uow, job_id, workspace_id=ingest.workspace_id, decide=given_up)
        else:
            await cancel_job(uow, job_id, workspace_id=ingest.workspace_id, user_id=ingest.user_id, now=utc_now())
    ended = await ingest.job(job_id)
    assert ended.state == end
    assert await ingest.close_rows(job_id) == ended
    assert await ingest.said(ChunkCompleted) == []


async def test_a_trial_has_no_sheet_and_is_completed_at_once(ingest: Ingest) -> None:
    """Red when it waits for a merge that never comes, or while the dispatcher has its chunk in hand."""
    trial = await ingest.try_rows(await ingest.upload((3,)), [1, 2])
    async with ingest.open_uow() as dispatcher:
        await dispatcher.conn.execute(text("SELECT 1 FROM ingest.chunks FOR UPDATE"))
        clicked = asyncio.create_task(click(ingest, trial.id))
        await asyncio.wait([clicked], timeout=0.3)
    done = await clicked
    assert (done.state, done.tally.skipped) == (JobState.COMPLETED, 2)


async def test_it_waits_for_chunks_that_the_dispatcher_has_in_hand_without_a_knot(ingest: Ingest) -> None:
    """The dispatcher locks several chunks, in no order. Red when finishing locks some and waits for the others: with a
    dispatcher that waits the other way round Postgres ends one of the two."""
    job_id = await ingest.queued((1, 1))
    async with ingest.open_uow() as dispatcher:
        await dispatcher.conn.execute(text("SELECT 1 FROM ingest.chunks WHERE chunk_no = 1 FOR UPDATE"))
        finished = asyncio.create_task(finish(ingest, job_id))
        await asyncio.wait([finished], timeout=0.3)
        await dispatcher.conn.execute(text("SELECT 1 FROM ingest.chunks WHERE chunk_no = 0 FOR UPDATE"))
    assert (await finished).is_answered
