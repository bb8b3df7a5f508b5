"""A queued chunk is the broker's; it is published again only when nobody can have it any more, or an operator says so."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from libs.common.clock import utc_now
from libs.common.ids import new_id
from services.ingest.domain.jobs import JobState
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.rescue_chunks import IDLE_FOR, QUEUED_FOR, WATCHED, rescue_chunks, rescue_job
from tests.integration.ingest.jobs.steps import Ingest, answer


@dataclass
class Depths:
    """The broker's queues as the rescue sees them."""

    ready: dict[str, int] = field(default_factory=dict[str, int])

    async def depth(self, queue: str) -> int:
        return self.ready.get(queue, 0)


QUIET = Depths()


async def look(ingest: Ingest, *, queues: Depths = QUIET, at: datetime | None = None) -> int:
    return await rescue_chunks(open_uow=ingest.open_uow, queues=queues, now=at or utc_now())


async def lost(ingest: Ingest) -> None:
    """Both chunks have been queued for longer than anybody waits, and every replica says that it is idle."""
    await ingest.execute(
        "UPDATE ingest.chunks SET queued_at = now() - :age * interval '1 s'", age=QUEUED_FOR.seconds + 1
    )


async def twice(ingest: Ingest, *, queues: Depths = QUIET, in_flight: int = 0, pending: int = 0) -> int:
    """Two looks `IDLE_FOR` apart, with the replica heard in between."""
    replica = await ingest.announce(rows=100, in_flight=in_flight, pending=pending)
    await ingest.execute("DELETE FROM ingest.enrich_replicas WHERE id <> :id", id=replica)
    assert await look(ingest, queues=queues) == 0
    later = utc_now() + IDLE_FOR
    await ingest.execute("UPDATE ingest.enrich_replicas SET seen_at = :at", at=later)
    return await look(ingest, queues=queues, at=later)


async def test_what_the_broker_has_lost_is_published_again_under_a_new_number(ingest: Ingest) -> None:
    """[rescue]. Red when a chunk whose message is gone stays queued for ever."""
    job_id = await ingest.queued((1, 1))
    await lost(ingest)
    assert await twice(ingest) == 2
    assert await ingest.chunk_states(job_id) == ["pending", "pending"]
    assert await ingest.dispatch() == 2
    assert sorted(chunk.dispatch_no for chunk in ingest.broker.chunks) == [1, 1, 2, 2]


async def test_one_look_is_not_enough(ingest: Ingest) -> None:
    """Between queue and announcement a message is in nobody's count. Red when the first idle look already rescues."""
    await ingest.queued((1,))
    await lost(ingest)
    await ingest.announce(rows=100)
    assert await look(ingest) == 0
    assert await look(ingest, at=utc_now() + timedelta(seconds=5)) == 0


async def test_a_busy_look_in_between_starts_over(ingest: Ingest) -> None:
    """Red when the first idle look is remembered across a busy one."""
    await ingest.queued((1,))
    await lost(ingest)
    replica = await ingest.announce(rows=100)
    await ingest.execute("DELETE FROM ingest.enrich_replicas WHERE id <> :id", id=replica)
    now = utc_now()
    assert await look(ingest, at=now) == 0
    assert await look(ingest, queues=Depths({"ingest.record_results": 1}), at=now + timedelta(seconds=10)) == 0
    await ingest.execute("UPDATE ingest.enrich_replicas SET seen_at = :at", at=now + timedelta(seconds=20))
    assert await look(ingest, at=now + timedelta(seconds=20)) == 0


@pytest.mark.parametrize("queue", WATCHED)
async def test_every_queue_that_may_hold_a_chunk_or_its_answer_has_to_be_empty(ingest: Ingest, queue: str) -> None:
    """[rescue_all]. Red when the retry queues, the dead letters or the answers are not looked at."""
    await ingest.queued((1,))
    await lost(ingest)
    assert await twice(ingest, queues=Depths({queue: 1})) == 0


def test_the_queues_that_are_watched() -> None:
    """[rescue_all]. The work queue, its retry queues and dead letters; the answers and theirs."""
    assert set(WATCHED) == {
        "enrich.enrich_chunk",
        "enrich.enrich_chunk.dead",
        "enrich.retry.5s",
        "enrich.retry.30s",
        "enrich.retry.5m",
        "ingest.record_results",
        "ingest.take_back_chunk",
        "ingest.fail_chunk",
        "ingest.retry.5s",
        "ingest.retry.30s",
        "ingest.retry.5m",
    }


@pytest.mark.parametrize(("in_flight", "pending"), [(1, 0), (0, 1)])
async def test_a_replica_at_work_or_with_answers_to_send_is_not_idle(
    ingest: Ingest, in_flight: int, pending: int
) -> None:
    """[rescue_all]. Red when only the queues are looked at: the chunk is in a worker's hands, or its answer in an outbox."""
    await ingest.queued((1,))
    await lost(ingest)
    assert await twice(ingest, in_flight=in_flight, pending=pending) == 0


async def test_a_live_replica_that_has_not_been_heard_since_may_have_it(ingest: Ingest) -> None:
    """Its last word is from before the first look."""
    await ingest.queued((1,))
    await lost(ingest)
    await ingest.announce(rows=100)
    now = utc_now()
    assert await look(ingest, at=now) == 0
    assert await look(ingest, at=now + IDLE_FOR) == 0


async def test_a_chunk_that_was_queued_just_now_is_left_alone(ingest: Ingest) -> None:
    """Red when the age is not looked at."""
    await ingest.queued((1,))
    assert await twice(ingest) == 0


async def test_completed_and_cancelled_chunks_are_left_alone(ingest: Ingest) -> None:
    """Red when a chunk that has its answer, or whose job has ended, is published again."""
    job_id = await ingest.queued((1, 1))
    other = await ingest.queued((1,))
    await ingest.deliver(answer(job_id, 0, [1]))
    async with ingest.open_uow() as uow:
        await cancel_job(uow, other, workspace_id=ingest.workspace_id, now=utc_now())
    await lost(ingest)
    assert await twice(ingest) == 1
    assert await ingest.chunk_states(job_id) == ["completed", "pending"]
    assert await ingest.chunk_states(other) == ["queued"]


async def test_an_answer_to_the_old_copy_still_counts_after_a_rescue(ingest: Ingest) -> None:
    """It was not lost after all: the first valid answer wins, and the second copy's changes nothing."""
    job_id = await ingest.queued((1, 1))
    async with ingest.open_uow() as uow:
        assert await rescue_job(uow, job_id, now=utc_now()) == 2
    await ingest.deliver(answer(job_id, 0, [1], dispatch_no=1))
    await ingest.dispatch()
    await ingest.deliver(answer(job_id, 1, [2], dispatch_no=2))
    await ingest.deliver(answer(job_id, 1, [2], dispatch_no=1))
    job = await ingest.job(job_id)
    assert (job.state, job.credits_total) == (JobState.MERGING, 2)


async def test_an_operator_rescues_one_job_whatever_the_broker_says(ingest: Ingest) -> None:
    """Red when it asks the queues first, or takes another job's chunks along."""
    job_id = await ingest.queued((1,))
    other = await ingest.queued((1,))
    async with ingest.open_uow() as uow:
        assert await rescue_job(uow, job_id, now=utc_now()) == 1
        assert await rescue_job(uow, new_id(), now=utc_now()) == 0
    assert await ingest.chunk_states(other) == ["queued"]
