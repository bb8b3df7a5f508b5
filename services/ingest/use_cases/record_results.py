"""Record the results of a chunk's rows. The first valid answer wins, whichever dispatch it is from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from libs.common.contracts.enrich import ChunkEnriched
from libs.common.contracts.ingest import ChunkCompleted
from libs.common.contracts.research import RowResult
from libs.common.errors import Invalid
from libs.common.logs import get_logger
from libs.common.uow import UnitOfWork
from services.ingest import metrics
from services.ingest.domain.ceilings import is_limited, rows_left
from services.ingest.domain.chunks import Chunk, ChunkState, added_by, charged_rows, credits_of, takes_results
from services.ingest.domain.jobs import TERMINAL, Job, JobKind
from services.ingest.domain.turns import count, finish_if_answered
from services.ingest.domain.usage import day_of, usage_of
from services.ingest.repositories import chunks, jobs, rationing, results, usage
from services.ingest.use_cases.turn_job import by_compare_and_swap, save_turns

log = get_logger()

_ROWS = TypeAdapter(list[RowResult])


async def record_results(event: ChunkEnriched, *, uow: UnitOfWork, workspace_id: UUID, now: datetime) -> None:
    """Store each row's first result; count; complete the chunk, for good, with its last row.

    An answer may come in parts. Natural keys: (job, row), and the chunk's state. An answer that comes too late (also to a
    job that was deleted), for another epoch or for a chunk that is completed changes nothing. Raises NotFound, Invalid.
    """

    async def attempt() -> bool:
        # In turn: a job's chunks are answered all at once, and each that lost the swap would store its rows again.
        job = await jobs.recall(uow.conn, event.job_id, workspace_id=workspace_id, in_turn=True)
        if job.state in TERMINAL:
            log.info("answer.refused", job_id=str(job.id), chunk_no=event.chunk_no, job_state=job.state.value)
            return True
        chunk = await chunks.load(uow.conn, job.id, event.chunk_no)
        if not takes_results(job, chunk, epoch=event.epoch):
            log.info("answer.refused", job_id=str(job.id), chunk_no=chunk.chunk_no, job_state=job.state.value)
            return True
        if not await _is_payable(uow, job, chunk):
            log.info("answer.unpaid", job_id=str(job.id), chunk_no=chunk.chunk_no, chunk_state=chunk.state.value)
            return True
        rows = _rows_of(event, chunk)
        return await _store(rows, uow=uow, job=job, chunk=chunk, now=now)

    await by_compare_and_swap(uow, attempt, job_id=event.job_id)


async def _store(rows: Sequence[RowResult], *, uow: UnitOfWork, job: Job, chunk: Chunk, now: datetime) -> bool:
    fresh = await results.insert_new(uow.conn, job.id, to_json(rows), upload_id=job.upload_id)
    # Mostly all of them are, and then nobody need ask what was stored before.
    stored = fresh if len(fresh) == chunk.row_count else await results.statuses(uow.conn, job.id, chunk.row_nos)
    completes = len(stored) == chunk.row_count
    if not fresh and not completes:
        return True
    earned = _earned(job, chunk, stored) if completes else 0
    if completes and not await chunks.complete(uow.conn, chunk, credits_earned=earned):
        return False
    counted = count(
        job,
        added=added_by(chunk, fresh.values(), completes=completes),
        earned=earned,
        now=now,
        sandboxed=any(row.receipt.sandboxed for row in rows),
    )
    if not await save_turns(uow, job, [counted, *finish_if_answered(counted, now=now)]):
        return False
    receipts = [(row.status, row.receipt) for row in rows if row.row_no in fresh]
    taken = usage_of(receipts, earned=earned, sandboxed=counted.sandboxed)
    await usage.add(uow.conn, counted, taken, day=day_of(now))
    metrics.count_calls(taken)
    for status in fresh.values():
        metrics.ROWS.labels(status).inc()
    if completes and job.kind is not JobKind.TRIAL:
        completed = ChunkCompleted(job_id=job.id, chunk_no=chunk.chunk_no, credits=earned)
        uow.publish(completed, tenant_id=job.workspace_id, correlation_id=job.id)
    return True


async def _is_payable(uow: UnitOfWork, job: Job, chunk: Chunk) -> bool:
    """A late answer to a chunk that is not under way may find its credits promised to another: it is asked for again."""
    if not is_limited(job) or chunk.state in {ChunkState.PUBLISHING, ChunkState.QUEUED}:
        return True
    under_way = await rationing.rows_charged_under_way(uow.conn, job)
    return len(charged_rows(chunk, free=job.free_rows)) <= rows_left(job, charged_under_way=under_way)


def _earned(job: Job, chunk: Chunk, stored: Mapping[int, str]) -> int:
    charged = charged_rows(chunk, free=frozenset(job.free_rows))
    return credits_of([stored[row_no] for row_no in charged], credits_per_row=job.credits_per_row)


def _rows_of(event: ChunkEnriched, chunk: Chunk) -> Sequence[RowResult]:
    """The answer's rows that the chunk has. An earlier dispatch may have had more: a chunk can be split after it."""
    wanted = set(chunk.row_nos)
    strangers = sorted({row.row_no for row in event.results} - wanted)
    if strangers and event.dispatch_no >= chunk.dispatch_no:
        msg = f"chunk {chunk.chunk_no} of job {chunk.job_id} has no row {strangers[0]}"
        raise Invalid(msg, code="row_not_in_chunk")
    return [row for row in event.results if row.row_no in wanted]


def to_json(rows: Sequence[RowResult]) -> str:
    """The results as Postgres takes them: JSONB refuses NUL, so what a provider sent with one loses it."""
    text = _ROWS.dump_json(list(rows)).decode()
    return orjson.dumps([_without_nul(row) for row in orjson.loads(text)]).decode() if "\\u0000" in text else text


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(item) for name, item in value.items()}
    return value
