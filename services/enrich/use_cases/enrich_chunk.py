"""A chunk: claim its rows, work on them, answer with what is stored. Whoever stored a row first has answered for everyone."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from libs.common.contracts.enrich import ChunkEnriched
from libs.common.contracts.envelope import Written
from libs.common.contracts.ingest import ChunkCreated
from libs.common.errors import Busy
from libs.common.logs import get_logger
from libs.common.uow import Message, UnitOfWork
from services.enrich import metrics
from services.enrich.domain.jobs import JobView
from services.enrich.domain.parts import split
from services.enrich.in_flight.floor import Floor
from services.enrich.in_flight.leases import LEASE_S, Lease
from services.enrich.repositories import checkpoints, claims, jobs, providers
from services.enrich.repositories.claims import RowSet
from services.enrich.repositories.providers import ProviderState
from services.enrich.use_cases.choose_product import products_for
from services.enrich.use_cases.hand_back import hand_back
from services.enrich.use_cases.work_rows import Assignment, RowsAtWork, Stop, stop_for_job

log = get_logger()


@dataclass(frozen=True, slots=True)
class _Hand:
    """A chunk in hand."""

    chunk: ChunkCreated
    message: Message
    rows: RowSet
    deadline: float

    @classmethod
    def of(cls, chunk: ChunkCreated, message: Message, *, chunk_s: float) -> "_Hand":
        row_nos = tuple(sorted({row.row_no for row in chunk.rows}))
        rows = RowSet(chunk.job_id, chunk.spec.hash, row_nos)
        return cls(chunk, message, rows, time.monotonic() + chunk_s)


@dataclass(frozen=True, slots=True)
class _Opened:
    """What was found when the chunk was taken in hand. `mine` are claimed rows without a result."""

    view: JobView
    states: Mapping[str, ProviderState]
    stages: Mapping[int, Mapping[str, bytes]]
    todo: set[int]
    mine: set[int]
    stop: Stop | None


async def enrich_chunk(chunk: ChunkCreated, *, message: Message, floor: Floor) -> None:
    """Answer a chunk with one of: enriched, returned, or nothing when its job has ended.

    Raises Busy when rows are claimed by another live worker, after our own rows are done and stored: the copy waits in the
    retry queue. Keyed by (job, row, spec): a second delivery answers with the stored results.
    """
    hand = _Hand.of(chunk, message, chunk_s=floor.limits.chunk_s)
    with floor.leases.hold() as lease:
        opened = await _open(hand, floor, lease)
        todo, stop = opened.todo, opened.stop
        if opened.mine:
            todo, stop = await _work(hand, opened, floor, lease)
        if stop is not None and stop.reason == "dropped":
            await _drop(hand, floor)
        elif not todo:
            await _answer(hand, floor)
        elif stop is None or stop.reason == "busy":
            await _leave_to_others(hand, todo, floor, lease)
        else:
            await hand_back(chunk, stop, states=opened.states, message=message, floor=floor, lease=lease)


async def _open(hand: _Hand, floor: Floor, lease: Lease) -> _Opened:
    """Hear the job's version, claim what nobody holds, read what is stored: in this order no stored result is missed."""
    async with floor.open_uow() as uow:
        heard = JobView(hand.chunk.job_version, "running")
        view = await jobs.hear(uow.conn, hand.chunk.job_id, tenant_id=hand.message.tenant_id, heard=heard)
        states = await providers.load(uow.conn)
        stop = _reason_to_stop(hand, view, states, floor)
        claimed: set[int] = set()
        if stop is None:
            claimed = await claims.claim(uow.conn, hand.rows, holder=lease.holder, lease_s=LEASE_S)
        stages = await checkpoints.stages(uow.conn, hand.rows)
    lease.rows = len(claimed)
    todo = {row_no for row_no in hand.rows.row_nos if "result" not in stages.get(row_no, {})}
    return _Opened(view, states, stages, todo=todo, mine=todo & claimed, stop=stop)


def _reason_to_stop(hand: _Hand, view: JobView, states: Mapping[str, ProviderState], floor: Floor) -> Stop | None:
    if stop := stop_for_job(view):
        return stop
    if floor.stopping.is_set():
        return Stop("shutting_down")
    tools = floor.tools.for_tenant(hand.message.tenant_id)
    for account in tools.accounts:
        state = states.get(account.name)
        if account.mode != "missing" and state is not None and state.state == "out":
            return Stop("bad_key" if state.reason == "bad_key" else "provider_exhausted", resume_at=state.resume_at)
    if tools.missing and not hand.chunk.spec.accept_degraded:
        # Ingest asked before the job began; the key has gone since. Which one, each announcement says.
        log.warning("chunk.without_key", job_id=str(hand.chunk.job_id), missing=tools.missing)
        return Stop("bad_key")
    return None


async def _work(hand: _Hand, opened: _Opened, floor: Floor, lease: Lease) -> tuple[set[int], Stop | None]:
    """Work on our rows; answers which rows of the chunk are still without a result, and why."""
    chunk = hand.chunk
    assignment = Assignment(
        job_id=chunk.job_id,
        tenant_id=hand.message.tenant_id,
        spec=chunk.spec,
        rows=[row for row in chunk.rows if row.row_no in opened.mine],
        stages=opened.stages,
        products=await products_for(chunk.family_id or chunk.job_id, workspace_id=hand.message.tenant_id, floor=floor),
        deadline=hand.deadline,
    )
    with floor.watch.following(chunk.job_id, opened.view):
        at_work = RowsAtWork(assignment, floor=floor, lease=lease)
        await at_work.run()
    return (opened.todo - opened.mine) | at_work.unfinished, at_work.stop if at_work.unfinished else None


async def _answer(hand: _Hand, floor: Floor) -> None:
    """Read back what is stored, ours or not, and say it once: inbox row and answer in one transaction."""
    async with floor.open_uow() as uow:
        if not await uow.record_inbox(hand.message):
            return
        await _publish_results(uow, hand)
    log.info("chunk.enriched", job_id=str(hand.chunk.job_id), chunk_no=hand.chunk.chunk_no, rows=len(hand.rows.row_nos))


async def _publish_results(uow: UnitOfWork, hand: _Hand) -> None:
    chunk = hand.chunk
    stored = await checkpoints.results(uow.conn, hand.rows)
    payloads = [stored[row_no] for row_no in hand.rows.row_nos]
    for part in split(payloads):
        uow.publish(_answer_of(chunk, part), tenant_id=hand.message.tenant_id, correlation_id=chunk.job_id)
        for payload in part:
            metrics.ROWS.labels(orjson.loads(payload)["status"]).inc()


def _answer_of(chunk: ChunkCreated, payloads: Sequence[bytes]) -> Written:
    """The event with its results as they are stored: they are JSON of the contract already."""
    answer = ChunkEnriched(
        job_id=chunk.job_id, chunk_no=chunk.chunk_no, epoch=chunk.epoch, dispatch_no=chunk.dispatch_no, results=[]
    )
    told = answer.model_dump(mode="json") | {"results": [orjson.Fragment(payload) for payload in payloads]}
    return Written(ChunkEnriched, orjson.dumps(told))


async def _drop(hand: _Hand, floor: Floor) -> None:
    """The job has ended: nobody waits for an answer."""
    async with floor.open_uow() as uow:
        await uow.record_inbox(hand.message)
    log.info("chunk.dropped", job_id=str(hand.chunk.job_id), chunk_no=hand.chunk.chunk_no)


async def _leave_to_others(hand: _Hand, todo: set[int], floor: Floor, lease: Lease) -> None:
    async with floor.open_uow() as uow:
        await claims.release(uow.conn, lease.holder)
    msg = f"{len(todo)} rows of chunk {hand.chunk.chunk_no} of job {hand.chunk.job_id} are in another worker's hands"
    raise Busy(msg)
