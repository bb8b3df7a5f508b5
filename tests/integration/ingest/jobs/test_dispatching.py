"""DESIGN 5.1 item 3: dispatch within the window, fairly, by lease, with a number that rises."""

import asyncio
from datetime import timedelta

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.ingest import JobFailed
from libs.common.ids import new_id
from libs.common.messaging.bus import BrokerUnavailable
from libs.common.storage import StorageUnavailable
from services.ingest.domain.jobs import JobState
from services.ingest.repositories import dispatch_rounds, dispatches, enrich_replicas
from services.ingest.segments import encode_chunk
from services.ingest.use_cases import dispatch_chunks as dispatching
from services.ingest.use_cases.pause_job import pause_job
from tests.integration.ingest.jobs.steps import Ingest, answer, exhausted, returned


async def test_a_chunk_carries_its_rows_its_spec_and_its_numbers(ingest: Ingest) -> None:
    """Whoever has the message has all that is needed."""
    job_id = await ingest.queued((2, 1))
    first, second = sorted(ingest.broker.chunks, key=lambda chunk: chunk.chunk_no)
    assert [row.row_no for row in first.rows] == [1, 2]
    assert first.rows[0].cells == {"Email": "lead1@acme.example", "First name": "Lead1", "Company": "Acme 1"}
    assert second.rows[0].cells["Email"] == "lead3@acme.example"
    assert first.spec.mapping == {"email": "Email", "first_name": "First name", "company": "Company"}
    version = (await ingest.job(job_id)).version
    assert (first.job_id, first.epoch, first.dispatch_no, first.job_version) == (job_id, 0, 1, version)
    assert {envelope.tenant_id for envelope in ingest.broker.envelopes} == {ingest.workspace_id}
    assert await ingest.chunk_states(job_id) == ["queued", "queued"]


async def test_rows_under_way_stay_within_one_and_a_half_times_the_capacity(ingest: Ingest) -> None:
    """Red when the window is not looked at, or not global: two jobs share it."""
    await ingest.announce(rows=10)
    for _ in range(2):
        await ingest.processing([5] * 6)
    assert await ingest.dispatch() == 3
    assert await ingest.dispatch() == 0
    sent = ingest.broker.chunks[0]
    await ingest.deliver(answer(sent.job_id, sent.chunk_no, [row.row_no for row in sent.rows]))
    assert await ingest.dispatch() == 1


async def test_nothing_goes_out_while_no_replica_lives(ingest: Ingest) -> None:
    """Red when the last word of a dead replica counts for ever."""
    await ingest.processing((1,))
    assert await ingest.dispatch() == 0
    replica = await ingest.announce(rows=10)
    await ingest.execute("UPDATE ingest.enrich_replicas SET seen_at = now() - interval '1 minute'")
    assert await ingest.dispatch() == 0
    await ingest.announce(rows=10, replica=replica)
    assert await ingest.dispatch() == 1


async def test_an_old_announcement_says_nothing(ingest: Ingest) -> None:
    """Announcements are transient and may overtake each other: the newest counts."""
    replica = await ingest.announce(rows=10)
    await ingest.execute("UPDATE ingest.enrich_replicas SET seen_at = now() + interval '1 minute'")
    await ingest.announce(rows=99, replica=replica)
    async with ingest.open_uow() as uow:
        (known,) = await enrich_replicas.known(uow.conn)
    assert known.rows_capacity == 10


async def test_tenants_take_turns_even_when_one_chunk_fits_at_a_time(ingest: Ingest) -> None:
    """P7. Red when whose turn it is is not kept between rounds: the first tenant would take every free slot."""
    ours = await ingest.processing([50] * 4)
    ingest.workspace_id = theirs = new_id()
    other = await ingest.processing([50] * 4)
    await ingest.announce(rows=40)
    served: list[object] = []
    for _ in range(6):
        assert await ingest.dispatch() == 1
        sent = ingest.broker.chunks[-1]
        served.append(sent.job_id)
        ingest.workspace_id = ingest.broker.envelopes[-1].tenant_id or theirs
        await ingest.deliver(answer(sent.job_id, sent.chunk_no, [row.row_no for row in sent.rows]))
    assert served.count(ours) == served.count(other) == 3


async def test_one_planner_at_a_time(ingest: Ingest) -> None:
    """Red when two planners see the same window: together they would exceed it, or claim the same chunk."""
    await ingest.announce(rows=10)
    await ingest.processing([5] * 8)
    counts = await asyncio.gather(*(ingest.dispatch() for _ in range(5)))
    assert sum(counts) == 3
    assert len({(chunk.job_id, chunk.chunk_no) for chunk in ingest.broker.chunks}) == 3
    async with ingest.open_uow() as uow, ingest.open_uow() as other:
        assert await dispatch_rounds.begin(uow.conn) is not None
        assert await dispatch_rounds.begin(other.conn) is None


async def test_a_claim_whose_lease_has_run_out_is_pending_again(ingest: Ingest) -> None:
    """[pub_lease]. Red when a dispatcher that died between claim and mark keeps its chunk for ever; the number rises."""
    job_id = await ingest.processing((1,))
    await ingest.announce(rows=10)
    async with ingest.open_uow() as uow:
        (claimed,) = await dispatching.plan(uow, now=utc_now())
    assert await ingest.chunk_states(job_id) == ["publishing"]
    assert await ingest.dispatch() == 0
    await ingest.execute("UPDATE ingest.chunks SET lease_until = now() - interval '1 second'")
    assert await ingest.dispatch() == 1
    assert claimed.dispatch_no == 1
    assert ingest.broker.chunks[0].dispatch_no == 2


async def test_a_slow_dispatcher_does_not_mark_what_is_not_its_own_any_more(ingest: Ingest) -> None:
    """[mark_cas]. Red when the mark looks at neither the state nor the dispatch: it would take back an answer, or say
    `queued` of a later dispatch that has not been published."""
    job_id = await ingest.processing((1, 1))
    await ingest.announce(rows=10)
    async with ingest.open_uow() as uow:
        first = await dispatching.plan(uow, now=utc_now())
    await ingest.execute("UPDATE ingest.chunks SET lease_until = now() - interval '1 second'")
    async with ingest.open_uow() as uow:
        await dispatching.plan(uow, now=utc_now())
    await ingest.deliver(answer(job_id, 1, [2]))
    async with ingest.open_uow() as uow:
        assert await dispatches.mark_queued(uow.conn, first) == 0
    assert await ingest.chunk_states(job_id) == ["publishing", "completed"]


async def test_an_answer_may_come_before_the_mark(ingest: Ingest) -> None:
    """[mark_cas]. A fast worker: the chunk stays completed."""
    job_id = await ingest.processing((1, 1))
    await ingest.announce(rows=10)
    async with ingest.open_uow() as uow:
        claimed = await dispatching.plan(uow, now=utc_now())
    await ingest.deliver(answer(job_id, 0, [1]))
    async with ingest.open_uow() as uow:
        assert await dispatches.mark_queued(uow.conn, claimed) == 1
    assert await ingest.chunk_states(job_id) == ["completed", "queued"]


async def test_what_the_broker_did_not_confirm_is_not_marked(ingest: Ingest) -> None:
    """It waits for its lease; a copy that did arrive is an older dispatch."""
    job_id = await ingest.processing((1,))
    await ingest.announce(rows=10)
    ingest.broker.error = BrokerUnavailable("away")
    await ingest.dispatch()
    assert await ingest.chunk_states(job_id) == ["publishing"]


async def tried(ingest: Ingest, times: int) -> None:
    """Dispatch, each time after the lease of the last has run out."""
    for _ in range(times):
        await ingest.execute(
            "UPDATE ingest.chunks SET lease_until = now() - interval '1 s' WHERE lease_until IS NOT NULL"
        )
        assert await ingest.dispatch() == 1


async def test_rows_that_are_gone_from_storage_fail_the_job_after_a_while(ingest: Ingest) -> None:
    """Red when one miss ends the job (a store that answers 404 once, a volume that is mounted late), or no number of them:
    rows that do not come back are better said than asked for for ever."""
    job_id = await ingest.processing((1,))
    await ingest.storage.delete_prefix("uploads")
    await ingest.announce(rows=10)
    await tried(ingest, dispatching.MAX_FAILURES - 1)
    assert (await ingest.job(job_id)).state is JobState.PROCESSING
    await tried(ingest, 1)
    job = await ingest.job(job_id)
    assert (job.state, job.reason) == (JobState.FAILED, "rows_missing")
    assert len(await ingest.said(JobFailed)) == 1


async def test_rows_that_come_back_are_dispatched_and_the_misses_forgotten(ingest: Ingest) -> None:
    """Red when misses add up over a chunk's life: a returned chunk would end its job at its next miss."""
    job_id = await ingest.processing((1,))
    (ref,) = await ingest.chunk_rows(job_id)
    segment = await ingest.storage.get(ref.segment_key)
    await ingest.storage.delete_prefix("uploads")
    await ingest.announce(rows=10)
    await tried(ingest, dispatching.MAX_FAILURES - 1)
    await ingest.storage.put(ref.segment_key, segment)
    await tried(ingest, 1)
    assert await ingest.chunk_states(job_id) == ["queued"]
    await ingest.deliver(returned(job_id, 0, dispatch_no=dispatching.MAX_FAILURES))
    await ingest.storage.delete_prefix("uploads")
    await tried(ingest, 1)
    assert (await ingest.job(job_id)).state is JobState.PROCESSING


async def test_what_nobody_foresaw_is_not_tried_for_ever(ingest: Ingest) -> None:
    """Red when an error without a name leaves its chunk to be published every minute, and its job at work, for good."""
    job_id = await ingest.processing((1,))
    await ingest.announce(rows=10)
    ingest.broker.error = RuntimeError("nobody foresaw this")
    await tried(ingest, dispatching.MAX_FAILURES - 1)
    assert (await ingest.job(job_id)).state is JobState.PROCESSING
    await tried(ingest, 1)
    assert (await ingest.job(job_id)).state is JobState.FAILED


@pytest.mark.parametrize("error", [BrokerUnavailable("away"), StorageUnavailable("away")])
async def test_an_outage_of_any_length_fails_no_job(ingest: Ingest, error: Exception) -> None:
    """Red when what is away counts against the chunk."""
    job_id = await ingest.processing((1,))
    await ingest.announce(rows=10)
    ingest.broker.error = error
    await tried(ingest, dispatching.MAX_FAILURES + 1)
    assert (await ingest.job(job_id)).state is JobState.PROCESSING


@pytest.mark.parametrize("damage", ["deflate", "json", "short"])
async def test_damaged_rows_fail_the_job_at_once(ingest: Ingest, damage: str) -> None:
    """A flipped byte, what is no row, an object that is too short. Red when one of them is taken for something that may
    work later: the chunk would be published every minute for ever."""
    job_id = await ingest.processing((1,))
    (ref,) = await ingest.chunk_rows(job_id)
    segment = bytearray(await ingest.storage.get(ref.segment_key))
    if damage == "deflate":
        segment[10] |= 0x07
    elif damage == "json":
        segment = bytearray(encode_chunk([b'["lead1'])).ljust(ref.byte_length, b"\0")
        await ingest.execute("UPDATE ingest.chunks SET byte_length = :length", length=len(segment))
    else:
        segment.clear()
    await ingest.storage.put(ref.segment_key, bytes(segment))
    await ingest.announce(rows=10)
    await ingest.dispatch()
    job = await ingest.job(job_id)
    assert (job.state, job.reason) == (JobState.FAILED, "rows_unreadable")


async def test_only_jobs_at_work_are_dispatched(ingest: Ingest) -> None:
    """Red when a paused job's chunks go out."""
    job_id = await ingest.processing((1,))
    await ingest.announce(rows=10)
    async with ingest.open_uow() as uow:
        await pause_job(uow, job_id, workspace_id=ingest.workspace_id, now=utc_now())
    assert await ingest.dispatch() == 0


async def test_a_returned_chunk_waits_for_its_time_and_goes_out_under_a_new_number(ingest: Ingest) -> None:
    """`due_at = retry_at`. Red when it goes out at once: a hot loop."""
    job_id = await ingest.queued((1,))
    await ingest.deliver(returned(job_id, 0, reason="out_of_time", after_s=60))
    assert await ingest.dispatch() == 0
    await ingest.execute("UPDATE ingest.chunks SET due_at = now()")
    assert await ingest.dispatch() == 1
    assert [chunk.dispatch_no for chunk in ingest.broker.chunks] == [1, 2]


async def test_a_chunk_returned_for_a_provider_that_is_up_again_is_looked_at_soon(ingest: Ingest) -> None:
    """`recovered` was heard before `returned`: waiting for tomorrow would be wrong."""
    job_id = await ingest.queued((1,))
    await ingest.deliver(returned(job_id, 0, reason="provider_exhausted", after_s=80_000))
    (chunk,) = await ingest.chunk_rows(job_id)
    assert chunk.due_at - utc_now() <= timedelta(seconds=30)
    assert (await ingest.job(job_id)).state is JobState.PROCESSING


async def test_a_chunk_returned_for_a_provider_that_is_out_parks_its_job_again(ingest: Ingest) -> None:
    """Somebody resumed it too early: without this its chunks would go out and come back all day."""
    job_id = await ingest.queued((1,))
    await ingest.deliver(exhausted(1))
    await ingest.execute("UPDATE ingest.jobs SET state = 'processing'")
    await ingest.deliver(returned(job_id, 0, reason="provider_exhausted", after_s=0))
    assert (await ingest.job(job_id)).state is JobState.PARKED


@pytest.mark.parametrize("state", ["cancelled", "failed", "completed", "merging"])
async def test_chunks_of_ended_jobs_take_no_room(ingest: Ingest, state: str) -> None:
    """Red when the rows of a cancelled job fill the window for ever."""
    await ingest.announce(rows=10)
    job_id = await ingest.processing([15])
    assert await ingest.dispatch() == 1
    await ingest.execute("UPDATE ingest.jobs SET state = :state WHERE id = :id", state=state, id=job_id)
    await ingest.processing([15])
    assert await ingest.dispatch() == 1
