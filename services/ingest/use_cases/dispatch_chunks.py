"""Dispatch: claim chunks fairly within the window, publish them with their rows, mark them queued.

Claim, call, record: between the claim's lease and the mark anything may die, and the chunk is pending again.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from libs.common.clock import utc_now
from libs.common.contracts.ingest import ChunkCreated, InputRow, ResearchSpec
from libs.common.errors import Transient
from libs.common.ids import new_id
from libs.common.logs import get_logger
from libs.common.sealing import seal
from libs.common.storage import ObjectMissing, Storage
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest import metrics
from services.ingest.domain.fairness import plan_round
from services.ingest.domain.turns import fail
from services.ingest.domain.window import window_rows
from services.ingest.repositories import dispatch_rounds, dispatches, enrich_replicas
from services.ingest.repositories.dispatches import Dispatch, JobSheet
from services.ingest.segment_reading import read_chunk
from services.ingest.segments import SegmentDamaged, wire_cells
from services.ingest.use_cases.ration_jobs import ration_jobs, split_chunks
from services.ingest.use_cases.turn_job import turn_job

log = get_logger()

LEASE = timedelta(seconds=60)
"""Longer than a group takes to publish: reading, and the publisher's own time limit."""
MAX_FAILURES = 15
"""So often in a row, a lease apart, a chunk's rows may be missing: a store whose volume is not mounted has none either."""
GROUP = 16
"""Chunks published at once. The dispatcher holds their events (≤ 256 KiB each), and while it reads them their rows: in
storage these have at most `segments.MAX_ROW_BYTES` a chunk."""
PER_JOB = 64
MAX_ROWS_A_ROUND = 10_000


class Publisher(Protocol):
    """What dispatch needs of the bus: a confirmed publish."""

    async def publish_event(self, routing_key: str, body: bytes, *, message_id: str) -> None: ...


async def dispatch_chunks(*, open_uow: OpenUow, storage: Storage, publisher: Publisher) -> int:
    """One round: plan, publish, mark. Answers how many chunks went out; 0 also while another planner is at it."""
    if not await _promises(open_uow):
        return 0
    async with open_uow() as uow:
        claimed = await plan(uow, now=utc_now())
    sheets: dict[UUID, JobSheet] = {}
    for start in range(0, len(claimed), GROUP):
        await _publish_group(
            claimed[start : start + GROUP], sheets, open_uow=open_uow, storage=storage, publisher=publisher
        )
    return len(claimed)


async def _promises(open_uow: OpenUow) -> bool:
    """Mostly a round would find nothing: every answer wakes the dispatcher. One look costs less than a round's locks."""
    async with open_uow.alone() as conn:
        outlook = await dispatch_rounds.outlook(conn, per_job=PER_JOB)
        window = window_rows(await enrich_replicas.known(conn), now=utc_now()) if outlook.fewest_rows else 0
    return outlook.promises(window=window)


async def plan(uow: UnitOfWork, *, now: datetime) -> list[Dispatch]:
    """Claim what fits into the window, fairly, for one dispatcher; expired claims become pending first."""
    turns = await dispatch_rounds.begin(uow.conn)
    if turns is None:
        return []
    limited = await dispatch_rounds.lock_limited(uow.conn)
    await dispatches.take_back_expired(uow.conn)
    window = window_rows(await enrich_replicas.known(uow.conn), now=now)
    if window <= 0:
        return []
    under_way = await dispatch_rounds.rows_under_way(uow.conn)
    is_full = under_way >= window
    waiting = await dispatch_rounds.waiting(uow.conn, per_job=PER_JOB, only_urgent=is_full)
    rationed = await ration_jobs(uow, waiting, limited, now=now)
    free_rows = min(window - under_way, MAX_ROWS_A_ROUND)
    planned = plan_round(rationed.waiting, turns=turns, free_rows=free_rows, under_way=under_way)
    if not planned.chunks:
        return []
    if not is_full:
        await dispatch_rounds.end(uow.conn, planned.turns)
    await split_chunks(uow, planned.chunks, rationed)
    return await dispatches.claim(uow.conn, planned.chunks, lease=LEASE)


async def _publish_group(
    group: Sequence[Dispatch],
    sheets: dict[UUID, JobSheet],
    *,
    open_uow: OpenUow,
    storage: Storage,
    publisher: Publisher,
) -> None:
    await _load_sheets(group, sheets, open_uow=open_uow)
    tasks = [publish_chunk(d, sheets[d.job_id], storage=storage, publisher=publisher) for d in group]
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    published = [d for d, outcome in zip(group, outcomes, strict=True) if outcome is None]
    if published:
        async with open_uow() as uow:
            await dispatches.mark_queued(uow.conn, published)
        metrics.CHUNKS_DISPATCHED.inc(len(published))
    for dispatch, outcome in zip(group, outcomes, strict=True):
        if outcome is not None:
            await _not_published(dispatch, outcome, open_uow=open_uow)


async def _load_sheets(group: Sequence[Dispatch], sheets: dict[UUID, JobSheet], *, open_uow: OpenUow) -> None:
    missing = dict.fromkeys(d.job_id for d in group if d.job_id not in sheets)
    if missing:
        async with open_uow() as uow:
            for job_id in missing:
                sheets[job_id] = await dispatches.sheet_of(uow.conn, job_id)


async def publish_chunk(dispatch: Dispatch, sheet: JobSheet, *, storage: Storage, publisher: Publisher) -> None:
    """Read the chunk's rows and publish them, confirmed. Raises Transient, ObjectMissing, SegmentDamaged."""
    event = ChunkCreated(
        job_id=dispatch.job_id,
        chunk_no=dispatch.chunk_no,
        epoch=dispatch.epoch,
        dispatch_no=dispatch.dispatch_no,
        job_version=dispatch.job_version,
        spec=ResearchSpec.model_validate(sheet.spec),
        rows=[
            InputRow(row_no=row.row_no, cells=wire_cells(sheet.names, row.cells))
            for row in await read_chunk(storage, dispatch.ref)
            if dispatch.chosen is None or row.row_no in dispatch.chosen
        ],
        family_id=sheet.family_id,
    )
    sealed = seal(
        event,
        id_=new_id(),
        occurred_at=utc_now(),
        tenant_id=dispatch.workspace_id,
        correlation_id=dispatch.job_id,
    )
    await publisher.publish_event(sealed.routing_key, sealed.body, message_id=str(sealed.id))


async def _not_published(dispatch: Dispatch, error: BaseException, *, open_uow: OpenUow) -> None:
    """What may work later waits for its lease to run out. Damage never heals, nor what fails again and again: the job has
    failed."""
    if not isinstance(error, Exception):
        raise error
    log.warning("chunk.not_published", job_id=str(dispatch.job_id), chunk_no=dispatch.chunk_no, error=str(error))
    if isinstance(error, Transient):
        return
    async with open_uow() as uow:
        failures = await dispatches.note_failure(uow.conn, dispatch)
    if failures < (1 if isinstance(error, SegmentDamaged) else MAX_FAILURES):
        return
    reason = "rows_missing" if isinstance(error, ObjectMissing) else "rows_unreadable"
    now = utc_now()
    async with open_uow() as uow:
        await turn_job(
            uow,
            dispatch.job_id,
            workspace_id=dispatch.workspace_id,
            decide=lambda job: [turned for turned in [fail(job, reason=reason, now=now)] if turned is not None],
        )
