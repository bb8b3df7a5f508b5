"""Ingest's side of a job against a small model: whatever order things happen in, every row counts once (P1) and the
credits that are said add up to the total (P2)."""

import asyncio
import functools
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from libs.common.clock import utc_now
from libs.common.contracts.enrich import ChunkEnriched
from libs.common.contracts.envelope import Event
from libs.common.contracts.ingest import ChunkCompleted, ChunkCreated, JobCancelled, JobCompleted, JobMerging
from libs.common.contracts.research import RowResult, RowStatus
from libs.common.db import make_engine
from libs.common.errors import Conflict
from libs.common.ids import new_id
from libs.common.settings import normalise_database_url
from libs.common.storage import Storage
from libs.common.uow import UnitOfWorkFactory
from services.ingest.domain.jobs import JobState
from services.ingest.domain.turns import complete
from services.ingest.domain.usage import Taken
from services.ingest.repositories import usage
from services.ingest.tables import COMMON
from services.ingest.use_cases import dispatch_chunks as dispatching
from services.ingest.use_cases import merge_results as merging
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.finish_job import finish_job
from services.ingest.use_cases.pause_job import pause_job
from services.ingest.use_cases.rerun_job import rerun_job
from services.ingest.use_cases.rescue_chunks import rescue_job
from services.ingest.use_cases.resume_job import resume_job
from services.ingest.use_cases.turn_job import turn_job
from tests.integration.ingest.jobs.receipts import row as receipted
from tests.integration.ingest.jobs.receipts import sums_of
from tests.integration.ingest.jobs.steps import (
    Ingest,
    answer,
    exhausted,
    failed,
    recovered,
    result,
    returned,
)

SIZES = (2, 1, 3)
ROWS_OF = {0: (1, 2), 1: (3,), 2: (4, 5, 6)}
OPEN = {"processing", "paused", "parked"}
ENDED = {"completed", "cancelled", "failed"}
T = TypeVar("T")


@dataclass
class Model:
    """What must be true, on a screen: the job's state, each row's first valid answer, the chunks that are completed."""

    state: str = "processing"
    epoch: int = 0
    rows: dict[int, RowStatus] = field(default_factory=dict[int, RowStatus])
    completed: dict[int, int] = field(default_factory=dict[int, int])
    given_up: set[int] = field(default_factory=set[int])

    def hear(self, chunk_no: int, results: list[RowResult], *, epoch: int) -> None:
        if self.state not in OPEN or chunk_no in self.completed or epoch != self.epoch:
            return
        for row in results:
            self.rows.setdefault(row.row_no, row.status)
        if all(row in self.rows for row in ROWS_OF[chunk_no]):
            self.completed[chunk_no] = sum(self.rows[row] == "enriched" for row in ROWS_OF[chunk_no])
        self.merge_when_answered(parked_too=True)

    def give_up(self, chunk_no: int) -> None:
        self.given_up.add(chunk_no)
        self.merge_when_answered(parked_too=True)

    def merge_when_answered(self, *, parked_too: bool = False) -> None:
        ready = {"processing", "parked"} if parked_too else {"processing"}
        if self.state in ready and len(self.completed.keys() | self.given_up) == len(SIZES):
            self.state = "merging"

    def rerun(self, *, out: bool) -> None:
        self.epoch += 1
        self.given_up &= self.completed.keys()
        self.state = "processing"
        if out:
            self.state = "parked"
        else:
            self.merge_when_answered()

    def finish(self) -> None:
        for chunk in ROWS_OF.keys() - self.completed.keys() - self.given_up:
            for row in ROWS_OF[chunk]:
                self.rows.setdefault(row, "skipped")
            self.completed[chunk] = sum(self.rows[row] == "enriched" for row in ROWS_OF[chunk])
        self.state = "merging"

    @property
    def missing(self) -> int:
        open_rows = [row for chunk in self.given_up - self.completed.keys() for row in ROWS_OF[chunk]]
        return sum(row not in self.rows for row in open_rows)


class JobInAnyOrder(RuleBasedStateMachine):
    """Answers in parts and twice, returns, failures, lease expiries, rescues, pauses, parks, reruns, finishes, cancels."""

    database: str
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.engine = make_engine(normalise_database_url(self.database), pool_size=4, service="ingest")
        self.ingest = Ingest(UnitOfWorkFactory(self.engine, COMMON), Storage.from_url(f"file://{self.folder}"))
        self.model = Model()
        self.sent: list[ChunkCreated] = []
        self.heard: list[tuple[Event, UUID]] = []
        self.counter = 0
        self.out = False
        self.last_version = 0
        self.job_id = self.do(self.begin())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        try:
            self.do(self.finish())
        finally:
            self.do(self.engine.dispose())
            self.loop.close()

    async def begin(self) -> UUID:
        await self.ingest.execute(
            "TRUNCATE ingest.jobs, ingest.exports, ingest.chunks, ingest.results, ingest.job_log, ingest.outbox, ingest.inbox,"
            " ingest.provider_states, ingest.enrich_replicas, ingest.line_reviews, ingest.line_review_log"
        )
        job_id = await self.ingest.queued(SIZES)
        self.sent = self.in_order()
        return job_id

    async def hear(self, event: Event) -> None:
        heard = new_id()
        self.heard.append((event, heard))
        await self.ingest.deliver(event, id_=heard)

    def in_order(self) -> list[ChunkCreated]:
        """They are published side by side: what is drawn must not depend on which was first."""
        return sorted(self.ingest.broker.chunks, key=lambda chunk: (chunk.chunk_no, chunk.dispatch_no))

    # -- dispatch ------------------------------------------------------------------------------------------------

    @rule()
    def dispatch(self) -> None:
        self.do(self.ingest.dispatch())
        self.sent = self.in_order()

    @rule()
    def a_dispatcher_dies_after_its_claim(self) -> None:
        async def claim_and_die() -> None:
            async with self.ingest.open_uow() as uow:
                await dispatching.plan(uow, now=utc_now())

        self.do(claim_and_die())

    @rule()
    def leases_run_out(self) -> None:
        self.do(
            self.ingest.execute(
                "UPDATE ingest.chunks SET lease_until = now() - interval '1 s' WHERE lease_until > now()"
            )
        )

    async def rescue(self) -> None:
        async with self.ingest.open_uow() as uow:
            await rescue_job(uow, self.job_id, now=utc_now())

    @rule()
    def an_operator_rescues(self) -> None:
        self.do(self.rescue())

    @rule()
    def what_is_queued_goes_out_again(self) -> None:
        self.do(self.rescue())
        self.dispatch()

    @rule()
    def waiting_chunks_fall_due(self) -> None:
        self.do(self.ingest.execute("UPDATE ingest.chunks SET due_at = now() WHERE state = 'pending'"))

    # -- answers -------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def an_answer_comes(self, data: st.DataObject) -> None:
        chunk = data.draw(st.sampled_from(self.sent))
        rows = data.draw(st.sets(st.sampled_from(ROWS_OF[chunk.chunk_no]), min_size=1))
        status: st.SearchStrategy[RowStatus] = st.sampled_from(("enriched", "degraded", "failed", "skipped"))
        seed, made_up = st.integers(0, 1000), st.booleans()
        results = [
            receipted(row, data.draw(seed), status=data.draw(status), sandboxed=data.draw(made_up))
            for row in sorted(rows)
        ]
        self.do(
            self.hear(answer(self.job_id, chunk.chunk_no, results, epoch=chunk.epoch, dispatch_no=chunk.dispatch_no))
        )
        self.model.hear(chunk.chunk_no, results, epoch=chunk.epoch)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def the_whole_chunk_is_answered(self, data: st.DataObject) -> None:
        chunk = data.draw(st.sampled_from(self.sent))
        results = [result(row) for row in ROWS_OF[chunk.chunk_no]]
        self.do(
            self.hear(answer(self.job_id, chunk.chunk_no, results, epoch=chunk.epoch, dispatch_no=chunk.dispatch_no))
        )
        self.model.hear(chunk.chunk_no, results, epoch=chunk.epoch)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def a_chunk_is_returned(self, data: st.DataObject) -> None:
        chunk = data.draw(st.sampled_from(self.sent))
        self.do(self.hear(returned(self.job_id, chunk.chunk_no, epoch=chunk.epoch, dispatch_no=chunk.dispatch_no)))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def a_chunk_is_given_up(self, data: st.DataObject) -> None:
        chunk = data.draw(st.sampled_from(self.sent))
        row = self.do(self.ingest.chunk_rows(self.job_id))[chunk.chunk_no]
        present = row.state in {"publishing", "queued"} and row.dispatch_no == chunk.dispatch_no
        self.do(self.hear(failed(self.job_id, chunk.chunk_no, epoch=chunk.epoch, dispatch_no=chunk.dispatch_no)))
        if present and self.model.state in OPEN:
            self.model.give_up(chunk.chunk_no)

    @precondition(lambda self: self.heard)
    @rule(data=st.data(), forgotten=st.booleans())
    def something_is_heard_again(self, data: st.DataObject, *, forgotten: bool) -> None:
        """Only answers: what they say stays true. (Returned and failed are bound to their dispatch, which may be present.)"""
        event, heard = data.draw(st.sampled_from(self.heard))
        if forgotten and isinstance(event, ChunkEnriched):
            self.do(self.ingest.forget_inbox())
            self.model.hear(event.chunk_no, event.results, epoch=event.epoch)
        self.do(self.ingest.deliver(event, id_=heard))

    # -- people and providers ------------------------------------------------------------------------------------

    async def turn(self, use_case: Any) -> None:
        async with self.ingest.open_uow() as uow:
            await use_case(uow, self.job_id, workspace_id=self.ingest.workspace_id, now=utc_now())

    @precondition(lambda self: self.model.state == "processing")
    @rule()
    def pause(self) -> None:
        self.do(self.turn(pause_job))
        self.model.state = "paused"

    @precondition(lambda self: self.model.state in {"paused", "parked"})
    @rule()
    def resume(self) -> None:
        self.do(self.turn(resume_job))
        self.model.state = "processing"
        self.model.merge_when_answered()

    @rule()
    def the_provider_turns(self) -> None:
        if not self.out:
            self.it_refuses()
            return
        self.counter += 1
        self.out = False
        self.do(self.hear(recovered(self.counter)))
        if self.model.state == "parked":
            self.model.state = "processing"

    @precondition(lambda self: self.out)
    @rule()
    def the_provider_refuses_again(self) -> None:
        self.it_refuses()

    def it_refuses(self) -> None:
        self.counter += 1
        self.out = True
        self.do(self.hear(exhausted(self.counter)))
        self.model.state = "parked" if self.model.state == "processing" else self.model.state

    @precondition(lambda self: self.counter)
    @rule(data=st.data())
    def an_older_word_on_the_provider_comes_late(self, data: st.DataObject) -> None:
        counter = data.draw(st.integers(1, self.counter))
        self.do(self.hear(exhausted(counter) if data.draw(st.booleans()) else recovered(counter)))

    @precondition(lambda self: self.model.state in OPEN)
    @rule()
    def begin_once_more(self) -> None:
        """A second click right after the first means nothing: here the first lies a while back."""
        self.do(self.ingest.execute("UPDATE ingest.jobs SET state_changed_at = now() - interval '1 minute'"))
        self.do(self.turn(rerun_job))
        self.model.rerun(out=self.out)

    @precondition(lambda self: self.model.state in OPEN)
    @rule(sure=st.integers(0, 4))
    def take_what_there_is(self, sure: int) -> None:
        if sure == 0:
            self.do(self.turn(functools.partial(finish_job, user_id=self.ingest.user_id)))
            self.do(self.ingest.close_rows(self.job_id))
            self.model.finish()

    @precondition(lambda self: self.model.state not in ENDED)
    @rule(sure=st.integers(0, 9))
    def cancel(self, sure: int) -> None:
        if sure == 0:
            self.do(self.turn(cancel_job))
            self.model.state = "cancelled"

    @precondition(lambda self: self.model.state in ENDED)
    @rule()
    def cancel_after_the_end(self) -> None:
        if self.model.state == "cancelled":
            self.do(self.turn(cancel_job))
            return
        with pytest.raises(Conflict):
            self.do(self.turn(cancel_job))

    @precondition(lambda self: self.model.state == "merging")
    @rule()
    def the_merge_is_recorded(self) -> None:
        self.do(self.record_merge())
        self.model.state = "completed"

    async def record_merge(self) -> None:
        """The writing itself has its own tests: here every result is read as the merge reads it, then recorded."""
        job = await self.ingest.job(self.job_id)
        rows = [
            row.row_no
            async for row in merging.every_outcome(job, rows_in_sheet=job.rows_total, open_uow=self.ingest.open_uow)
        ]
        assert rows == [1, 2, 3, 4, 5, 6], "P1: every row once, in order"
        await self.turn(self.complete)

    async def complete(self, uow: Any, job_id: UUID, **_: Any) -> None:
        await turn_job(
            uow,
            job_id,
            workspace_id=self.ingest.workspace_id,
            decide=lambda job: [turned for turned in [complete(job, now=utc_now())] if turned is not None],
        )

    # -- what must hold ------------------------------------------------------------------------------------------

    @invariant()
    def the_job_is_what_the_model_says(self) -> None:
        job = self.do(self.ingest.job(self.job_id))
        assert job.state.value == self.model.state
        assert job.version >= self.last_version
        self.last_version = job.version
        statuses = list(self.model.rows.values())
        assert job.tally.enriched == statuses.count("enriched")
        assert job.tally.degraded == statuses.count("degraded")
        assert job.tally.skipped == statuses.count("skipped")
        assert job.tally.failed == statuses.count("failed") + self.model.missing
        assert job.tally.chunks == len(self.model.completed.keys() | self.model.given_up)
        assert job.credits_total == sum(self.model.completed.values())

    @invariant()
    def every_row_has_at_most_one_result_and_it_is_the_first(self) -> None:
        stored = {row.row_no: row.status for row in self.do(self.ingest.result_rows(self.job_id))}
        assert stored == self.model.rows

    @invariant()
    def the_sums_are_those_of_the_stored_receipts(self) -> None:
        taken = self.do(self.taken())
        stored = [(row.status, row.receipt) for row in self.do(self.ingest.result_rows(self.job_id))]
        earned = taken.real.credits, taken.sandboxed.credits
        for sandboxed in (False, True):
            rows = [row for row in stored if row[1].get("sandboxed", False) is sandboxed]
            assert taken.of(sandboxed=sandboxed) == sums_of(rows, earned=earned[sandboxed])
        assert sum(earned) == sum(self.model.completed.values())

    async def taken(self) -> Taken:
        async with self.ingest.open_uow() as uow:
            return await usage.of_jobs(uow.conn, [self.job_id])

    @invariant()
    def what_is_said_adds_up(self) -> None:
        """Each completed chunk once with what it earned; the end once with the exact total; the merge once."""
        said = self.do(self.ingest.all_said())
        done = [data for type_, data in said if type_ == ChunkCompleted.type]
        said_of = {event["chunk_no"]: event["credits"] for event in done}
        assert len(said_of) == len(done)
        earned = {chunk: credits_ for chunk, credits_ in self.model.completed.items() if credits_}
        assert {chunk: credits_ for chunk, credits_ in said_of.items() if credits_} == earned
        assert said_of.keys() <= self.model.completed.keys()
        ended = [data for type_, data in said if type_ in {JobCompleted.type, JobCancelled.type}]
        assert [event["credits_total"] for event in ended] == [sum(self.model.completed.values())] * (
            self.model.state in ENDED
        )
        assert sum(type_ == JobMerging.type for type_, _ in said) <= 1

    @invariant()
    def dispatches_have_numbers_of_their_own(self) -> None:
        numbers = [(chunk.chunk_no, chunk.dispatch_no) for chunk in self.ingest.broker.chunks]
        assert len(numbers) == len(set(numbers))

    async def finish(self) -> None:
        """Once faults stop, the job reaches its end: nothing is stuck."""
        if self.model.state in ENDED | {"merging"}:
            return
        if self.model.state in {"paused", "parked"}:
            await self.turn(resume_job)
        for _ in range(3):
            await self.ingest.execute("UPDATE ingest.chunks SET due_at = now() WHERE state = 'pending'")
            await self.ingest.execute(
                "UPDATE ingest.chunks SET lease_until = now() - interval '1 s' WHERE lease_until > now()"
            )
            await self.rescue()
            await self.ingest.dispatch()
            for chunk in self.ingest.broker.chunks:
                rows = ROWS_OF[chunk.chunk_no]
                await self.ingest.deliver(
                    answer(self.job_id, chunk.chunk_no, rows, epoch=chunk.epoch, dispatch_no=chunk.dispatch_no)
                )
        assert (await self.ingest.job(self.job_id)).state is JobState.MERGING


@pytest.fixture
def machine(fresh_database: str, tmp_path: Path) -> type[JobInAnyOrder]:
    return type("JobInAnyOrderHere", (JobInAnyOrder,), {"database": fresh_database, "folder": tmp_path})


@pytest.mark.timeout(300)
def test_whatever_the_order_every_row_counts_once_and_credits_add_up(machine: type[JobInAnyOrder]) -> None:
    """Red when [epoch], [first], [parts], [dispatch_no], [mark_cas], [accept_open] or the compare-and-swap is removed."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )
