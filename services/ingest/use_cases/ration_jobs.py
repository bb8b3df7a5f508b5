"""Hold the jobs that are not paid in full to what they can pay for: no more rows are under way than may all be charged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.ingest.domain.ceilings import CEILING, Portion, affordable_portion, rows_left
from services.ingest.domain.chunks import Chunk
from services.ingest.domain.fairness import Waiting
from services.ingest.domain.jobs import Job
from services.ingest.domain.turns import park
from services.ingest.repositories import chunks, jobs, rationing
from services.ingest.use_cases.turn_job import save_turns


@dataclass(frozen=True)
class Split:
    """A chunk of which a job can pay for a part only."""

    job: Job
    chunk: Chunk
    portion: Portion


@dataclass(frozen=True)
class Rationed:
    """What may be dispatched, and which chunks are to be split before they are."""

    waiting: Sequence[Waiting]
    splits: Mapping[tuple[UUID, int], Split]


async def ration_jobs(
    uow: UnitOfWork, waiting: Sequence[Waiting], limited: Mapping[UUID, Job], *, now: datetime
) -> Rationed:
    """Leave out what `limited` jobs (locked by this transaction) cannot pay for; park those that nothing is left for.

    A job that has become limited since they were locked has to wait for the next round.
    """
    kept = [chunk for chunk in waiting if not chunk.limited and chunk.job_id not in limited]
    splits: dict[tuple[UUID, int], Split] = {}
    for job_id, job in limited.items():
        mine = [chunk for chunk in waiting if chunk.job_id == job_id]
        if not mine:
            continue
        payable, split = await _payable(uow, job, mine, now=now)
        kept += payable
        if split is not None:
            splits[job_id, split.chunk.chunk_no] = split
    return Rationed(kept, splits)


async def split_chunks(uow: UnitOfWork, chosen: Sequence[Waiting], rationed: Rationed) -> None:
    """Split what has been chosen, so that the credits are used to the last row. The job has one chunk more."""
    for one in chosen:
        split = rationed.splits.get((one.job_id, one.chunk_no))
        if split is None:
            continue
        await rationing.split(uow.conn, split.chunk, rows=split.portion.rows, rest=split.portion.rest)
        job = replace(split.job, chunks_total=split.job.chunks_total + 1, version=split.job.version + 1)
        saved = await jobs.save(uow.conn, job, was=split.job.version)
        assert saved, "the job is locked"


async def _payable(
    uow: UnitOfWork, job: Job, mine: Sequence[Waiting], *, now: datetime
) -> tuple[list[Waiting], Split | None]:
    under_way = await rationing.rows_charged_under_way(uow.conn, job)
    left, free = rows_left(job, charged_under_way=under_way), frozenset(job.free_rows)
    known = {c.chunk_no: c for c in await chunks.load_several(uow.conn, job.id, [c.chunk_no for c in mine])}
    kept: list[Waiting] = []
    for one in mine:
        portion = affordable_portion(known[one.chunk_no].row_nos, free=free, rows_left=left)
        left -= portion.charged
        if portion.rows:
            kept.append(replace(one, rows=len(portion.rows)))
        if portion.rest:
            split = Split(job, known[one.chunk_no], portion) if portion.rows else None
            await _park_if_idle(uow, job, idle=not kept and under_way == 0, now=now)
            return kept, split
    return kept, None


async def _park_if_idle(uow: UnitOfWork, job: Job, *, idle: bool, now: datetime) -> None:
    turned = park(job, reason=CEILING, resume_at=None, now=now) if idle else None
    if turned is not None:
        await save_turns(uow, job, [turned])
