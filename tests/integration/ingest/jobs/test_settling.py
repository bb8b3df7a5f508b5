"""DESIGN 5.1 item 7, ingest's side: exact credits, and an answer for a hold that asks."""

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldDeclined, HoldPlaced, HoldQuestioned
from libs.common.contracts.ingest import (
    ChunkCompleted,
    JobCancelled,
    JobCompleted,
    JobCreated,
    JobFailed,
    JobParked,
    JobPaused,
    JobResumed,
)
from libs.common.errors import NotFound
from libs.common.ids import new_id
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.pause_job import pause_job
from tests.integration.ingest.jobs.steps import Ingest, answer, exhausted, result


async def test_the_terminal_event_carries_the_exact_sum_of_completed_chunks(ingest: Ingest) -> None:
    """Red when a row of an open, failed or degraded chunk is in the total."""
    job_id = await ingest.queued((2, 2, 2))
    await ingest.deliver(answer(job_id, 0, [result(1), result(2, "degraded")]))
    await ingest.deliver(answer(job_id, 1, [3]))
    async with ingest.open_uow() as uow:
        await cancel_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())
    (ended,) = await ingest.said(JobCancelled)
    assert ended.credits_total == sum(done.credits for done in await ingest.said(ChunkCompleted)) == 1


@pytest.mark.parametrize(
    ("state", "event"), [("completed", JobCompleted), ("failed", JobFailed), ("cancelled", JobCancelled)]
)
async def test_a_question_about_an_ended_job_is_answered_with_everything_again(
    ingest: Ingest, state: str, event: type[JobCompleted] | type[JobFailed] | type[JobCancelled]
) -> None:
    """[question_answered]. Red when the terminal event or a chunk's completion is not repeated: a lost one would leave
    its hold settling for ever."""
    job_id = await ingest.queued((2, 1, 1))
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    await ingest.deliver(answer(job_id, 1, [result(3, "degraded")]))
    await ingest.execute("UPDATE ingest.jobs SET state = :state", state=state)
    await ingest.execute("DELETE FROM ingest.outbox")
    await ingest.deliver(HoldQuestioned(job_id=job_id, round=1))
    (ended,) = await ingest.said(event)
    assert (ended.credits_total, ended.rows_enriched, ended.rows_degraded) == (2, 2, 1)
    repeated = sorted((done.chunk_no, done.credits) for done in await ingest.said(ChunkCompleted))
    assert repeated == [(0, 2), (1, 0)]


async def test_a_repeated_terminal_event_says_the_same(ingest: Ingest) -> None:
    """Billing compares: another total under the same key would be a conflict."""
    job_id = await ingest.queued((1, 1))
    await ingest.deliver(answer(job_id, 0, [1]))
    async with ingest.open_uow() as uow:
        await cancel_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())
    for round_ in (1, 2):
        await ingest.deliver(HoldQuestioned(job_id=job_id, round=round_))
    first, *again = await ingest.said(JobCancelled)
    assert again == [first, first]


async def test_a_question_about_a_living_job_is_answered_with_its_state(ingest: Ingest) -> None:
    """So that its hold is known to be alive."""
    job = await ingest.create(await ingest.upload((1,)))
    question = HoldQuestioned(job_id=job.id, round=1)
    await ingest.deliver(question)
    assert len(await ingest.said(JobCreated)) == 2
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=1))
    await ingest.deliver(question)
    assert len(await ingest.said(JobResumed)) == 2
    await ingest.deliver(exhausted(1))
    await ingest.deliver(question)
    assert len(await ingest.said(JobParked)) == 2
    await ingest.execute("UPDATE ingest.jobs SET state = 'processing'")
    async with ingest.open_uow() as uow:
        await pause_job(uow, job.id, workspace_id=ingest.workspace_id, now=utc_now())
    await ingest.deliver(question)
    assert len(await ingest.said(JobPaused)) == 2
    await ingest.execute("UPDATE ingest.jobs SET state = 'merging'")
    await ingest.deliver(question)
    assert (await ingest.said(JobResumed))[-1].reason == "merging"


async def test_a_declined_job_has_nothing_to_say_about_its_hold(ingest: Ingest) -> None:
    """There is none."""
    job = await ingest.create(await ingest.upload((1,)))
    await ingest.deliver(HoldDeclined(job_id=job.id, needed=1, available=0))
    await ingest.execute("DELETE FROM ingest.outbox")
    await ingest.deliver(HoldQuestioned(job_id=job.id, round=1))
    assert await ingest.all_said() == []


async def test_a_hold_without_a_job_is_for_a_person_to_look_at(ingest: Ingest) -> None:
    """NotFound is permanent: the question becomes a dead letter."""
    with pytest.raises(NotFound):
        await ingest.deliver(HoldQuestioned(job_id=new_id(), round=1))
