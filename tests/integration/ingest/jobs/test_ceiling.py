"""The spend ceiling: used to the last row, never passed, raised by a person."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldPlaced, HoldRaised, HoldRaiseDeclined
from libs.common.contracts.ingest import JobCeilingLowered, JobCeilingRaised, JobParked, JobResumed
from libs.common.errors import Conflict, Invalid
from services.ingest.domain.jobs import Job, JobState
from services.ingest.use_cases.ask_raise_again import ask_raise_again
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.lower_ceiling import lower_ceiling
from services.ingest.use_cases.park_jobs import resume_parked_jobs
from services.ingest.use_cases.raise_ceiling import raise_ceiling
from services.ingest.use_cases.resume_job import resume_job
from tests.integration.ingest.jobs.steps import Ingest, answer, exhausted, failed, recovered, returned
from tests.support.waiting import PATIENCE_S


async def limited(ingest: Ingest, sizes: tuple[int, ...], ceiling: int) -> UUID:
    """A job at work that may spend so much."""
    job = await ingest.create(await ingest.upload(sizes), ceiling_credits=ceiling)
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=min(ceiling, sum(sizes))))
    await ingest.announce(rows=1000)
    return job.id


async def at_ceiling(ingest: Ingest) -> UUID:
    """Two of four rows are paid for, and done."""
    job_id = await limited(ingest, (4,), 2)
    await ingest.dispatch()
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    await ingest.dispatch()
    job = await ingest.job(job_id)
    assert (job.state, job.reason) == (JobState.PARKED, "ceiling")
    return job_id


async def lift(ingest: Ingest, job_id: UUID, ceiling: int) -> Job:
    async with ingest.open_uow() as uow:
        return await raise_ceiling(uow, job_id, workspace_id=ingest.workspace_id, ceiling_credits=ceiling)


async def test_a_chunk_that_cannot_be_paid_whole_is_split(ingest: Ingest) -> None:
    """Red when it goes out whole (the ceiling is passed) or not at all (credits are left over)."""
    job_id = await limited(ingest, (3, 3), 4)
    assert await ingest.dispatch() == 2
    sent = {chunk.chunk_no: [row.row_no for row in chunk.rows] for chunk in ingest.broker.chunks}
    assert sent == {0: [1, 2, 3], 1: [4]}
    found = [(chunk.chunk_no, chunk.state, chunk.row_nos) for chunk in await ingest.chunk_rows(job_id)]
    assert found == [(0, "queued", None), (1, "queued", [4]), (2, "pending", [5, 6])]
    assert (await ingest.job(job_id)).chunks_total == 3
    assert await ingest.dispatch() == 0


async def test_rows_that_turn_out_free_make_room_for_others(ingest: Ingest) -> None:
    """Red when the ceiling counts rows instead of credits."""
    job_id = await limited(ingest, (2, 2), 2)
    await ingest.dispatch()
    await ingest.deliver(answer(job_id, 0, [1, 2], status="degraded"))
    assert await ingest.dispatch() == 1
    await ingest.deliver(answer(job_id, 1, [3, 4]))
    job = await ingest.job(job_id)
    assert (job.state, job.credits_total) == (JobState.MERGING, 2)


async def test_a_job_at_its_ceiling_says_so_and_only_money_resumes_it(ingest: Ingest) -> None:
    """Red when the clock, a provider or a person without money sets it going: it would only be parked again."""
    job_id = await at_ceiling(ingest)
    assert [event.reason for event in await ingest.said(JobParked)] == ["ceiling"]
    async with ingest.open_uow() as uow:
        await resume_parked_jobs(uow, workspace_id=None, now=utc_now())
    await ingest.deliver(exhausted(1))
    await ingest.deliver(recovered(2))
    assert (await ingest.job(job_id)).reason == "ceiling"
    with pytest.raises(Conflict) as refused:
        async with ingest.open_uow() as uow:
            await resume_job(uow, job_id, workspace_id=ingest.workspace_id, user_id=ingest.user_id, now=utc_now())
    assert refused.value.code == "ceiling_reached"


async def test_a_raise_lets_it_go_on_to_the_end(ingest: Ingest) -> None:
    """Asked for in all, with its round; the answer twice changes nothing more."""
    job_id = await at_ceiling(ingest)
    await lift(ingest, job_id, 9)
    assert await ingest.said(JobCeilingRaised) == [JobCeilingRaised(job_id=job_id, round=1, credits=4)]
    for _ in range(2):
        await ingest.deliver(HoldRaised(job_id=job_id, round=1, credits=4))
    job = await ingest.job(job_id)
    assert (job.state, job.credits_held) == (JobState.PROCESSING, 4)
    assert len([event for event in await ingest.said(JobResumed) if event.job_id == job_id]) == 2
    assert await ingest.dispatch() == 1
    await ingest.deliver(answer(job_id, 1, [3, 4]))
    job = await ingest.job(job_id)
    assert (job.state, job.credits_total) == (JobState.MERGING, 4)


async def test_a_raise_that_cannot_be_paid_leaves_the_ceiling_where_it_was(ingest: Ingest) -> None:
    """And may be asked for again, in a round of its own. Red when a late decline ends a later round."""
    job_id = await at_ceiling(ingest)
    await lift(ingest, job_id, 4)
    await ingest.deliver(HoldRaiseDeclined(job_id=job_id, round=1, needed=2, available=1))
    job = await ingest.job(job_id)
    assert (job.state, job.ceiling_credits, job.credits_available) == (JobState.PARKED, 2, 1)
    await lift(ingest, job_id, 3)
    await ingest.deliver(HoldRaiseDeclined(job_id=job_id, round=1, needed=2, available=1))
    assert (await ingest.job(job_id)).ceiling_credits == 3
    await ingest.deliver(HoldRaised(job_id=job_id, round=2, credits=3))
    assert (await ingest.job(job_id)).state is JobState.PROCESSING


async def ask_again(ingest: Ingest, *, after: timedelta) -> int:
    async with ingest.open_uow() as uow:
        return await ask_raise_again(uow, now=utc_now() + after)


async def test_a_raise_whose_answer_is_lost_asks_again_and_is_applied_once(ingest: Ingest) -> None:
    """The same round and sum, once per five minutes. Red when a lost answer leaves a job at its ceiling for ever, or when
    the answer that comes twice (the lost one was only late) counts twice."""
    job_id = await at_ceiling(ingest)
    await ingest.execute("UPDATE ingest.jobs SET asked_at = now() - interval '1 hour'")
    await lift(ingest, job_id, 9)
    assert await ask_again(ingest, after=timedelta(minutes=4)) == 0
    assert await ask_again(ingest, after=timedelta(minutes=6)) == 1
    assert await ask_again(ingest, after=timedelta(minutes=4)) == 0
    first, again = await ingest.said(JobCeilingRaised)
    assert first == again == JobCeilingRaised(job_id=job_id, round=1, credits=4)
    await ingest.deliver(HoldRaised(job_id=job_id, round=1, credits=4))
    applied = await ingest.snapshot()
    await ingest.forget_inbox()
    await ingest.deliver(HoldRaised(job_id=job_id, round=1, credits=4))
    assert await ingest.snapshot() == applied
    assert (await ingest.job(job_id)).credits_held == 4
    assert await ask_again(ingest, after=timedelta(minutes=60)) == 0


async def test_a_declined_raise_and_one_of_an_ended_job_are_not_asked_again(ingest: Ingest) -> None:
    """Red when billing is asked every five minutes what it has answered, or what nobody wants to know any more."""
    declined = await at_ceiling(ingest)
    await lift(ingest, declined, 4)
    await ingest.deliver(HoldRaiseDeclined(job_id=declined, round=1, needed=2, available=1))
    ended = await at_ceiling(ingest)
    await lift(ingest, ended, 4)
    async with ingest.open_uow() as uow:
        await cancel_job(uow, ended, workspace_id=ingest.workspace_id, user_id=ingest.user_id, now=utc_now())
    assert await ask_again(ingest, after=timedelta(minutes=60)) == 0


async def test_two_clicks_ask_once(ingest: Ingest) -> None:
    """Red when the same ceiling begins a second round while the first is unanswered."""
    job_id = await at_ceiling(ingest)
    for _ in range(2):
        await lift(ingest, job_id, 4)
    assert len(await ingest.said(JobCeilingRaised)) == 1


async def test_a_ceiling_is_only_raised_and_only_while_it_matters(ingest: Ingest) -> None:
    """Lower, equal, of an ended job: refused by name. A ceiling that pays for no row makes no job."""
    job_id = await at_ceiling(ingest)
    for ceiling in (1, 2):
        with pytest.raises(Conflict) as refused:
            await lift(ingest, job_id, ceiling)
        assert refused.value.code == "ceiling_not_higher"
    async with ingest.open_uow() as uow:
        await cancel_job(uow, job_id, workspace_id=ingest.workspace_id, user_id=ingest.user_id, now=utc_now())
    with pytest.raises(Conflict) as refused:
        await lift(ingest, job_id, 9)
    assert refused.value.code == "job_not_running"
    await ingest.execute("UPDATE ingest.price_lists SET credits_per_row = 3")
    with pytest.raises(Invalid) as too_low:
        await ingest.create(await ingest.upload((1,)), ceiling_credits=2)
    assert too_low.value.code == "ceiling_too_low"


async def test_a_late_answer_does_not_spend_what_another_chunk_was_promised(ingest: Ingest) -> None:
    """A chunk that came back gave its credits to the next. Red when its late answer is taken all the same: together they
    would pass the ceiling."""
    job_id = await limited(ingest, (2, 2), 2)
    await ingest.dispatch()
    await ingest.deliver(returned(job_id, 0, after_s=3600))
    assert await ingest.dispatch() == 1
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    assert await ingest.chunk_states(job_id) == ["pending", "queued"]
    await ingest.deliver(answer(job_id, 1, [3, 4]))
    job = await ingest.job(job_id)
    assert job.credits_total == 2


async def test_a_given_up_chunk_makes_room(ingest: Ingest) -> None:
    """Failed rows are free. Red when they count as under way for ever."""
    job_id = await limited(ingest, (2, 2), 2)
    await ingest.dispatch()
    await ingest.deliver(failed(job_id, 0))
    assert await ingest.dispatch() == 1
    assert [row.row_no for row in ingest.broker.chunks[-1].rows] == [3, 4]


async def test_an_answer_of_before_a_split_counts_for_the_rows_the_chunk_still_has(ingest: Ingest) -> None:
    """Red when rows that have gone to another chunk make the whole answer a dead letter, or are stored."""
    job_id = await limited(ingest, (2, 4), 5)
    await ingest.dispatch()
    await ingest.execute("UPDATE ingest.jobs SET credits_held = 3")
    await ingest.deliver(returned(job_id, 1))
    await ingest.dispatch()
    assert [(c.chunk_no, c.row_nos) for c in await ingest.chunk_rows(job_id)][1] == (1, [3])
    await ingest.deliver(answer(job_id, 1, [3, 4, 5], dispatch_no=1))
    assert [row.row_no for row in await ingest.result_rows(job_id)] == [3]
    assert (await ingest.chunk_states(job_id))[1] == "completed"


async def test_a_chunk_whose_rows_are_all_known_is_completed_by_the_next_answer(ingest: Ingest) -> None:
    """What was split off may have had its answer before. Red when an answer with nothing new completes nothing."""
    job_id = await limited(ingest, (4,), 4)
    await ingest.dispatch()
    await ingest.deliver(answer(job_id, 0, [3, 4]))
    await ingest.execute("UPDATE ingest.jobs SET credits_held = 2")
    await ingest.deliver(returned(job_id, 0))
    await ingest.dispatch()
    await ingest.deliver(answer(job_id, 0, [1, 2], status="degraded", dispatch_no=2))
    await ingest.dispatch()
    await ingest.deliver(answer(job_id, 1, [3, 4]))
    job = await ingest.job(job_id)
    assert (job.state, job.credits_total) == (JobState.MERGING, 2)


async def test_a_limited_job_in_somebodys_hands_holds_up_nobody_else(ingest: Ingest) -> None:
    """Whoever finishes a large one holds it for long. Red when the dispatcher waits for it with everybody's chunks."""
    mine = await limited(ingest, (2,), 1)
    others = await ingest.processing((2,))
    async with ingest.open_uow() as person:
        await person.conn.execute(text("SELECT FROM ingest.jobs WHERE id = :id FOR UPDATE"), {"id": mine})
        async with asyncio.timeout(PATIENCE_S):
            assert await ingest.dispatch() == 1
    assert [chunk.job_id for chunk in ingest.broker.chunks] == [others]
    assert await ingest.dispatch() == 1
    assert [chunk.job_id for chunk in ingest.broker.chunks] == [others, mine]


async def lower(ingest: Ingest, job_id: UUID, ceiling: int) -> Job:
    async with ingest.open_uow() as uow:
        return await lower_ceiling(uow, job_id, workspace_id=ingest.workspace_id, ceiling_credits=ceiling)


async def test_a_lowered_job_begins_no_more_than_it_may_still_spend(ingest: Ingest) -> None:
    """Red when what is under way is not counted, or the rest goes out all the same."""
    job_id = await limited(ingest, (2, 3), 9)
    await ingest.execute(
        "UPDATE ingest.chunks SET due_at = now() + interval '1 hour' WHERE chunk_no = 1 AND job_id = :id", id=job_id
    )
    assert await ingest.dispatch() == 1
    lowered = await lower(ingest, job_id, 1)
    assert (lowered.credits_held, lowered.ceiling_credits) == (2, 2)
    assert await ingest.said(JobCeilingLowered) == [JobCeilingLowered(job_id=job_id, round=1, credits=2)]
    await ingest.execute("UPDATE ingest.chunks SET due_at = now() WHERE chunk_no = 1 AND job_id = :id", id=job_id)
    assert await ingest.dispatch() == 0
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    await ingest.dispatch()
    job = await ingest.job(job_id)
    assert (job.state, job.reason, job.credits_total) == (JobState.PARKED, "ceiling", 2)


async def test_a_lowered_job_may_be_raised_again_and_says_what_comes_first(ingest: Ingest) -> None:
    """Red when an answer from before gives back what was released, or the raise does not name the lowering."""
    job_id = await limited(ingest, (2, 3), 9)
    await lower(ingest, job_id, 3)
    await lift(ingest, job_id, 4)
    asked = [event for event in await ingest.said(JobCeilingRaised) if event.job_id == job_id]
    assert asked == [JobCeilingRaised(job_id=job_id, round=2, credits=4, after_lowering=1)]
    await ingest.deliver(HoldRaised(job_id=job_id, round=2, credits=4))
    assert (await ingest.job(job_id)).credits_held == 4
