"""Try it: up to three rows, free, at once; kept, and not paid again."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldPlaced
from libs.common.contracts.ingest import ChunkCompleted, JobCompleted, JobCreated, RecipientsPublished
from libs.common.errors import Conflict, Invalid, RateLimited
from services.ingest.domain.jobs import JobKind, JobState
from services.ingest.domain.trials import Trial, check_allowance
from services.ingest.repositories import jobs
from services.ingest.repositories.jobs import JobFilter
from tests.integration.ingest.jobs.steps import Ingest, answer, exhausted, result


async def tried(ingest: Ingest, upload_id: UUID, rows: list[int]) -> UUID:
    """A trial whose rows came out well."""
    trial = await ingest.try_rows(upload_id, rows)
    await ingest.announce(rows=100)
    await ingest.dispatch()
    for chunk in ingest.broker.chunks:
        if chunk.job_id == trial.id:
            await ingest.deliver(answer(trial.id, chunk.chunk_no, [row.row_no for row in chunk.rows]))
    return trial.id


async def test_a_trial_is_at_work_at_once_and_costs_nothing(ingest: Ingest) -> None:
    """Red when billing is asked for credits, other rows go out, a chunk is charged, or a sheet is written."""
    job_id = await tried(ingest, await ingest.upload((2, 2)), [1, 4])
    job = await ingest.job(job_id)
    assert (job.kind, job.state, job.tally.enriched, job.credits_total) == (JobKind.TRIAL, JobState.COMPLETED, 2, 0)
    assert sorted(row.row_no for chunk in ingest.broker.chunks for row in chunk.rows) == [1, 4]
    assert await ingest.said(JobCreated) == await ingest.said(ChunkCompleted) == []
    assert [event.credits_total for event in await ingest.said(JobCompleted)] == [0]
    assert [row.row_no for row in await ingest.result_rows(job_id)] == [1, 4]


async def test_a_list_takes_over_what_was_tried_with_the_same_wishes(ingest: Ingest) -> None:
    """Red when a tried row is researched or charged again, or its result is lost."""
    upload_id = await ingest.upload((3,))
    await tried(ingest, upload_id, [2])
    job = await ingest.create(upload_id)
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=2))
    await ingest.dispatch()
    assert [row.row_no for row in ingest.broker.chunks[-1].rows] == [1, 3]
    await ingest.deliver(answer(job.id, 0, [1, 3]))
    job = await ingest.job(job.id)
    assert (job.state, job.tally.enriched, job.credits_total) == (JobState.MERGING, 3, 2)


async def test_with_other_wishes_a_tried_row_is_done_again_and_still_free(ingest: Ingest) -> None:
    """Red when it is charged, or keeps the line that was written for other wishes."""
    upload_id = await ingest.upload((3,))
    await tried(ingest, upload_id, [2])
    job = await ingest.create(upload_id, offer="additives")
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=2))
    await ingest.dispatch()
    await ingest.deliver(answer(job.id, 0, [1, 2, 3]))
    job = await ingest.job(job.id)
    assert (job.state, job.tally.enriched, job.credits_total) == (JobState.MERGING, 3, 2)


async def test_a_tried_row_that_did_not_come_out_is_charged_like_any_other(ingest: Ingest) -> None:
    """Nothing was delivered for it. Red when every tried row is free."""
    upload_id = await ingest.upload((2,))
    trial = await ingest.try_rows(upload_id, [1])
    await ingest.announce(rows=100)
    await ingest.dispatch()
    await ingest.deliver(answer(trial.id, 0, [result(1, "degraded")]))
    assert (await ingest.create(upload_id)).credits_needed == 2


async def test_trials_are_dispatched_ahead_even_when_the_window_is_full(ingest: Ingest) -> None:
    """Somebody is looking at the screen. Red when it waits behind lists; with nobody alive it waits all the same."""
    await ingest.processing([15] * 3)
    trial = await ingest.try_rows(await ingest.upload((2,)), [1, 2])
    assert await ingest.dispatch() == 0
    await ingest.announce(rows=10)
    assert await ingest.dispatch() == 1
    assert ingest.broker.chunks[0].job_id == trial.id
    assert await ingest.dispatch() == 0
    again = await ingest.try_rows(await ingest.upload((2,)), [1])
    await ingest.execute("UPDATE ingest.enrich_replicas SET rows_capacity = 1")
    assert await ingest.dispatch() == 1
    assert ingest.broker.chunks[-1].job_id == again.id


async def test_two_clicks_make_one_trial(ingest: Ingest) -> None:
    """Red when the key does not cover the rows, or two clicks use up the allowance twice."""
    upload_id = await ingest.upload((3,))
    made = await asyncio.gather(*(ingest.try_rows(upload_id, [1, 2], key="k") for _ in range(5)))
    assert len({job.id for job in made}) == 1
    with pytest.raises(Conflict) as refused:
        await ingest.try_rows(upload_id, [1, 3], key="k")
    assert refused.value.code == "idempotency_key_reused"


async def test_a_workspace_tries_so_many_rows_a_day_also_at_once(ingest: Ingest) -> None:
    """Counted under a lock. Red when clicks at the same time all see the same count."""
    upload_id = await ingest.upload((3,))
    clicks = [ingest.try_rows(upload_id, [1, 2, 3], rows_per_day=9) for _ in range(6)]
    done = await asyncio.gather(*clicks, return_exceptions=True)
    refused = [one for one in done if isinstance(one, RateLimited)]
    assert len(refused) == 3
    assert {error.code for error in refused} == {"trial_limit"}
    await ingest.execute("UPDATE ingest.jobs SET created_at = now() - interval '25 hours'")
    await ingest.try_rows(upload_id, [1], rows_per_day=9)


def test_the_refusal_says_when_there_is_room_again() -> None:
    """As soon as enough of the oldest rows are a day old. Red when it names the first, or the last, whatever is asked."""
    now = utc_now()
    earlier = [Trial(2, now - timedelta(hours=20)), Trial(3, now - timedelta(hours=5))]
    check_allowance(earlier, rows=1, per_day=6, now=now)
    for rows, hours in ((2, 4), (3, 4), (4, 19)):
        with pytest.raises(RateLimited) as refused:
            check_allowance(earlier, rows=rows, per_day=6, now=now)
        assert refused.value.extra["until"] == (now + timedelta(hours=hours)).isoformat()
    with pytest.raises(RateLimited) as never:
        check_allowance([], rows=3, per_day=2, now=now)
    assert "until" not in never.value.extra


async def test_rows_that_cannot_be_tried_are_refused_by_name(ingest: Ingest) -> None:
    """None, four, one twice, one beyond the sheet."""
    upload_id = await ingest.upload((5,))
    for rows in ([], [1, 2, 3, 4], [1, 1], [6], [0]):
        with pytest.raises(Invalid) as refused:
            await ingest.try_rows(upload_id, rows)
        assert refused.value.code == "trial_rows_invalid"


async def test_trials_are_not_among_the_jobs_unless_asked_for(ingest: Ingest) -> None:
    """Red when a list of jobs fills up with what was only tried; nothing is published of one for sending."""
    upload_id = await ingest.upload((2,))
    trial = await tried(ingest, upload_id, [1])
    listed = (await ingest.create(upload_id)).id
    async with ingest.open_uow() as uow:
        pages = [
            await jobs.page(uow.conn, workspace_id=ingest.workspace_id, before=None, limit=9, wanted=JobFilter(kind))
            for kind in (None, JobKind.TRIAL)
        ]
    found = [[job.id for job in page] for page in pages]
    assert found == [[listed], [trial]]
    assert await ingest.said(RecipientsPublished) == []


async def test_a_trial_waits_for_a_provider_like_any_job(ingest: Ingest) -> None:
    """Red when its chunks go out only to come back."""
    await ingest.deliver(exhausted(1))
    trial = await ingest.try_rows(await ingest.upload((1,)), [1])
    assert (await ingest.job(trial.id)).state is JobState.PARKED


async def test_rows_that_were_only_tried_are_in_the_list_to_write_to(ingest: Ingest) -> None:
    """Red when the list is made of the chunks that went out: a row that was taken over from a trial is in none."""
    upload_id = await ingest.upload((1, 1))
    await tried(ingest, upload_id, [1])
    job = await ingest.create(upload_id)
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=1))
    await ingest.dispatch()
    await ingest.deliver(answer(job.id, 1, [2]))
    await ingest.merge(job.id)
    await ingest.publish_list(job.id)
    (part,) = await ingest.said(RecipientsPublished)
    assert [person.row_no for person in part.recipients] == [1, 2]
