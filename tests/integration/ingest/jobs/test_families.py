"""A list and its retries against a small model: the sheet shows each row's best outcome, no row is in two live jobs, and
none is charged twice, whatever the jobs of the family came to."""

import asyncio
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
from libs.common.contracts.billing import HoldDeclined, HoldPlaced
from libs.common.contracts.ingest import ChunkCompleted, RecipientsPublished
from libs.common.contracts.research import RowStatus
from libs.common.db import make_engine
from libs.common.errors import Conflict
from libs.common.settings import normalise_database_url
from libs.common.storage import Storage
from libs.common.uow import UnitOfWorkFactory
from services.ingest.domain.jobs import TERMINAL, JobState
from services.ingest.domain.turns import complete, fail
from services.ingest.repositories import merges, sheet_pages
from services.ingest.tables import COMMON
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.finish_job import finish_job
from services.ingest.use_cases.publish_recipients import plan_list
from services.ingest.use_cases.retry_job import RetryRequest, retry_job
from services.ingest.use_cases.sheet_outcomes import outcomes_of
from services.ingest.use_cases.turn_job import turn_job
from tests.integration.ingest.jobs.steps import Ingest, answer, failed, result

SIZES = (2, 3, 1)
ROWS = range(1, sum(SIZES) + 1)
CHUNK_OF = {1: 0, 2: 0, 3: 1, 4: 1, 5: 1, 6: 2}
BEST: tuple[RowStatus, ...] = ("enriched", "degraded", "skipped", "failed")
STATUSES: st.SearchStrategy[RowStatus] = st.sampled_from(BEST)
UNREACHED = "unreached"
ORDER = (*BEST, UNREACHED)
T = TypeVar("T")


@dataclass
class Member:
    """One job of the family: the rows it wants, and what they came out as so far."""

    job_id: UUID
    wants: frozenset[int]
    came: dict[int, str] = field(default_factory=dict[int, str])
    given_up: set[int] = field(default_factory=set[int])
    asked: tuple[bool, bool] | None = None
    lives: bool = True
    published: bool = False

    def outcome(self, row: int) -> str | None:
        owed = row in self.wants and CHUNK_OF[row] in self.given_up
        return self.came.get(row, "failed" if owed else None)


@dataclass
class Model:
    """The family on a screen."""

    members: list[Member] = field(default_factory=list[Member])

    def sheet(self) -> dict[int, str]:
        found = {row: [one for member in self.members if (one := member.outcome(row))] for row in ROWS}
        return {row: min(outcomes, key=ORDER.index) for row, outcomes in found.items() if outcomes}

    def shown(self) -> dict[int, str]:
        return {row: "skipped" if status == UNREACHED else status for row, status in self.sheet().items()}

    def wanted(self, *, degraded: bool, unreached: bool) -> frozenset[int]:
        statuses = {"failed", *["degraded"] * degraded, *[UNREACHED] * unreached}
        sheet = self.sheet()
        left = set(ROWS) - sheet.keys() if unreached else set[int]()
        return frozenset(left | {row for row, status in sheet.items() if status in statuses})


class FamilyInAnyOrder(RuleBasedStateMachine):
    """Answers, given-up chunks, completed, cancelled, failed and declined jobs, retries with and without degraded rows."""

    database: str
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.engine = make_engine(normalise_database_url(self.database), pool_size=4, service="ingest")
        self.ingest = Ingest(UnitOfWorkFactory(self.engine, COMMON), Storage.from_url(f"file://{self.folder}"))
        self.model = Model()
        self.do(self.begin())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.do(self.engine.dispose())
        self.loop.close()

    async def begin(self) -> None:
        await self.ingest.execute("TRUNCATE ingest.jobs, ingest.outbox, ingest.inbox, ingest.enrich_replicas CASCADE")
        self.model.members.append(Member(await self.ingest.queued(SIZES), frozenset(ROWS)))

    @property
    def newest(self) -> Member:
        return self.model.members[-1]

    def open_chunks(self) -> list[int]:
        """The chunks of the newest job that have not had all their answers."""
        mine = self.newest
        open_rows = [row for row in mine.wants if row not in mine.came and CHUNK_OF[row] not in mine.given_up]
        return sorted({CHUNK_OF[row] for row in open_rows})

    @precondition(lambda self: self.newest.lives and self.open_chunks())
    @rule(data=st.data())
    def rows_come_out(self, data: st.DataObject) -> None:
        chunk_no = data.draw(st.sampled_from(self.open_chunks()))
        mine = self.newest
        rows = sorted(row for row in mine.wants if CHUNK_OF[row] == chunk_no and row not in mine.came)
        some = data.draw(st.lists(st.sampled_from(rows), min_size=1, unique=True))
        fresh: dict[int, RowStatus] = {row: data.draw(STATUSES) for row in some}
        self.do(self.ingest.deliver(answer(mine.job_id, chunk_no, [result(row, fresh[row]) for row in some])))
        mine.came |= fresh

    @precondition(lambda self: self.newest.lives and self.open_chunks())
    @rule(data=st.data())
    def a_chunk_is_given_up(self, data: st.DataObject) -> None:
        chunk_no = data.draw(st.sampled_from(self.open_chunks()))
        self.do(self.ingest.deliver(failed(self.newest.job_id, chunk_no)))
        self.newest.given_up.add(chunk_no)

    @precondition(lambda self: self.newest.lives)
    @rule(how=st.sampled_from(["cancel", "fail"]))
    def the_job_ends_early(self, how: str) -> None:
        self.do(self.end(how))
        self.newest.lives = False

    async def end(self, how: str) -> None:
        async with self.ingest.open_uow() as uow:
            if how == "cancel":
                await cancel_job(uow, self.newest.job_id, workspace_id=self.ingest.workspace_id, now=utc_now())
                return
            await turn_job(
                uow,
                self.newest.job_id,
                workspace_id=self.ingest.workspace_id,
                decide=lambda job: [one for one in [fail(job, reason="merge_failed", now=utc_now())] if one],
            )

    @precondition(lambda self: self.newest.lives and self.open_chunks())
    @rule()
    def a_person_takes_what_there_is(self) -> None:
        self.do(self.take_what_there_is())
        mine = self.newest
        mine.came |= {
            row: UNREACHED for row in mine.wants if row not in mine.came and CHUNK_OF[row] not in mine.given_up
        }

    async def take_what_there_is(self) -> None:
        async with self.ingest.open_uow() as uow:
            ours = {"workspace_id": self.ingest.workspace_id, "user_id": self.ingest.user_id}
            await finish_job(uow, self.newest.job_id, **ours, now=utc_now())
        await self.ingest.close_rows(self.newest.job_id)

    @precondition(lambda self: self.newest.lives and not self.open_chunks())
    @rule()
    def the_job_completes(self) -> None:
        """The writing of the sheet has its own tests: here it is recorded as the merge records it."""
        self.do(self.record_merge())
        self.newest.lives, self.newest.published = False, True

    async def record_merge(self) -> None:
        async with self.ingest.open_uow() as uow:
            job = await turn_job(
                uow,
                self.newest.job_id,
                workspace_id=self.ingest.workspace_id,
                decide=lambda job: [one for one in [complete(job, now=utc_now())] if one],
            )
            assert job.state is JobState.COMPLETED
            assert await merges.has_addresses(uow.conn, job.id)
            await plan_list(uow, job)
        await self.ingest.publish_list(self.newest.job_id)

    @rule(degraded=st.booleans(), unreached=st.booleans(), declined=st.integers(0, 5))
    def somebody_retries(self, *, degraded: bool, unreached: bool, declined: int) -> None:
        root = self.model.members[0]
        asked = {"degraded": degraded, "unreached": unreached}
        wanted = self.model.wanted(**asked)
        if self.newest.asked == (degraded, unreached) and self.newest.lives:
            assert self.do(self.retry(**asked)).id == self.newest.job_id, "the same click"
            return
        if root.lives or self.newest.lives or not wanted:
            with pytest.raises(Conflict) as found:
                self.do(self.retry(**asked))
            assert found.value.code in {"job_running", "retry_running", "nothing_to_retry"}
            return
        child = self.do(self.retry(**asked))
        assert child.rows_total == child.credits_needed == len(wanted)
        if declined == 0:
            self.do(self.ingest.deliver(HoldDeclined(job_id=child.id, needed=len(wanted), available=0)))
            return
        self.do(self.ingest.deliver(HoldPlaced(job_id=child.id, credits=len(wanted))))
        self.do(self.ingest.dispatch())
        sent = [row.row_no for one in self.ingest.broker.chunks if one.job_id == child.id for row in one.rows]
        assert sorted(sent) == sorted(wanted)
        self.model.members.append(Member(child.id, wanted, asked=(degraded, unreached)))

    async def retry(self, *, degraded: bool, unreached: bool) -> Any:
        async with self.ingest.open_uow() as uow:
            return await retry_job(
                uow,
                self.model.members[0].job_id,
                RetryRequest(include_degraded=degraded, include_not_reached=unreached),
                workspace_id=self.ingest.workspace_id,
                user_id=self.ingest.user_id,
                idempotency_key=None,
                now=utc_now(),
            )

    # -- what must hold ------------------------------------------------------------------------------------------

    @invariant()
    def the_sheet_is_what_the_model_says(self) -> None:
        assert self.do(self.sheet()) == self.model.shown()

    async def sheet(self) -> dict[int, str]:
        root = self.model.members[0].job_id
        streamed = {one.row_no: one.status async for one in outcomes_of(root, open_uow=self.ingest.open_uow)}
        family = [member.job_id for member in self.model.members]
        async with self.ingest.open_uow() as uow:
            paged = await sheet_pages.attempts_at(uow.conn, family, list(ROWS))
            for status in BEST:
                mine = [row for row, one in streamed.items() if one == status]
                assert await sheet_pages.row_nos(uow.conn, family, status=status, after=0, limit=100) == mine
        assert {row: attempt.status for row, attempt in paged.items()} == streamed
        return streamed

    @invariant()
    def a_list_counts_its_sheet_when_a_retry_has_ended(self) -> None:
        children = self.model.members[1:]
        if not children or self.newest.lives:
            return
        overlay = self.do(self.ingest.job(self.model.members[0].job_id)).overlay
        assert overlay is not None
        shown = list(self.model.shown().values())
        assert [overlay.enriched, overlay.degraded, overlay.skipped, overlay.failed] == [
            shown.count(one) for one in BEST
        ]

    @invariant()
    def no_row_is_charged_twice_or_in_two_live_jobs(self) -> None:
        """An enriched row is never done again: what the chunks have earned is a part of the enriched rows."""
        earned = sum(done.credits for done in self.do(self.ingest.said(ChunkCompleted)))
        enriched = [row for member in self.model.members for row, status in member.came.items() if status == "enriched"]
        assert len(enriched) == len(set(enriched))
        assert earned <= len(enriched)
        live = [job for job in self.do(self.family()) if job.state not in TERMINAL]
        assert len(live) <= 1

    async def family(self) -> list[Any]:
        return [await self.ingest.job(member.job_id) for member in self.model.members]

    @invariant()
    def nobody_is_published_twice(self) -> None:
        """And everybody who was delivered is, as soon as a job of the family completes."""
        parts = self.do(self.ingest.said(RecipientsPublished))
        rows = [person.row_no for part in parts for person in part.recipients]
        assert len(rows) == len(set(rows))
        last = max((place for place, member in enumerate(self.model.members) if member.published), default=-1)
        delivered = {
            row
            for member in self.model.members[: last + 1]
            for row, status in member.came.items()
            if status in {"enriched", "degraded"}
        }
        assert set(rows) == delivered


@pytest.fixture
def machine(fresh_database: str, tmp_path: Path) -> type[FamilyInAnyOrder]:
    return type("FamilyHere", (FamilyInAnyOrder,), {"database": fresh_database, "folder": tmp_path})


@pytest.mark.timeout(300)
def test_whatever_the_jobs_of_a_family_come_to_the_sheet_is_its_best(machine: type[FamilyInAnyOrder]) -> None:
    """Red when a retry takes an enriched row, forgets a given-up one, covers the better, or a lead is published twice."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )
