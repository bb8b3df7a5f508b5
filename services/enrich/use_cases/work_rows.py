"""The rows of one chunk at work, each in a slot of its own; knows when to stop and why."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from libs.common.contracts.ingest import InputRow, ResearchSpec
from services.enrich.clients.errors import OutOfTime, ProviderOut
from services.enrich.clients.patience import Patience
from services.enrich.domain.jobs import JobView
from services.enrich.domain.lead import read_lead
from services.enrich.domain.products.product_rules import Products
from services.enrich.in_flight.floor import Floor
from services.enrich.in_flight.leases import Lease
from services.enrich.in_flight.row_slot import RowSlot
from services.enrich.repositories.checkpoints import Checkpoint, Stage
from services.enrich.use_cases.enrich_row import enrich_row
from services.enrich.use_cases.row_work import RowWork

StopReason = Literal["dropped", "paused", "provider_exhausted", "bad_key", "shutting_down", "out_of_time", "busy"]


@dataclass(frozen=True, slots=True)
class Stop:
    """Why rows are left. `out` is the provider's refusal when we are the first to meet it."""

    reason: StopReason
    resume_at: datetime | None = None
    wait_s: float = 0
    out: ProviderOut | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """The rows of a chunk that are ours to work on."""

    job_id: UUID
    tenant_id: UUID
    spec: ResearchSpec
    rows: Sequence[InputRow]
    stages: Mapping[int, Mapping[str, bytes]]
    products: Products
    deadline: float


def stop_for_job(view: JobView) -> Stop | None:
    """What a job's state means for a row that has not been started."""
    if view.state == "ended":
        return Stop("dropped")
    return None if view.may_work else Stop("paused")


class RowsAtWork:
    """`run` works on the rows until they are done or must be left; `unfinished` says which were."""

    def __init__(self, assignment: Assignment, *, floor: Floor, lease: Lease) -> None:
        self._given = assignment
        self._floor = floor
        self._lease = lease
        self._waiting: set[asyncio.Task[None]] = set()
        self._tickets: set[asyncio.Future[None]] = set()
        self._late_s: float | None = None
        self.unfinished = {row.row_no for row in assignment.rows}
        self.stop: Stop | None = None

    async def run(self) -> None:
        """Work, then wait until what was found out is stored. A cancelled run leaves its claims to run out."""
        tasks = [asyncio.create_task(self._row(row)) for row in self._given.rows]
        self._waiting = set(tasks)
        try:
            await self._until_done_or_told(tasks)
        finally:
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        if self.unfinished and self.stop is None:
            self.stop = Stop("busy") if self._lease.lost else Stop("out_of_time", wait_s=self._late_s or 0)
        await asyncio.gather(*self._tickets)

    async def _until_done_or_told(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        done = asyncio.gather(*tasks, return_exceptions=True)
        told = asyncio.create_task(self._floor.stopping.wait())
        try:
            await asyncio.wait({done, told}, timeout=self._left_s, return_when=asyncio.FIRST_COMPLETED)
            if done.done():
                return
            if not told.done():
                self._halt(Stop("out_of_time"))
                return
            self._halt(Stop("shutting_down"))
            await asyncio.wait({done}, timeout=min(self._floor.limits.grace_s, self._left_s))
        finally:
            told.cancel()

    async def _row(self, row: InputRow) -> None:
        given, task = self._given, _this_task()
        slot = RowSlot(
            self._floor.slots,
            given.tenant_id,
            on_leave=lambda: self._waiting.add(task),
            on_return=lambda: self._waiting.discard(task),
        )
        await slot.acquire()
        try:
            self._waiting.discard(task)
            if self._must_stop():
                return
            payload = await enrich_row(self._work_of(row, slot), self._floor.tools.for_tenant(given.tenant_id))
        except ProviderOut as out:
            reason: StopReason = "bad_key" if out.reason == "bad_key" else "provider_exhausted"
            self._halt(Stop(reason, resume_at=out.resume_at, out=out))
            return
        except OutOfTime as late:
            self._late_s = max(self._late_s or 0, late.wait_s)
            return
        finally:
            self._waiting.discard(task)
            slot.end()
        self._keep(row.row_no, "result", payload)
        self.unfinished.discard(row.row_no)

    def _work_of(self, row: InputRow, slot: RowSlot) -> RowWork:
        given = self._given
        return RowWork(
            tenant_id=given.tenant_id,
            name=f"{given.job_id}:{row.row_no}:{given.spec.hash}",
            lead=read_lead(row.row_no, row.cells, given.spec.mapping),
            spec=given.spec,
            stages=given.stages.get(row.row_no, {}),
            keep=lambda stage, payload: self._keep(row.row_no, stage, payload),
            patience=Patience(given.deadline, budget_s=self._floor.limits.row_budget_s, tenant_id=given.tenant_id),
            websites=self._floor.websites,
            products=given.products,
            slot=slot,
            companies=self._floor.companies,
        )

    def _keep(self, row_no: int, stage: Stage, payload: bytes) -> None:
        given = self._given
        self._tickets.add(self._floor.writer.put(Checkpoint(given.job_id, row_no, given.spec.hash, stage, payload)))

    def _must_stop(self) -> bool:
        """Looked at before each row."""
        if self.stop is None:
            for_job = stop_for_job(self._floor.watch.view(self._given.job_id))
            if for_job is not None:
                self._halt(for_job)
            elif self._lease.lost:
                self._halt(Stop("busy"))
            elif self._floor.stopping.is_set():
                self._halt(Stop("shutting_down"))
        return self.stop is not None

    def _halt(self, stop: Stop) -> None:
        """Start no further row. Those in flight go on to their own end."""
        if self.stop is None:
            self.stop = stop
        for task in self._waiting:
            task.cancel()
        self._waiting = set()

    @property
    def _left_s(self) -> float:
        return max(0.0, self._given.deadline - time.monotonic())


def _this_task() -> asyncio.Task[None]:
    task = asyncio.current_task()
    assert task is not None, "rows run in tasks"
    return task
