"""Any choice of rows against a model: the first N, duplicates, tried rows, what can be afforded, a ceiling that is raised.

Every covered row has exactly one outcome (P1), and no credit is spent that is not held (P2).
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from libs.common.contracts.billing import HoldPlaced, HoldRaised
from libs.common.contracts.ingest import ChunkCompleted, JobCreated
from libs.common.contracts.research import RowStatus
from libs.common.db import make_engine
from libs.common.settings import normalise_database_url
from libs.common.storage import Storage
from libs.common.uow import UnitOfWorkFactory
from services.ingest.domain.ceilings import is_at_ceiling
from services.ingest.domain.jobs import Job, JobState
from services.ingest.repositories import rationing
from services.ingest.tables import COMMON
from services.ingest.use_cases.raise_ceiling import raise_ceiling
from services.ingest.use_cases.sheet_outcomes import sheet_rows
from tests.integration.ingest.jobs.steps import Ingest, answer, result

STATUSES: list[RowStatus] = ["enriched", "enriched", "enriched", "degraded", "failed"]


@dataclass(frozen=True)
class Case:
    """What is drawn. `leads` says which rows are the same lead; `statuses` what each row comes out as."""

    sizes: list[int]
    leads: list[int]
    statuses: list[RowStatus]
    tried: list[int]
    same_wishes: bool
    first_rows: int | None
    skip_duplicates: bool
    affordable: bool
    available: int
    ceiling: int | None
    price: int

    @property
    def rows(self) -> int:
        return sum(self.sizes)

    def kept(self) -> set[int]:
        """Tried rows that came out well: free, and with the same wishes not done again."""
        return {row for row in self.tried if self.statuses[row - 1] == "enriched"}

    def repeated(self) -> set[int]:
        first = {lead: row for row, lead in reversed(list(enumerate(self.leads, start=1)))}
        return {row for row, lead in enumerate(self.leads, start=1) if first[lead] != row}

    def skipped(self) -> set[int]:
        return self.repeated() - self.kept() if self.skip_duplicates else set()


@st.composite
def cases(draw: st.DrawFn) -> Case:
    sizes = draw(st.sampled_from([[1], [2], [3], [2, 1], [4, 3], [3, 4, 2], [4, 1, 4], [2, 2, 2, 2]]))
    rows = sum(sizes)
    enough = 2 * rows
    price = draw(st.integers(1, 2))
    return Case(
        sizes=sizes,
        leads=draw(st.lists(st.integers(0, 5), min_size=rows, max_size=rows)),
        statuses=draw(st.lists(st.sampled_from(STATUSES), min_size=rows, max_size=rows)),
        tried=draw(st.permutations(range(1, rows + 1)).map(lambda order: order[: rows % 4]) | st.just([])),
        same_wishes=draw(st.booleans()),
        first_rows=draw(st.none() | st.integers(1, rows + 2)),
        skip_duplicates=draw(st.booleans()),
        affordable=draw(st.booleans()),
        available=draw(st.just(enough) | st.just(enough) | st.integers(price, enough)),
        ceiling=draw(st.none() | st.integers(price, enough)),
        price=price,
    )


class Run:
    """One case, from the upload to the last answer."""

    def __init__(self, ingest: Ingest, case: Case) -> None:
        self.ingest, self.case = ingest, case
        self.seen = 0

    async def prepare(self) -> UUID:
        await self.ingest.execute(
            "TRUNCATE ingest.jobs, ingest.exports, ingest.chunks, ingest.results, ingest.job_log, ingest.outbox,"
            " ingest.inbox, ingest.enrich_replicas, ingest.lead_keys, ingest.line_reviews, ingest.line_review_log"
        )
        await self.ingest.execute("UPDATE ingest.price_lists SET credits_per_row = :price", price=self.case.price)
        upload_id = await self.ingest.upload(self.case.sizes)
        await self.ingest.same_leads(upload_id, self.case.leads)
        await self.ingest.announce(rows=1000)
        if self.case.tried:
            trial = await self.ingest.try_rows(upload_id, self.case.tried)
            await self.answer_all(trial)
            assert (await self.ingest.job(trial.id)).state is JobState.COMPLETED
        return upload_id

    async def answer_all(self, job: Job) -> list[int]:
        """Dispatch and answer until nothing goes out; the rows that did."""
        sent: list[int] = []
        while await self.ingest.dispatch():
            await self.check_what_may_be_charged(job.id)
            for chunk in self.ingest.broker.chunks[self.seen :]:
                rows = [result(row.row_no, self.case.statuses[row.row_no - 1]) for row in chunk.rows]
                sent += [row.row_no for row in rows]
                half = len(rows) // 2
                for part in (rows[:half], rows[half:]):
                    await self.ingest.deliver(answer(job.id, chunk.chunk_no, part, dispatch_no=chunk.dispatch_no))
            self.seen = len(self.ingest.broker.chunks)
        return sent

    async def check_what_may_be_charged(self, job_id: UUID) -> None:
        job = await self.ingest.job(job_id)
        async with self.ingest.open_uow() as uow:
            under_way = await rationing.rows_charged_under_way(uow.conn, job)
        assert job.credits_total + under_way * job.credits_per_row <= job.credits_held

    async def hold(self, job: Job) -> Job | None:
        """As billing does it."""
        (asked,) = [event for event in await self.ingest.said(JobCreated) if event.job_id == job.id]
        held = asked.credits
        if held > self.case.available:
            step = asked.credits_step
            held = self.case.available // step * step if step else 0
            if not held:
                return None
        await self.ingest.deliver(HoldPlaced(job_id=job.id, credits=held))
        return await self.ingest.job(job.id)

    async def finish(self, job: Job) -> list[int]:
        """Answer what can be paid; at the ceiling let it spend one row more, until nothing is left to wait for."""
        sent = await self.answer_all(job)
        while is_at_ceiling(job := await self.ingest.job(job.id)):
            assert job.credits_held - job.credits_total < job.credits_per_row, "the credits were used to the last row"
            ceiling = job.credits_held + job.credits_per_row
            async with self.ingest.open_uow() as uow:
                raised = await raise_ceiling(
                    uow, job.id, workspace_id=job.workspace_id, ceiling_credits=min(ceiling, job.credits_needed)
                )
            more = HoldRaised(job_id=job.id, round=raised.ceiling_round, credits=raised.ceiling_credits or 0)
            await self.ingest.deliver(more)
            sent += await self.answer_all(job)
        return sent

    async def go(self) -> None:
        case = self.case
        upload_id = await self.prepare()
        job = await self.ingest.create(
            upload_id,
            first_rows=case.first_rows,
            skip_duplicates=case.skip_duplicates,
            affordable=case.affordable,
            ceiling_credits=case.ceiling,
            offer="" if case.same_wishes else "additives",
        )
        begun = await self.hold(job)
        if begun is None:
            return
        sent = await self.finish(job)
        ended = await self.ingest.job(job.id)
        await self.check_end(ended, sent)

    async def check_end(self, job: Job, sent: list[int]) -> None:
        case = self.case
        assert job.state is JobState.MERGING
        covered = range(1, (job.first_rows or case.rows) + 1)[: case.rows]
        taken_over = case.kept() if case.same_wishes else set[int]()
        done = [row for row in covered if row not in case.skipped() and row not in taken_over]
        assert sorted(sent) == done, "each row that is wanted went out once, and no other"
        outcomes = {row.row_no: row.status for row in await self.ingest.result_rows(job.id)}
        assert sorted(outcomes) == list(covered)
        assert job.rows_total == job.tally.rows == len(covered)
        found = Counter(outcomes.values())
        assert (job.tally.enriched, job.tally.skipped) == (found["enriched"], found["skipped"])
        charged = [row for row in done if outcomes[row] == "enriched" and row not in case.kept()]
        assert job.credits_total == case.price * len(charged) <= job.credits_held
        said = [event.credits for event in await self.ingest.said(ChunkCompleted) if event.job_id == job.id]
        assert sum(said) == job.credits_total
        rows = [row async for row in sheet_rows(job, rows_in_sheet=case.rows, open_uow=self.ingest.open_uow)]
        assert [row.row_no for row in rows] == list(range(1, case.rows + 1))
        assert {row.reason for row in rows[len(covered) :]} <= {"not_selected"}


@pytest.mark.timeout(300)
def test_whatever_rows_are_chosen_each_has_one_outcome_and_no_credit_is_spent_that_is_not_held(
    fresh_database: str, tmp_path: Path
) -> None:
    """Red when a chunk is not split at the ceiling, a tried row is charged or done again, a skipped row goes out, rows beyond
    the last are dispatched, or a job with nothing to do stands still."""

    @settings(
        max_examples=80,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
    )
    @given(case=cases())
    def check(case: Case) -> None:
        async def run() -> None:
            engine = make_engine(normalise_database_url(fresh_database), pool_size=4, service="ingest")
            try:
                storage = Storage.from_url(f"file://{tmp_path}")
                await Run(Ingest(UnitOfWorkFactory(engine, COMMON), storage), case).go()
            finally:
                await engine.dispose()

        asyncio.run(run())

    check()
