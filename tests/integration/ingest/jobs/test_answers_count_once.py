"""DESIGN 5.1 item 3: which answers count, and that each counts once."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.enrich import ChunkEnriched
from libs.common.contracts.ingest import ChunkCompleted, JobCancelled, JobMerging
from libs.common.errors import Invalid, NotFound
from libs.common.ids import new_id
from services.ingest.domain.jobs import JobState
from services.ingest.repositories import jobs
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.fail_chunk import fail_unrecorded
from services.ingest.use_cases.pause_job import pause_job
from services.ingest.use_cases.resume_job import resume_job
from tests.integration.ingest.jobs.steps import Ingest, answer, failed, result, returned


async def test_results_are_stored_and_the_chunk_completed_with_its_exact_credits(ingest: Ingest) -> None:
    """Credits are fixed in the transaction that stores the chunk's last row; degraded and failed rows are free."""
    job_id = await ingest.queued((3, 2))
    await ingest.deliver(answer(job_id, 0, [result(1), result(2, "degraded"), result(3, "failed")]))
    assert await ingest.chunk_states(job_id) == ["completed", "queued"]
    assert await ingest.said(ChunkCompleted) == [ChunkCompleted(job_id=job_id, chunk_no=0, credits=1)]
    job = await ingest.job(job_id)
    assert (job.tally.enriched, job.tally.degraded, job.tally.failed, job.credits_total) == (1, 1, 1, 1)


async def test_the_first_valid_answer_wins_whichever_dispatch_it_is_from(ingest: Ingest) -> None:
    """[first]. Two dispatches answer, one counts. Red when neither the chunk's state nor the rows' key is looked at."""
    job_id = await ingest.queued((2, 1))
    await ingest.execute("UPDATE ingest.chunks SET dispatch_no = 2 WHERE chunk_no = 0")
    await ingest.deliver(answer(job_id, 0, [result(1, line="first"), result(2, line="first")], dispatch_no=1))
    before = await ingest.snapshot()
    await ingest.deliver(answer(job_id, 0, [result(1, "failed"), result(2, "failed")], dispatch_no=2))
    assert await ingest.snapshot() == before
    assert [row.line for row in await ingest.result_rows(job_id)] == ["first", "first"]
    assert len(await ingest.said(ChunkCompleted)) == 1


async def test_an_answer_counts_only_under_the_present_epoch(ingest: Ingest) -> None:
    """[epoch]. Red when the answer's epoch is not compared with the job's."""
    job_id = await ingest.queued((2,))
    await ingest.execute("UPDATE ingest.jobs SET epoch = 1")
    await ingest.execute("UPDATE ingest.chunks SET epoch = 1")
    before = await ingest.snapshot()
    await ingest.deliver(answer(job_id, 0, [1, 2], epoch=0))
    await ingest.deliver(returned(job_id, 0, epoch=0))
    await ingest.deliver(failed(job_id, 0, epoch=0))
    assert await ingest.snapshot() == before
    await ingest.deliver(answer(job_id, 0, [1, 2], epoch=1))
    assert await ingest.chunk_states(job_id) == ["completed"]


@pytest.mark.parametrize("state", ["merging", "completed", "cancelled", "failed"])
async def test_merging_and_ended_jobs_take_no_answers(ingest: Ingest, state: str) -> None:
    """[accept_open]. Red when the job's state is not looked at: the sheet is being written, or the total is fixed."""
    job_id = await ingest.queued((2,))
    await ingest.execute("UPDATE ingest.jobs SET state = :state", state=state)
    before = await ingest.snapshot()
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    await ingest.deliver(failed(job_id, 0))
    await ingest.deliver(returned(job_id, 0))
    assert await ingest.snapshot() == before
    assert await ingest.said(ChunkCompleted) == []


@pytest.mark.parametrize("state", ["paused", "parked"])
async def test_paused_and_parked_jobs_take_answers(ingest: Ingest, state: str) -> None:
    """What was in flight was paid for: it is kept."""
    job_id = await ingest.queued((2, 1))
    await ingest.execute("UPDATE ingest.jobs SET state = :state", state=state)
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    assert (await ingest.job(job_id)).tally.enriched == 2


async def test_an_answer_in_parts_completes_the_chunk_with_its_last_row(ingest: Ingest) -> None:
    """[parts]. Red when a chunk is completed by its first part: rows would be missing and not paid for."""
    job_id = await ingest.queued((3,))
    await ingest.deliver(answer(job_id, 0, [3]))
    assert await ingest.chunk_states(job_id) == ["queued"]
    assert await ingest.said(ChunkCompleted) == []
    assert (await ingest.job(job_id)).tally.rows == 1
    await ingest.deliver(answer(job_id, 0, [3]))
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    assert await ingest.chunk_states(job_id) == ["completed"]
    assert [done.credits for done in await ingest.said(ChunkCompleted)] == [3]


async def test_parts_of_two_dispatches_meet_row_by_row(ingest: Ingest) -> None:
    """Results are stored by (job, row), the first one wins. Red when a row may be overwritten or counted twice."""
    job_id = await ingest.queued((3,))
    await ingest.deliver(answer(job_id, 0, [result(1, line="a"), result(2, line="a")], dispatch_no=1))
    await ingest.deliver(answer(job_id, 0, [result(2, "failed"), result(3, line="b")], dispatch_no=2))
    assert [row.line for row in await ingest.result_rows(job_id)] == ["a", "a", "b"]
    assert (await ingest.job(job_id)).tally.enriched == 3


async def test_of_those_who_read_the_same_version_one_saves(ingest: Ingest) -> None:
    """[cas_count]. Red when the job is saved without comparing its version: both count from the same numbers, one is lost."""
    job_id = await ingest.queued((1,))
    job = await ingest.job(job_id)

    async def save() -> bool:
        async with ingest.open_uow() as uow:
            return await jobs.save(uow.conn, replace(job, version=job.version + 1), was=job.version)

    assert sorted(await asyncio.gather(*(save() for _ in range(6)))) == [False] * 5 + [True]


async def test_two_answers_counted_at_once_lose_nothing(ingest: Ingest) -> None:
    """[cas_count]. Twelve at once: every row is counted, and the last one starts the merge, once."""
    sizes = [1] * 12
    job_id = await ingest.queued(sizes)
    await asyncio.gather(*(ingest.deliver(answer(job_id, n, [n + 1])) for n in range(len(sizes))))
    job = await ingest.job(job_id)
    assert (job.tally.enriched, job.tally.chunks, job.credits_total) == (12, 12, 12)
    assert job.state is JobState.MERGING
    assert len(await ingest.said(JobMerging)) == 1
    assert len(await ingest.said(ChunkCompleted)) == 12


async def test_two_parts_of_one_chunk_at_once_complete_it(ingest: Ingest) -> None:
    """Neither may miss the other's rows: each waits for its turn at the job. Red when they do not, and the version is not
    compared either."""
    job_id = await ingest.queued((2,))
    await asyncio.gather(*(ingest.deliver(answer(job_id, 0, [row])) for row in (1, 2)))
    assert await ingest.chunk_states(job_id) == ["completed"]
    assert (await ingest.job(job_id)).state is JobState.MERGING


async def test_the_same_answer_delivered_to_many_replicas_at_once_counts_once(ingest: Ingest) -> None:
    """Eight copies, one effect."""
    job_id = await ingest.queued((2, 1))
    await asyncio.gather(*(ingest.deliver(answer(job_id, 0, [1, 2])) for _ in range(8)))
    assert (await ingest.job(job_id)).tally.enriched == 2
    assert len(await ingest.said(ChunkCompleted)) == 1


async def test_cancel_and_the_last_answer_at_once_agree_on_the_total(ingest: Ingest) -> None:
    """credits_total is fixed in the transaction of the terminal event. Red when either is written without the other."""
    for _ in range(5):
        job_id = await ingest.queued((1, 1, 1))

        async def cancel(job_id: UUID = job_id) -> None:
            async with ingest.open_uow() as uow:
                await cancel_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())

        await asyncio.gather(cancel(), *(ingest.deliver(answer(job_id, n, [n + 1])) for n in range(3)))
        completed = [done.credits for done in await ingest.said(ChunkCompleted) if done.job_id == job_id]
        (ended,) = [event for event in await ingest.said(JobCancelled) if event.job_id == job_id]
        assert ended.credits_total == sum(completed)


async def test_a_failure_counts_only_for_the_present_dispatch(ingest: Ingest) -> None:
    """[dispatch_no]. Red when the dispatch is not compared: an old copy's failure would give up the one under way."""
    job_id = await ingest.queued((2,))
    await ingest.execute("UPDATE ingest.chunks SET dispatch_no = 2")
    before = await ingest.snapshot()
    await ingest.deliver(failed(job_id, 0, dispatch_no=1))
    await ingest.deliver(returned(job_id, 0, dispatch_no=1))
    assert await ingest.snapshot() == before
    await ingest.deliver(failed(job_id, 0, dispatch_no=2))
    assert await ingest.chunk_states(job_id) == ["failed"]


async def test_rows_of_a_failed_chunk_without_a_result_count_as_failed(ingest: Ingest) -> None:
    """The row that has its result keeps it, free of charge: only completed chunks earn."""
    job_id = await ingest.queued((3, 1))
    await ingest.deliver(answer(job_id, 0, [2]))
    await ingest.deliver(failed(job_id, 0))
    job = await ingest.job(job_id)
    assert (job.tally.enriched, job.tally.failed, job.tally.chunks, job.credits_total) == (1, 2, 1, 0)


async def test_a_late_answer_still_completes_a_failed_chunk(ingest: Ingest) -> None:
    """`state <> 'completed'`: the first valid answer wins over a failure, and takes its count back."""
    job_id = await ingest.queued((2, 1))
    await ingest.deliver(failed(job_id, 0))
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    job = await ingest.job(job_id)
    assert (job.tally.enriched, job.tally.failed, job.tally.chunks, job.credits_total) == (2, 0, 1, 2)
    assert await ingest.chunk_states(job_id) == ["completed", "queued"]


async def test_the_last_answer_begins_the_merge_even_when_it_is_a_failure(ingest: Ingest) -> None:
    """Completed or failed: every chunk has its answer."""
    job_id = await ingest.queued((1, 1))
    await ingest.deliver(answer(job_id, 0, [1]))
    await ingest.deliver(failed(job_id, 1))
    assert (await ingest.job(job_id)).state is JobState.MERGING
    assert await ingest.said(JobMerging) == [JobMerging(job_id=job_id)]


async def test_a_paused_job_merges_when_its_person_resumes_it(ingest: Ingest) -> None:
    """The last answer came while it was paused."""
    job_id = await ingest.queued((1,))
    async with ingest.open_uow() as uow:
        await pause_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())
    await ingest.deliver(answer(job_id, 0, [1]))
    assert (await ingest.job(job_id)).state is JobState.PAUSED
    async with ingest.open_uow() as uow:
        await resume_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())
    assert (await ingest.job(job_id)).state is JobState.MERGING


async def test_a_row_of_another_chunk_is_refused(ingest: Ingest) -> None:
    """Nothing is stored from an answer that is wrong in part."""
    job_id = await ingest.queued((2, 2))
    with pytest.raises(Invalid) as refused:
        await ingest.deliver(answer(job_id, 0, [1, 3]))
    assert refused.value.code == "row_not_in_chunk"
    assert await ingest.result_rows(job_id) == []


async def test_an_answer_that_cannot_be_recorded_fails_its_chunk(ingest: Ingest) -> None:
    """Its message is a dead letter: without this the chunk would be rescued, answered and refused for ever."""
    job_id = await ingest.queued((1,))
    event = answer(job_id, 0, [7])
    message = ingest.message(event, "ingest.record_results")
    async with ingest.open_uow() as uow:
        await fail_unrecorded(event, message, uow, "row_not_in_chunk")
    assert await ingest.chunk_states(job_id) == ["failed"]
    assert (await ingest.job(job_id)).state is JobState.MERGING


async def test_another_workspace_cannot_answer_for_a_job(ingest: Ingest) -> None:
    """P7. Red when the message's tenant is not looked at; the refusal is that of an unknown job."""
    job_id = await ingest.queued((1,))
    for unknown, tenant in ((job_id, new_id()), (new_id(), ingest.workspace_id)):
        for event in (answer(unknown, 0, [1]), returned(unknown, 0), failed(unknown, 0)):
            with pytest.raises(NotFound) as refused:
                await ingest.deliver(event, workspace_id=tenant)
            assert refused.value.code == "unknown_job"


async def test_a_job_that_stand_ins_worked_on_is_marked(ingest: Ingest) -> None:
    """P9: also when nobody had announced the sandbox when it was made."""
    job_id = await ingest.queued((1, 1))
    await ingest.deliver(answer(job_id, 0, [result(1, sandboxed=True)]))
    await ingest.deliver(answer(job_id, 1, [result(2)]))
    assert (await ingest.job(job_id)).sandboxed


async def test_text_with_a_nul_in_it_is_stored_without(ingest: Ingest) -> None:
    """Postgres refuses NUL in JSON: one such page would send every answer with it to the dead letters."""
    job_id = await ingest.queued((1,))
    await ingest.deliver(answer(job_id, 0, [result(1, line="a\x00b")]))
    assert [row.line for row in await ingest.result_rows(job_id)] == ["ab"]


async def test_a_chunk_that_does_not_exist_is_named(ingest: Ingest) -> None:
    """Red when an answer to it is dropped in silence instead of becoming a dead letter."""
    job_id = await ingest.queued((1,))
    with pytest.raises(NotFound) as refused:
        await ingest.deliver(ChunkEnriched(job_id=job_id, chunk_no=9, epoch=0, dispatch_no=1, results=[]))
    assert refused.value.code == "chunk_not_found"
