"""Waiting is visible with its reason, and what was counted last is pushed: as JobOut and `job.progressed` say it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.enrich import ProviderWait
from libs.common.contracts.envelope import Envelope
from libs.common.contracts.ingest import JobProgressed
from libs.common.ids import new_id
from libs.common.sealing import Sealed
from services.ingest.domain.waiting import Waiting
from services.ingest.repositories import job_logs
from services.ingest.use_cases.explain_waiting import explain_waiting
from services.ingest.use_cases.pause_job import pause_job
from services.ingest.use_cases.push_owed_progress import push_owed_progress
from services.ingest.use_cases.resume_job import resume_job
from tests.integration.ingest.jobs.steps import Ingest, answer, exhausted


@pytest.fixture
def pushed(ingest: Ingest) -> list[JobProgressed]:
    """What has been pushed to browsers, in order."""
    heard = list[JobProgressed]()

    async def sink(event: Sealed) -> None:
        envelope = Envelope.model_validate_json(event.body)
        if envelope.type == JobProgressed.type:
            heard.append(JobProgressed.model_validate(envelope.data))

    ingest.open_uow.transient_sink = sink
    return heard


async def told(ingest: Ingest, job_id: UUID, *, now: datetime | None = None) -> Waiting | None:
    job = await ingest.job(job_id)
    async with ingest.open_uow() as uow:
        return (await explain_waiting(uow, [job], now=now or utc_now()))[job_id]


async def push(ingest: Ingest, *, after_s: float = 1) -> int:
    return await push_owed_progress(open_uow=ingest.open_uow, now=utc_now() + timedelta(seconds=after_s))


def groq(seconds: float) -> list[ProviderWait]:
    return [ProviderWait(provider="groq", account="groq", until=utc_now() + timedelta(seconds=seconds))]


async def test_a_job_is_told_what_it_waits_for_along_its_way(ingest: Ingest) -> None:
    """Credits, a worker, its turn, nothing, a limit of the minute, its person. Red when one is shown for another."""
    made = await ingest.create(await ingest.upload((1,)))
    first = await told(ingest, made.id)
    assert first is not None
    assert first.reason == "credits"
    job_id = await ingest.processing((1, 1))
    waiting = await told(ingest, job_id)
    assert waiting is not None
    assert waiting.reason == "no_workers"
    replica = await ingest.announce(rows=0)
    waiting = await told(ingest, job_id)
    assert waiting is not None
    assert waiting.reason == "queue"
    await ingest.announce(rows=10, replica=replica)
    await ingest.dispatch()
    assert await told(ingest, job_id) is None
    await ingest.announce(rows=10, replica=replica, waits=groq(6.8))
    waiting = await told(ingest, job_id)
    assert waiting is not None
    assert (waiting.reason, waiting.provider) == ("minute_limit", "groq")
    assert waiting.message.startswith("Groq minute limit, resumes in 6.")
    assert await told(ingest, job_id, now=utc_now() + timedelta(seconds=7)) is None
    await ingest.deliver(exhausted(1))
    waiting = await told(ingest, job_id)
    assert waiting is not None
    assert (waiting.reason, waiting.message) == ("serper_day_limit", "the day's limit of Serper is reached")


async def test_whoever_looks_is_told_when_a_wait_begins_and_when_it_ends(
    ingest: Ingest, pushed: list[JobProgressed]
) -> None:
    """Nothing is answered meanwhile. Red when the sentence comes with the next answer only, or stays for ever."""
    job_id = await ingest.queued((1, 1))
    replica = await ingest.announce(rows=10)
    await push(ingest)
    pushed.clear()
    limit = groq(30)
    await ingest.announce(rows=10, replica=replica, waits=limit)
    assert await push(ingest) == 1
    await ingest.announce(rows=10, replica=replica, waits=limit)
    assert await push(ingest) == 0, "said again it is no news"
    await ingest.announce(rows=10, replica=replica)
    assert await push(ingest, after_s=2) == 1
    assert [(event.job_id, event.waiting is not None) for event in pushed] == [(job_id, True), (job_id, False)]
    assert pushed[0].waiting is not None
    assert pushed[0].waiting.startswith("Groq minute limit, resumes in 2")


async def test_the_last_count_is_pushed_although_it_came_too_soon(ingest: Ingest, pushed: list[JobProgressed]) -> None:
    """A paused job gets its last answers in a burst. Red when the eye stays at the count before."""
    job_id = await ingest.queued((1,) * 5)
    async with ingest.open_uow() as uow:
        await pause_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())
    await asyncio.gather(*(ingest.deliver(answer(job_id, number, [number + 1])) for number in range(5)))
    await push(ingest)
    last = pushed[-1]
    assert (last.rows_done, last.rows_enriched, last.credits_total, last.state) == (5, 5, 5, "paused")
    assert last.waiting == "paused: resume it to go on"
    count = len(pushed)
    assert await push(ingest, after_s=5) == 0
    assert len(pushed) == count


async def test_what_is_owed_is_pushed_once_by_many_runners(ingest: Ingest, pushed: list[JobProgressed]) -> None:
    """And not sooner than a quarter of a second after the last. Red when each replica pushes it."""
    job_id = await ingest.queued((1, 1))
    await ingest.execute("UPDATE ingest.jobs SET progress_owed = true, progressed_at = now() WHERE id = :id", id=job_id)
    pushed.clear()
    assert await push(ingest, after_s=0.1) == 0
    assert sum(await asyncio.gather(*(push(ingest) for _ in range(4)))) == 1
    assert len(pushed) == 1


async def test_a_push_moves_no_version(ingest: Ingest) -> None:
    """Red when a look at a job makes an answer's compare-and-swap fail."""
    job_id = await ingest.queued((1, 1))
    before = (await ingest.job(job_id)).version
    await ingest.execute("UPDATE ingest.jobs SET progress_owed = true, progressed_at = NULL")
    assert await push(ingest) == 1
    assert (await ingest.job(job_id)).version == before


async def test_the_log_says_what_happened_and_who_did_it(ingest: Ingest) -> None:
    """Oldest first, a page at a time; what follows from a person's turn is nobody's. Red when a turn is missing."""
    job_id = await ingest.queued((1,))
    person = new_id()

    async def turn(use_case: Any) -> None:
        async with ingest.open_uow() as uow:
            await use_case(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now(), user_id=person)

    await turn(pause_job)
    await ingest.deliver(answer(job_id, 0, [1]))
    await turn(resume_job)
    entries, after = list[job_logs.LogEntry](), None
    while True:
        async with ingest.open_uow() as uow:
            page = await job_logs.page(uow.conn, job_id, after=after, limit=2)
        if not page:
            break
        entries += page
        after = page[-1].id
    assert [(entry.state.value, entry.user_id) for entry in entries] == [
        ("reserving", ingest.user_id),
        ("queued", None),
        ("processing", None),
        ("paused", person),
        ("processing", person),
        ("merging", None),
    ]
    versions = [entry.version for entry in entries]
    assert versions == sorted(versions)
