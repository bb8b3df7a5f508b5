"""The rules by which chunks are worked on: who may pay for a row, whose answer counts, and what a redelivery repeats."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select, update

from libs.common.contracts.enrich import ChunkEnriched, ChunkFailed, ChunkReturned
from libs.common.contracts.ingest import JobCancelled, JobCompleted, JobParked, JobPaused, JobResumed
from libs.common.errors import Busy
from libs.common.ids import new_id
from services.enrich.in_flight.leases import LEASE_S
from services.enrich.repositories import checkpoints, claims
from services.enrich.repositories.checkpoints import Checkpoint
from services.enrich.repositories.claims import RowSet
from services.enrich.tables import company_research, job_states, row_work
from services.enrich.use_cases.fail_chunk import fail_chunk
from services.enrich.use_cases.reap_checkpoints import reap_checkpoints
from tests.integration.enrich.bench import INGRID, OTHER_TENANT, TENANT, Bench, bench_on, message_of
from tests.support.waiting import PATIENCE_S, eventually


async def let_leases_run_out(bench: Bench) -> None:
    async with bench.open_uow() as uow:
        await uow.conn.execute(update(row_work).values(lease_until=func.to_timestamp(0)))


async def store_result(bench: Bench, row_no: int, **fields: object) -> dict[str, object]:
    result: dict[str, object] = {
        "row_no": row_no,
        "status": "degraded",
        "line": "stored before",
        "reason": "earlier",
    } | fields
    async with bench.open_uow() as uow:
        found = Checkpoint(bench.job_id, row_no, "spec-1", "result", orjson.dumps(result))
        await checkpoints.store(uow.conn, [found])
    return result


def by_row(answer: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {row["row_no"]: row for row in answer["results"]}


# Twice.


async def test_a_chunk_delivered_twice_is_answered_once_and_paid_once(bench: Bench) -> None:
    """Red when the inbox row is not written with the answer: the second delivery answers again."""
    message = await bench.deliver(bench.chunk(3))
    await bench.deliver(bench.chunk(3), message=message)
    assert len(await bench.said(ChunkEnriched)) == 1
    assert bench.world.answered("groq") == 9


async def test_with_the_inbox_emptied_in_between_the_same_answer_is_given_and_nothing_paid(bench: Bench) -> None:
    """Red when the checkpoint key holds the attempt, or results are not kept: `ck_key`."""
    message = await bench.deliver(bench.chunk(3))
    await bench.empty_inbox()
    await bench.deliver(bench.chunk(3), message=message)
    first, second = await bench.said(ChunkEnriched)
    assert first == second
    assert bench.world.answered("groq") == 9


async def test_another_dispatch_is_answered_from_the_checkpoints(bench: Bench) -> None:
    """Red when the checkpoint key holds the dispatch: `ck_key`."""
    await bench.deliver(bench.chunk(3, dispatch=1))
    await bench.deliver(bench.chunk(3, dispatch=2))
    first, second = await bench.said(ChunkEnriched)
    assert (first["dispatch_no"], second["dispatch_no"]) == (1, 2)
    assert first["results"] == second["results"]
    assert bench.world.answered("groq") == 9


async def test_another_spec_is_other_work(bench: Bench) -> None:
    """Red when the checkpoint key leaves the spec out: another offer would get the line of the first."""
    await bench.deliver(bench.chunk(1))
    await bench.deliver(bench.chunk(1, dispatch=2, hash="spec-2"))
    assert bench.world.answered("groq") == 3 + 2, "all but the company, which is the same"


async def test_news_of_a_job_delivered_twice_and_with_the_inbox_emptied_changes_nothing(bench: Bench) -> None:
    """Red when an old pause, heard again after its resume, stops the job: `job_ver`."""
    paused = JobPaused(job_id=bench.job_id, job_version=5)
    message = await bench.deliver(paused)
    await bench.deliver(paused, message=message)
    await bench.deliver(JobResumed(job_id=bench.job_id, job_version=6))
    await bench.empty_inbox()
    await bench.deliver(paused, message=message)
    assert await state_of(bench) == (6, "running")


# Claims.


async def test_while_a_row_is_worked_on_a_second_copy_waits(bench: Bench) -> None:
    """Red when rows are not claimed before the first paid call: `row_claim`."""
    bench.world.turn(groq={"hang": True})
    first = asyncio.create_task(bench.deliver(bench.chunk(3)))
    await eventually(lambda: bench.world.in_flight("groq"))
    with pytest.raises(Busy):
        await bench.deliver(bench.chunk(3, dispatch=2))
    bench.world.turn(groq={"hang": False})
    await first
    await bench.deliver(bench.chunk(3, dispatch=2))
    assert len(await bench.said(ChunkEnriched)) == 2
    assert bench.world.answered("groq") == 9


async def test_who_meets_a_claim_does_its_own_rows_first(bench: Bench) -> None:
    """Red when a chunk of which others hold a row is given up whole, or answered without that row."""
    async with bench.open_uow() as uow:
        held = await claims.claim(uow.conn, RowSet(bench.job_id, "spec-1", (2,)), holder=new_id(), lease_s=60)
    assert held == {2}
    with pytest.raises(Busy, match="1 rows of chunk 0"):
        await bench.deliver(bench.chunk(3))
    assert await bench.stored("result") == 2
    assert await bench.said(ChunkEnriched) == []
    await store_result(bench, 2)
    await bench.deliver(bench.chunk(3))
    (answer,) = await bench.said(ChunkEnriched)
    assert sorted(by_row(answer)) == [1, 2, 3]


async def test_of_many_that_claim_at_once_each_row_is_had_by_one(bench: Bench) -> None:
    """Red when a claim takes what a live lease holds: a row is paid for as often as it was claimed."""
    rows = RowSet(bench.job_id, "spec-1", tuple(range(1, 51)))

    async def claim() -> set[int]:
        async with bench.open_uow() as uow:
            return await claims.claim(uow.conn, rows, holder=new_id(), lease_s=60)

    had = await asyncio.gather(*(claim() for _ in range(8)))
    assert sorted(row for mine in had for row in mine) == list(range(1, 51))


async def test_a_lease_that_ran_out_is_anybodys(bench: Bench) -> None:
    """Red when the rows of a worker that died stay its own for ever, or those of a live one are free."""
    rows = RowSet(bench.job_id, "spec-1", (1,))
    async with bench.open_uow() as uow:
        assert await claims.claim(uow.conn, rows, holder=new_id(), lease_s=-1) == {1}
        assert await claims.claim(uow.conn, rows, holder=new_id(), lease_s=60) == {1}
        assert await claims.claim(uow.conn, rows, holder=new_id(), lease_s=60) == set()


async def test_a_lease_is_renewed_and_one_that_others_took_is_noticed(bench: Bench) -> None:
    """Red when a chunk longer than a lease loses its rows to others, or does not notice that it has lost them."""
    leases, rows = bench.floor.leases, RowSet(bench.job_id, "spec-1", (1, 2))
    with leases.hold() as lease:
        async with bench.open_uow() as uow:
            await claims.claim(uow.conn, rows, holder=lease.holder, lease_s=0)
        lease.rows = 2
        await leases.renew()
        async with bench.open_uow() as uow:
            left = await uow.conn.execute(
                select(func.min(func.extract("epoch", row_work.c.lease_until - func.clock_timestamp())))
            )
            assert left.scalar_one() > LEASE_S - 5
        assert not lease.lost
        await let_leases_run_out(bench)
        async with bench.open_uow() as uow:
            await claims.claim(uow.conn, RowSet(bench.job_id, "spec-1", (2,)), holder=new_id(), lease_s=60)
        await leases.renew()
        assert lease.lost


async def test_who_has_lost_its_lease_starts_no_further_row(database: str, bench: Bench) -> None:
    """Red when the lease is not looked at before each row: both holders would pay for the rest."""
    async with bench_on(database, bench.world, slots=1) as narrow:
        bench.world.turn(groq={"hang": True})
        late = asyncio.create_task(narrow.deliver(narrow.chunk(3)))
        await eventually(lambda: bench.world.in_flight("groq"))
        for lease in narrow.floor.leases._held.values():  # pyright: ignore[reportPrivateUsage] - as renew() would
            lease.lost = True
        bench.world.turn(groq={"hang": False})
        with pytest.raises(Busy):
            await late
        assert await narrow.stored("result") == 1


async def test_the_first_stored_result_is_the_answer_of_everyone(bench: Bench) -> None:
    """Red when a later result replaces a stored one or is answered instead of it: `first_stored`."""
    bench.world.turn(groq={"hang": True})
    late = asyncio.create_task(bench.deliver(bench.chunk(1)))
    await eventually(lambda: bench.world.in_flight("groq"))
    await store_result(bench, 1)
    bench.world.turn(groq={"hang": False})
    await late
    (row,) = await bench.rows_said(ChunkEnriched)
    assert row["line"] == "stored before"


# Crashes.


@pytest.mark.parametrize("provider", ["serper", "groq"])
async def test_a_crash_repeats_at_most_the_rows_that_were_in_flight(database: str, bench: Bench, provider: str) -> None:
    """Two slots, eight rows; killed in the middle of two of them. Stages keep what these had found. Red when a row that was
    done, or a stage that was stored, is paid for again."""
    async with bench_on(database, bench.world, slots=2) as narrow:
        bench.world.turn(groq={"latency_ms": 150})
        doomed = asyncio.create_task(narrow.deliver(narrow.chunk(8)))
        await eventually(lambda: stored(narrow, "result", 2))
        bench.world.turn(**{provider: {"hang": True}})
        await eventually(lambda: bench.world.in_flight(provider) >= 2)
        kept = await narrow.stored("result")
        if provider == "groq":
            # One row alone asks twice at the same time: the other may be searching still.
            await eventually(lambda: stored(narrow, "person_sources", kept + 2))
            await eventually(lambda: stored(narrow, "company_sources", kept + 2))
        doomed.cancel()
        await asyncio.gather(doomed, return_exceptions=True)
        bench.world.reset()
        await eventually(lambda: not bench.world.in_flight(provider))
        bench.world.box.calls.clear()
        await let_leases_run_out(narrow)
        await narrow.deliver(narrow.chunk(8, dispatch=2))
        rows = await narrow.rows_said(ChunkEnriched)
    assert [row["row_no"] for row in rows] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert bench.world.answered("groq") <= 3 * (8 - kept)
    found = 2 if provider == "groq" else 0
    assert bench.world.answered("serper") <= 3 * (8 - kept - found)


async def stored(bench: Bench, stage: str, at_least: int) -> bool:
    return await bench.stored(stage) >= at_least


@pytest.mark.parametrize(
    ("kept", "searched", "asked"),
    [
        ((), 3, 3),
        (("company_sources",), 1, 3),
        (("person_sources",), 2, 3),
        (("company_sources", "person_sources"), 0, 3),
        (("company_sources", "person_sources", "person"), 0, 2),
        (("company_sources", "person_sources", "company research"), 0, 2),
        (("person_sources", "person", "company research"), 0, 1),
        (("result",), 0, 0),
    ],
)
async def test_killed_after_each_stage_the_next_worker_goes_on_from_there(
    bench: Bench, kept: tuple[str, ...], searched: int, asked: int
) -> None:
    """Red when a stage is not stored, or not taken up: its calls are paid for a second time, or missing from the receipt."""
    await bench.deliver(bench.chunk([INGRID]))
    async with bench.open_uow() as uow:
        table = checkpoints.checkpoints
        await uow.conn.execute(table.delete().where(table.c.stage.not_in(kept)))
        if "company research" not in kept:
            await uow.conn.execute(company_research.delete())
    await let_leases_run_out(bench)
    bench.world.box.calls.clear()
    await bench.deliver(bench.chunk([INGRID], dispatch=2))
    first, second = await bench.rows_said(ChunkEnriched)
    assert (bench.world.answered("serper"), bench.world.answered("groq")) == (searched, asked)
    assert second["line"] == first["line"]
    calls = [{**row["receipt"]["provider_calls"], "firecrawl": 0} for row in (first, second)]
    assert calls[0] == calls[1]


async def test_killed_before_the_record_the_redelivery_only_answers(bench: Bench) -> None:
    """Red when results count only with the answer that carries them: a crash in between pays every row again."""
    await bench.deliver(bench.chunk(3))
    async with bench.open_uow() as uow:
        tables = bench.open_uow.tables
        await uow.conn.execute(tables.outbox.delete())
        await uow.conn.execute(tables.inbox.delete())
    bench.world.box.calls.clear()
    await bench.deliver(bench.chunk(3))
    assert len(await bench.rows_said(ChunkEnriched)) == 3
    assert not bench.world.box.calls.counts


# Jobs that turn.


async def state_of(bench: Bench) -> tuple[int, str]:
    async with bench.open_uow() as uow:
        row = (await uow.conn.execute(select(job_states).where(job_states.c.job_id == bench.job_id))).one()
    return row.version, row.state


@pytest.mark.parametrize("turn", [JobPaused, JobParked])
async def test_a_chunk_of_a_paused_job_is_handed_back_unpaid(bench: Bench, turn: type[JobPaused | JobParked]) -> None:
    """Red when a row is started although the job stands still, or the chunk is kept unanswered."""
    await bench.deliver(turn(job_id=bench.job_id, job_version=4))
    await bench.deliver(bench.chunk(2, version=3))
    (returned,) = await bench.said(ChunkReturned)
    assert (returned["reason"], returned["dispatch_no"]) == ("paused", 1)
    assert not bench.world.box.calls.counts


async def test_a_chunk_published_after_the_resume_is_worked_on_although_the_resume_is_late(bench: Bench) -> None:
    """Red when chunk.created's version is not heard: `job_ver`."""
    await bench.deliver(JobPaused(job_id=bench.job_id, job_version=4))
    await bench.deliver(bench.chunk(1, version=5))
    assert len(await bench.rows_said(ChunkEnriched)) == 1
    await bench.deliver(JobResumed(job_id=bench.job_id, job_version=5))
    assert await state_of(bench) == (5, "running")


async def test_a_pause_that_comes_after_its_resume_is_old_news(bench: Bench) -> None:
    """Red when versions are not compared: `job_ver`."""
    await bench.deliver(JobResumed(job_id=bench.job_id, job_version=6))
    await bench.deliver(JobPaused(job_id=bench.job_id, job_version=5))
    assert await state_of(bench) == (6, "running")
    await bench.deliver(bench.chunk(1, version=4))
    assert len(await bench.rows_said(ChunkEnriched)) == 1


async def test_what_is_stored_is_answered_even_while_the_job_is_paused(bench: Bench) -> None:
    """Red when a chunk that is done is handed back: it would go round until the job resumes."""
    await bench.deliver(bench.chunk(1, version=1))
    await bench.deliver(JobPaused(job_id=bench.job_id, job_version=2))
    await bench.deliver(bench.chunk(1, version=1, dispatch=2))
    assert len(await bench.said(ChunkEnriched)) == 2


@pytest.mark.parametrize("end", [JobCancelled, JobCompleted])
async def test_a_chunk_of_an_ended_job_is_dropped_without_a_word(
    bench: Bench, end: type[JobCancelled | JobCompleted]
) -> None:
    """Red when rows of a cancelled job are paid for, or answered."""
    await bench.deliver(end(job_id=bench.job_id, job_version=9, credits_total=0))
    message = await bench.deliver(bench.chunk(1, version=8))
    assert await bench.said(ChunkEnriched) == []
    assert await bench.said(ChunkReturned) == []
    assert not bench.world.box.calls.counts
    async with bench.open_uow() as uow:
        assert not await uow.record_inbox(message)


@pytest.mark.parametrize(("news", "answer"), [(JobPaused, 1), (JobCancelled, 0)])
async def test_no_further_row_is_started_once_the_job_has_turned(
    database: str, bench: Bench, news: type[JobPaused | JobCancelled], answer: int
) -> None:
    """Red when the job's state is looked at only when the chunk arrives."""
    more = {"credits_total": 0} if news is JobCancelled else {}
    async with bench_on(database, bench.world, slots=2) as narrow:
        bench.world.turn(groq={"hang": True})
        chunk = asyncio.create_task(narrow.deliver(narrow.chunk(12)))
        await eventually(lambda: bench.world.in_flight("groq"))
        await narrow.deliver(news.model_validate({"job_id": narrow.job_id, "job_version": 2, **more}))
        bench.world.turn(groq={"hang": False})
        await chunk
        returned = await narrow.said(ChunkReturned)
        assert [one["reason"] for one in returned] == ["paused"] * answer
        assert await narrow.stored("result") < 6


# Sharing, stopping, splitting, giving up, forgetting.


async def test_a_slow_row_holds_nobody_elses_chunk_up(bench: Bench) -> None:
    """Red when rows in flight hold more than their own slots: P7."""
    bench.world.turn(firecrawl={"hang": True})
    slow = asyncio.create_task(bench.deliver(bench.chunk(2)))
    await eventually(lambda: bench.world.in_flight("firecrawl") >= 2)
    quick = bench.chunk([{**INGRID, "Website": ""}] * 2).model_copy(update={"job_id": new_id()})
    await asyncio.wait_for(bench.deliver(quick, tenant=OTHER_TENANT), PATIENCE_S)
    assert [one["job_id"] for one in await bench.said(ChunkEnriched)] == [str(quick.job_id)]
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)


async def test_at_a_stop_rows_in_flight_finish_and_the_others_are_handed_back(database: str, bench: Bench) -> None:
    """Red when a stop throws away rows in flight, starts further ones, or leaves the chunk unanswered."""
    async with bench_on(database, bench.world, slots=2) as narrow:
        bench.world.turn(groq={"hang": True})
        chunk = asyncio.create_task(narrow.deliver(narrow.chunk(12)))
        await eventually(lambda: bench.world.in_flight("groq"))
        narrow.floor.stopping.set()
        bench.world.turn(groq={"hang": False})
        await asyncio.wait_for(chunk, PATIENCE_S)
        (returned,) = await narrow.said(ChunkReturned)
        assert returned["reason"] == "shutting_down"
        assert 1 <= await narrow.stored("result") <= 4
        bench.world.box.calls.clear()
        await narrow.deliver(narrow.chunk(12, dispatch=2))
        assert not bench.world.box.calls.counts


async def test_rows_that_outlast_the_grace_are_handed_back_with_their_stages(bench: Bench) -> None:
    """Red when a stop waits for a provider that hangs, or loses what was found out before."""
    bench.world.turn(groq={"hang": True})
    chunk = asyncio.create_task(bench.deliver(bench.chunk(2), floor=bench.with_limits(grace_s=0.2)))
    await eventually(lambda: bench.world.in_flight("groq") >= 2)
    bench.floor.stopping.set()
    await asyncio.wait_for(chunk, PATIENCE_S)
    assert [one["reason"] for one in await bench.said(ChunkReturned)] == ["shutting_down"]
    assert await bench.stored("company_sources") == await bench.stored("person_sources") == 2


async def test_an_answer_above_a_mebibyte_comes_in_parts_that_hold_every_row_once(bench: Bench) -> None:
    """Red when the answer is not split: `parts`."""
    for row_no in range(1, 51):
        await store_result(bench, row_no, reason="x" * 60_000)
    await bench.deliver(bench.chunk(50))
    parts = await bench.said(ChunkEnriched)
    assert len(parts) == 3
    assert all(len(orjson.dumps(part)) < 1024 * 1024 for part in parts)
    assert [row["row_no"] for part in parts for row in part["results"]] == list(range(1, 51))


async def test_a_dead_chunk_is_answered_as_failed(bench: Bench) -> None:
    """Red when dead letters are silent: `dead_answers`."""
    chunk = bench.chunk(2, dispatch=4)
    async with bench.open_uow() as uow:
        await fail_chunk(chunk, message_of(chunk), uow, "it broke" * 200)
    (failed,) = await bench.said(ChunkFailed)
    assert (failed["dispatch_no"], failed["chunk_no"]) == (4, 0)
    assert failed["error"].startswith("it broke")


async def test_a_fault_of_our_own_fails_its_row_and_no_other(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when an error in one row takes the chunk with it: P6."""
    from services.enrich.use_cases import find_sources

    plan = find_sources.company_searches

    def planned(lead: Any) -> Any:
        if lead.row_no == 2:
            raise ZeroDivisionError
        return plan(lead)

    monkeypatch.setattr(find_sources, "company_searches", planned)
    await bench.deliver(bench.chunk(3))
    rows = await bench.rows_said(ChunkEnriched)
    assert [row["status"] for row in rows] == ["enriched", "failed", "enriched"]
    assert rows[1]["reason"] == "The row could not be worked on: ZeroDivisionError."


async def test_checkpoints_go_a_week_after_the_job_ended_and_not_before(bench: Bench) -> None:
    """Red when what a running or young job has found out is lost, or an old one's stays for ever."""
    await bench.deliver(bench.chunk(2))
    await bench.deliver(JobCompleted(job_id=bench.job_id, job_version=5, credits_total=2))
    assert await reap_checkpoints(bench.open_uow, within_s=60) == 0
    async with bench.open_uow() as uow:
        await uow.conn.execute(update(job_states).values(ended_at=func.now() - func.make_interval(0, 0, 0, 7, 1)))
    assert await reap_checkpoints(bench.open_uow, within_s=60) == 2 * 4 + 2
    assert await bench.stored("result") == 0
    assert await reap_checkpoints(bench.open_uow, within_s=60) == 0
    await bench.deliver(bench.chunk(2, dispatch=2))
    assert len(await bench.said(ChunkEnriched)) == 1, "a late chunk of a job that ended is still dropped"


async def test_one_run_reaps_every_job_that_is_due(bench: Bench) -> None:
    """Red when a run ends with its first batch of jobs: a busy installation ends more of them in an hour, and the table
    only grows. One that has no time left leaves the rest to the next."""
    for _ in range(120):
        bench.job_id = new_id()
        await store_result(bench, 1)
        await bench.deliver(JobCompleted(job_id=bench.job_id, job_version=1, credits_total=0))
    async with bench.open_uow() as uow:
        await uow.conn.execute(update(job_states).values(ended_at=func.now() - func.make_interval(0, 0, 0, 8)))
    assert await reap_checkpoints(bench.open_uow, within_s=0) == 0
    assert await reap_checkpoints(bench.open_uow, within_s=60) == 120
    async with bench.open_uow() as uow:
        left = select(func.count()).select_from(job_states).where(job_states.c.reaped_at.is_(None))
        assert (await uow.conn.execute(left)).scalar_one() == 0


async def test_the_claim_of_a_tenants_chunk_names_the_tenant_in_every_answer(bench: Bench) -> None:
    """Red when an answer goes out without its tenant or its job: ingest would not find the job. P7."""
    await bench.deliver(bench.chunk(1), tenant=OTHER_TENANT)
    outbox = bench.open_uow.tables.outbox
    async with bench.open_uow() as uow:
        bodies = (await uow.conn.execute(select(outbox.c.body))).scalars()
        envelopes = [orjson.loads(body) for body in bodies]
    assert {one["tenant_id"] for one in envelopes} == {str(OTHER_TENANT)} != {str(TENANT)}
    assert {one["correlation_id"] for one in envelopes} == {str(bench.job_id)}
