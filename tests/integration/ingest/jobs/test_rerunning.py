"""Rerun: what is not completed begins once more, under a new epoch; what is completed stays as it is."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.ingest import ChunkCompleted, JobPaused, JobResumed
from libs.common.errors import Busy, Conflict, NotFound
from libs.common.ids import new_id
from services.ingest.domain.jobs import Job, JobState
from services.ingest.repositories import dispatches, reruns
from services.ingest.use_cases.pause_job import pause_job
from services.ingest.use_cases.rerun_job import SAME_CLICK, rerun_job
from tests.integration.ingest.jobs.steps import Ingest, answer, exhausted, failed, result


async def rerun(ingest: Ingest, job_id: UUID, *, now: datetime | None = None) -> Job:
    async with ingest.open_uow() as uow:
        return await rerun_job(
            uow, job_id, workspace_id=ingest.workspace_id, now=now or utc_now(), user_id=ingest.user_id
        )


async def pause(ingest: Ingest, job_id: UUID) -> None:
    async with ingest.open_uow() as uow:
        await pause_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())


async def half_done(ingest: Ingest) -> UUID:
    """Chunk 0 completed, 1 given up with one row of two there, 2 half answered, 3 not at all."""
    job_id = await ingest.queued((1, 2, 2, 1))
    await ingest.deliver(answer(job_id, 0, [1]))
    await ingest.deliver(answer(job_id, 1, [result(2)]))
    await ingest.deliver(failed(job_id, 1))
    await ingest.deliver(answer(job_id, 2, [result(4, "failed")]))
    return job_id


async def test_a_rerun_opens_all_but_completed_chunks(ingest: Ingest) -> None:
    """Counts corrected, results kept. Red when a completed chunk is done again, or a given-up row stays counted."""
    job_id = await half_done(ingest)
    before = await ingest.job(job_id)
    assert (before.tally.enriched, before.tally.failed, before.tally.chunks) == (2, 2, 2)
    after = await rerun(ingest, job_id)
    assert await ingest.chunk_states(job_id) == ["completed", "pending", "pending", "pending"]
    assert (after.tally.enriched, after.tally.failed, after.tally.chunks, after.epoch) == (2, 1, 1, 1)
    assert (await ingest.job(job_id)) == after
    assert [row.row_no for row in await ingest.result_rows(job_id)] == [1, 2, 4]


async def test_answers_from_before_a_rerun_count_no_more(ingest: Ingest) -> None:
    """The epoch. Red when a late failure gives up the chunk that has begun anew, or a row is counted twice."""
    job_id = await half_done(ingest)
    await rerun(ingest, job_id)
    at_rest = await ingest.snapshot()
    await ingest.deliver(answer(job_id, 3, [6]))
    await ingest.deliver(failed(job_id, 2))
    assert await ingest.snapshot() == at_rest
    await ingest.dispatch()
    for number, rows in ((1, [2, 3]), (2, [4, 5]), (3, [6])):
        await ingest.deliver(answer(job_id, number, rows, epoch=1, dispatch_no=2))
    job = await ingest.job(job_id)
    assert (job.state, job.tally.enriched, job.tally.failed) == (JobState.MERGING, 5, 1)
    earned = [(done.chunk_no, done.credits) for done in await ingest.said(ChunkCompleted)]
    assert sorted(earned) == [(0, 1), (1, 2), (2, 1), (3, 1)]
    assert job.credits_total == 5


async def test_a_second_click_changes_nothing(ingest: Ingest) -> None:
    """Eight at once raise the epoch by one. Red when each opens the chunks again that the first has sent out."""
    job_id = await half_done(ingest)
    made = await asyncio.gather(*(rerun(ingest, job_id) for _ in range(8)))
    assert {job.epoch for job in made} == {1}
    assert (await rerun(ingest, job_id, now=utc_now() + SAME_CLICK)).epoch == 2


async def test_a_rerun_is_said_with_a_higher_version(ingest: Ingest) -> None:
    """[job_ver]. Also out of a pause. Red when enrich would go on believing the pause."""
    job_id = await half_done(ingest)
    await pause(ingest, job_id)
    job = await rerun(ingest, job_id)
    (paused,) = await ingest.said(JobPaused)
    resumed = (await ingest.said(JobResumed))[-1]
    assert (job.state, resumed.reason) == (JobState.PROCESSING, "rerun_by_user")
    assert resumed.job_version == job.version > paused.job_version


async def test_a_rerun_into_a_provider_that_is_out_parks_again(ingest: Ingest) -> None:
    """Red when its chunks go out although enrich would hand them back."""
    job_id = await half_done(ingest)
    await ingest.deliver(exhausted(1))
    job = await rerun(ingest, job_id)
    assert (job.state, job.reason, job.epoch) == (JobState.PARKED, "serper_day_limit", 1)


async def test_a_paused_job_with_nothing_left_to_do_goes_on_to_its_merge(ingest: Ingest) -> None:
    """Every chunk is completed. Red when it is at work for ever."""
    job_id = await ingest.queued((1,))
    await pause(ingest, job_id)
    await ingest.deliver(answer(job_id, 0, [1]))
    assert (await rerun(ingest, job_id)).state is JobState.MERGING


@pytest.mark.parametrize("state", ["reserving", "queued", "merging", "completed", "cancelled", "failed", "declined"])
async def test_only_a_job_under_way_is_rerun(ingest: Ingest, state: str) -> None:
    """Red when a sheet that is being written loses its rows."""
    job_id = await ingest.queued((1,))
    await ingest.execute("UPDATE ingest.jobs SET state = :state", state=state)
    with pytest.raises(Conflict) as found:
        await rerun(ingest, job_id)
    assert found.value.code == "job_not_under_way"
    ingest.workspace_id = new_id()
    with pytest.raises(NotFound):
        await rerun(ingest, job_id)


async def test_a_chunk_in_the_dispatchers_hands_is_waited_for(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither left behind in the old epoch nor waited for with others in hand. Red when it is passed over in silence."""
    job_id = await half_done(ingest)
    monkeypatch.setattr(reruns, "_TRIES", 2)
    await ingest.execute("UPDATE ingest.chunks SET state = 'publishing', lease_until = now() WHERE chunk_no = 3")
    async with ingest.open_uow() as uow:
        await dispatches.take_back_expired(uow.conn)
        with pytest.raises(Busy):
            await rerun(ingest, job_id)
    assert (await ingest.job(job_id)).epoch == 0
    assert (await rerun(ingest, job_id, now=utc_now() + timedelta(minutes=1))).epoch == 1
