"""Pause, park, resume, cancel: which turns happen, what is said, and that events carry the job's version."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldPlaced
from libs.common.contracts.ingest import JobCancelled, JobMerging, JobParked, JobPaused, JobResumed
from libs.common.errors import Conflict, NotFound
from libs.common.ids import new_id
from services.ingest.domain.jobs import Job, JobState
from services.ingest.domain.turns import pause
from services.ingest.repositories import jobs
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.park_jobs import resume_parked_jobs
from services.ingest.use_cases.pause_job import pause_job
from services.ingest.use_cases.record_results import record_results
from services.ingest.use_cases.resume_job import resume_job
from services.ingest.use_cases.take_back_chunk import LOOK_AGAIN
from services.ingest.use_cases.turn_job import turn_job
from tests.integration.ingest.jobs.steps import Ingest, answer, exhausted, failed, keys_changed, recovered, returned
from tests.support.waiting import eventually


async def do(ingest: Ingest, use_case: Callable[..., Awaitable[Any]], job_id: UUID) -> Any:
    async with ingest.open_uow() as uow:
        return await use_case(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())


async def resume_parked(ingest: Ingest, *, now: datetime | None = None) -> None:
    async with ingest.open_uow() as uow:
        await resume_parked_jobs(uow, workspace_id=None, now=now or utc_now())


async def test_pause_and_resume_are_said_with_rising_versions(ingest: Ingest) -> None:
    """[job_ver], ingest's side. Red when an event does not carry the version of the turn: enrich could not order them."""
    job_id = await ingest.queued((1, 1))
    await do(ingest, pause_job, job_id)
    await ingest.deliver(answer(job_id, 0, [1]))
    await do(ingest, resume_job, job_id)
    begun, resumed = await ingest.said(JobResumed)
    (paused,) = await ingest.said(JobPaused)
    assert begun.job_version < paused.job_version < resumed.job_version
    assert resumed.job_version == (await ingest.job(job_id)).version


async def test_a_turn_waits_for_its_turn_among_the_answers(ingest: Ingest) -> None:
    """Red when it reads without the lock that answers take: it would decide on what an answer is about to change, and do so
    again after each, while the next answer is already in line before it."""
    job_id = await ingest.queued((1, 1))
    seen: list[int] = []

    def decide(job: Job) -> list[Job]:
        seen.append(job.tally.rows)
        turned = pause(job, now=utc_now())
        return [] if turned is None else [turned]

    async def turn() -> Job:
        async with ingest.open_uow() as uow:
            return await turn_job(uow, job_id, workspace_id=ingest.workspace_id, decide=decide)

    async with ingest.open_uow() as answering:
        await record_results(answer(job_id, 0, [1]), uow=answering, workspace_id=ingest.workspace_id, now=utc_now())
        turning = asyncio.create_task(turn())
        await eventually(lambda: somebody_waits(ingest))
    assert (await turning).state is JobState.PAUSED
    assert seen == [1]


async def test_what_goes_out_after_a_resume_carries_a_higher_version_than_the_pause(ingest: Ingest) -> None:
    """[job_ver]. Red when chunk.created carries an old version: enrich would believe the pause and hand it back."""
    job_id = await ingest.processing((1,))
    await do(ingest, pause_job, job_id)
    await do(ingest, resume_job, job_id)
    await ingest.announce(rows=10)
    await ingest.dispatch()
    (paused,) = await ingest.said(JobPaused)
    assert ingest.broker.chunks[0].job_version > paused.job_version


async def test_resuming_makes_what_was_handed_back_due_at_once(ingest: Ingest) -> None:
    """Red when chunks returned until tomorrow wait although the person says go on."""
    job_id = await ingest.queued((1,))
    await do(ingest, pause_job, job_id)
    await ingest.deliver(returned(job_id, 0, after_s=80_000))
    await do(ingest, resume_job, job_id)
    assert await ingest.dispatch() == 1


async def test_pausing_twice_is_pausing_once(ingest: Ingest) -> None:
    """Red when the second pause raises the version, or says it again."""
    job_id = await ingest.processing((1,))
    versions = [(await do(ingest, pause_job, job_id)).version for _ in range(2)]
    assert versions[0] == versions[1]
    assert len(await ingest.said(JobPaused)) == 1


async def test_turns_that_do_not_fit_are_refused_by_name(ingest: Ingest) -> None:
    """Red when a turn from the wrong state is taken, or passed over in silence."""
    job = await ingest.create(await ingest.upload((1,)))
    with pytest.raises(Conflict) as found:
        await do(ingest, pause_job, job.id)
    assert found.value.code == "job_not_processing"
    with pytest.raises(Conflict) as found:
        await do(ingest, resume_job, job.id)
    assert found.value.code == "job_not_paused"
    await ingest.execute("UPDATE ingest.jobs SET state = 'completed'")
    with pytest.raises(Conflict) as found:
        await do(ingest, cancel_job, job.id)
    assert found.value.code == "job_ended"


async def test_nobody_else_may_turn_a_job(ingest: Ingest) -> None:
    """P7: another workspace's job is an unknown job."""
    job_id = await ingest.processing((1,))
    ingest.workspace_id = new_id()
    for use_case in (pause_job, resume_job, cancel_job):
        with pytest.raises(NotFound) as found:
            await do(ingest, use_case, job_id)
        assert found.value.code == "unknown_job"


@pytest.mark.parametrize("state", ["reserving", "queued", "processing", "paused", "parked", "merging"])
async def test_cancel_in_every_state_before_the_end(ingest: Ingest, state: str) -> None:
    """The epoch rises, the terminal event carries what was earned until then; a second click changes nothing."""
    job_id = await ingest.queued((2, 1))
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    await ingest.execute("UPDATE ingest.jobs SET state = :state", state=state)
    first = await do(ingest, cancel_job, job_id)
    again = await do(ingest, cancel_job, job_id)
    assert (first.state, first.epoch, again.version) == (JobState.CANCELLED, 1, first.version)
    (ended,) = await ingest.said(JobCancelled)
    assert (ended.credits_total, ended.job_version, ended.rows_enriched) == (2, first.version, 2)


async def test_eight_cancels_at_once_say_it_once(ingest: Ingest) -> None:
    """Red when two of them both turn the job: two terminal events."""
    job_id = await ingest.queued((1,))
    await asyncio.gather(*(do(ingest, cancel_job, job_id) for _ in range(8)))
    assert len(await ingest.said(JobCancelled)) == 1


async def test_an_exhausted_provider_parks_the_jobs_that_need_it(ingest: Ingest) -> None:
    """And its recovery resumes them, with what was handed back due at once."""
    job_id = await ingest.queued((1, 1))
    await ingest.deliver(exhausted(1))
    parked = await ingest.job(job_id)
    assert (parked.state, parked.reason) == (JobState.PARKED, "serper_day_limit")
    assert [event.job_version for event in await ingest.said(JobParked)] == [parked.version]
    await ingest.deliver(returned(job_id, 0, reason="provider_exhausted", after_s=80_000))
    await ingest.deliver(recovered(2))
    assert (await ingest.job(job_id)).state is JobState.PROCESSING
    assert await ingest.dispatch() == 1


async def test_a_provider_that_talks_nonsense_parks_with_its_own_reason(ingest: Ingest) -> None:
    """Red when the job says that the day's limit is reached."""
    job_id = await ingest.queued((1, 1))
    await ingest.deliver(exhausted(1).model_copy(update={"cause": "nonsense"}))
    assert (await ingest.job(job_id)).reason == "serper_nonsense"
    await ingest.deliver(recovered(2))
    assert (await ingest.job(job_id)).state is JobState.PROCESSING


async def test_the_older_word_on_an_account_is_ignored(ingest: Ingest) -> None:
    """[gen]. Red when counters are not compared: `recovered(2)` was heard before `exhausted(1)`, nobody would resume."""
    job_id = await ingest.processing((1,))
    await ingest.deliver(recovered(2))
    await ingest.deliver(exhausted(1))
    assert (await ingest.job(job_id)).state is JobState.PROCESSING
    await ingest.deliver(exhausted(3))
    await ingest.deliver(recovered(2))
    await ingest.deliver(recovered(3))
    assert (await ingest.job(job_id)).state is JobState.PARKED


async def test_a_job_waits_for_every_provider_that_is_out(ingest: Ingest) -> None:
    """Red when one recovery resumes what another provider still holds up."""
    job_id = await ingest.processing((1,))
    await ingest.deliver(exhausted(1, account="serper"))
    await ingest.deliver(exhausted(1, account="groq"))
    await ingest.deliver(recovered(2, account="serper"))
    assert (await ingest.job(job_id)).state is JobState.PARKED
    await ingest.deliver(recovered(2, account="groq"))
    assert (await ingest.job(job_id)).state is JobState.PROCESSING


async def test_one_workspaces_own_key_parks_only_its_own_jobs(ingest: Ingest) -> None:
    """P7."""
    ours = await ingest.processing((1,))
    theirs = new_id()
    await ingest.deliver(exhausted(1, account=f"serper:{theirs}", workspace_id=theirs))
    assert (await ingest.job(ours)).state is JobState.PROCESSING
    us = ingest.workspace_id
    await ingest.deliver(keys_changed(1, "serper", workspace_id=us))
    await ingest.deliver(exhausted(1, account=f"serper:{us}", workspace_id=us))
    assert (await ingest.job(ours)).state is JobState.PARKED


async def test_the_shared_account_is_nothing_to_a_workspace_with_its_own_key(ingest: Ingest) -> None:
    """Red when the shared account's day parks those who pay for themselves; and when the key goes, it parks them after all."""
    job_id, us = await ingest.processing((1,)), ingest.workspace_id
    await ingest.deliver(keys_changed(1, "serper", workspace_id=us))
    await ingest.deliver(exhausted(1))
    assert (await ingest.job(job_id)).state is JobState.PROCESSING
    await ingest.deliver(keys_changed(2, workspace_id=us))
    assert (await ingest.job(job_id)).state is JobState.PARKED
    await ingest.deliver(keys_changed(1, "serper", workspace_id=us))
    assert (await ingest.job(job_id)).state is JobState.PARKED, "old news"


async def test_a_key_of_ones_own_resumes_what_waits_for_the_shared_account(ingest: Ingest) -> None:
    """Red when a job stays parked whose workspace has brought a key; whatever order the refusal of that key is heard in."""
    job_id, us = await ingest.processing((1,)), ingest.workspace_id
    await ingest.deliver(exhausted(1))
    await ingest.deliver(exhausted(2, account=f"groq:{us}", workspace_id=us))
    await ingest.deliver(keys_changed(1, "serper", workspace_id=us))
    assert (await ingest.job(job_id)).state is JobState.PROCESSING
    await ingest.deliver(keys_changed(2, "groq", "serper", workspace_id=us))
    parked = await ingest.job(job_id)
    assert (parked.state, parked.reason) == (JobState.PARKED, "groq_day_limit")
    await ingest.deliver(recovered(3, account=f"groq:{us}", workspace_id=us))
    assert (await ingest.job(job_id)).state is JobState.PROCESSING


async def test_recovery_leaves_a_job_that_a_person_paused(ingest: Ingest) -> None:
    """Red when a provider's return overrides a person."""
    job_id = await ingest.processing((1,))
    await do(ingest, pause_job, job_id)
    await ingest.deliver(exhausted(1))
    await ingest.deliver(recovered(2))
    assert (await ingest.job(job_id)).state is JobState.PAUSED


async def test_a_parked_job_resumes_when_its_time_has_come(ingest: Ingest) -> None:
    """Without a word from the provider: `resume_at`. Red when only an event resumes."""
    job_id = await ingest.processing((1,))
    back = utc_now() + timedelta(hours=1)
    await ingest.deliver(exhausted(1).model_copy(update={"resume_at": back}))
    assert (await ingest.job(job_id)).resume_at == back
    await resume_parked(ingest)
    assert (await ingest.job(job_id)).state is JobState.PARKED
    await resume_parked(ingest, now=back + timedelta(seconds=1))
    assert (await ingest.job(job_id)).state is JobState.PROCESSING


async def test_a_second_refusal_parks_again_until_the_new_time(ingest: Ingest) -> None:
    """Red when the job that resumed at the old time goes on, or when its resume comes from the old time once more."""
    job_id = await ingest.queued((1,))
    soon, late = (utc_now() + timedelta(hours=hours) for hours in (1, 5))
    await ingest.deliver(exhausted(1).model_copy(update={"resume_at": soon}))
    await resume_parked(ingest, now=soon + timedelta(seconds=1))
    assert (await ingest.job(job_id)).state is JobState.PROCESSING
    await ingest.deliver(exhausted(2).model_copy(update={"resume_at": late}))
    await resume_parked(ingest, now=soon + timedelta(seconds=1))
    job = await ingest.job(job_id)
    assert (job.state, job.resume_at) == (JobState.PARKED, late)
    await ingest.deliver(recovered(3))
    assert (await ingest.job(job_id)).state is JobState.PROCESSING


async def test_a_job_that_is_parked_hears_of_the_new_time(ingest: Ingest) -> None:
    """Red when it goes on showing a time that has passed, or says the same twice."""
    job_id = await ingest.processing((1,))
    soon, late = (utc_now() + timedelta(hours=hours) for hours in (1, 5))
    await ingest.deliver(exhausted(1).model_copy(update={"resume_at": soon}))
    await ingest.deliver(exhausted(2).model_copy(update={"resume_at": late}))
    await ingest.deliver(exhausted(3).model_copy(update={"resume_at": late}))
    job = await ingest.job(job_id)
    said = await ingest.said(JobParked)
    assert [event.resume_at for event in said] == [soon, late]
    assert (job.resume_at, job.version) == (late, said[-1].job_version)


async def test_a_chunk_whose_provider_is_not_known_to_be_out_waits_a_moment(ingest: Ingest) -> None:
    """Red when it is due at once because `retry_at` has passed: published, handed back, published, as fast as it goes."""
    job_id = await ingest.queued((1,))
    await ingest.deliver(returned(job_id, 0, reason="provider_exhausted", after_s=-3600))
    assert (await ingest.job(job_id)).state is JobState.PROCESSING
    assert await ingest.dispatch() == 0
    (chunk,) = await ingest.chunk_rows(job_id)
    assert chunk.due_at > utc_now() + LOOK_AGAIN - timedelta(seconds=5)


async def test_a_job_that_nobody_agreed_to_degrade_waits_for_a_missing_key(ingest: Ingest) -> None:
    """DESIGN 5.1 item 2. Red when the chunk goes round, the job says nothing, or goes on before the key is there."""
    job_id = await ingest.queued((1,))
    replica = await ingest.announce(rows=10, missing_providers=["groq"])
    await ingest.deliver(returned(job_id, 0, reason="bad_key", after_s=600))
    parked = await ingest.job(job_id)
    assert (parked.state, parked.reason, parked.resume_at) == (JobState.PARKED, "groq_no_key", None)
    await resume_parked(ingest)
    assert (await ingest.job(job_id)).version == parked.version, "it waits, and says so once"
    await ingest.execute("UPDATE ingest.enrich_replicas SET seen_at = now() - interval '31 s'")
    await ingest.announce(rows=10, replica=replica)
    await resume_parked(ingest)
    assert (await ingest.job(job_id)).state is JobState.PROCESSING
    assert await ingest.dispatch() == 1


async def test_a_job_whose_person_accepts_degraded_rows_waits_for_no_key(ingest: Ingest) -> None:
    """Red when a missing key parks every job of the workspace."""
    await ingest.announce(rows=10, missing_providers=["groq"])
    job = await ingest.create(await ingest.upload((1,)), accept_degraded=True)
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=1))
    assert await ingest.dispatch() == 1
    await ingest.deliver(returned(job.id, 0, reason="provider_exhausted"))
    await ingest.deliver(exhausted(1))
    await ingest.deliver(recovered(2))
    assert (await ingest.job(job.id)).state is JobState.PROCESSING


async def test_a_job_that_waited_for_a_provider_waits_for_its_key_when_that_is_taken_away(ingest: Ingest) -> None:
    """Red when it goes on, or goes on saying that the day's limit is reached."""
    job_id = await ingest.processing((1,))
    await ingest.deliver(exhausted(1))
    await ingest.announce(rows=10, missing_providers=["serper"])
    await ingest.deliver(recovered(2))
    job = await ingest.job(job_id)
    assert (job.state, job.reason) == (JobState.PARKED, "serper_no_key")


async def test_the_last_answer_of_a_parked_job_begins_its_merge(ingest: Ingest) -> None:
    """It has nothing left to wait for, even if the provider stays away for days."""
    job_id = await ingest.queued((1,))
    await ingest.deliver(exhausted(1))
    await ingest.deliver(answer(job_id, 0, [1]))
    assert (await ingest.job(job_id)).state is JobState.MERGING
    assert len(await ingest.said(JobMerging)) == 1


async def test_pause_and_an_answer_at_once_lose_neither(ingest: Ingest) -> None:
    """[cas_count]. Red when either saves the job without comparing its version."""
    for _ in range(5):
        job_id = await ingest.queued((1, 1))
        await asyncio.gather(do(ingest, pause_job, job_id), ingest.deliver(answer(job_id, 0, [1])))
        job = await ingest.job(job_id)
        assert (job.state, job.tally.enriched) == (JobState.PAUSED, 1)


STEPS: dict[str, Callable[[Ingest, UUID], Awaitable[Any]]] = {
    "answer": lambda ingest, job_id: ingest.deliver(answer(job_id, 0, [1])),
    "failure": lambda ingest, job_id: ingest.deliver(failed(job_id, 0)),
    "return": lambda ingest, job_id: ingest.deliver(returned(job_id, 0, reason="provider_exhausted")),
    "resume": lambda ingest, job_id: do(ingest, resume_job, job_id),
    "recovery": lambda ingest, _: ingest.deliver(recovered(2)),
}


@pytest.mark.parametrize("step", list(STEPS))
async def test_who_waits_for_a_job_has_none_of_its_chunks_in_hand(ingest: Ingest, step: str) -> None:
    """One order of locks: job, results, chunks. Red when a chunk is taken first: two such transactions would wait for
    each other until Postgres chooses a victim."""
    job_id = await ingest.queued((1, 1))
    await ingest.deliver(returned(job_id, 1, after_s=60))
    await ingest.deliver(exhausted(1))
    if step == "return":
        await ingest.execute("UPDATE ingest.jobs SET state = 'processing'")
    async with ingest.open_uow() as uow:
        await jobs.load(uow.conn, job_id, workspace_id=ingest.workspace_id, in_turn=True)
        waiting = asyncio.ensure_future(STEPS[step](ingest, job_id))
        await eventually(lambda: somebody_waits(ingest))
        await uow.conn.execute(text("SELECT FROM ingest.chunks WHERE job_id = :id FOR UPDATE NOWAIT"), {"id": job_id})
    await waiting


async def somebody_waits(ingest: Ingest) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with ingest.open_uow() as uow:
        return bool((await uow.conn.execute(text(query))).scalar())
