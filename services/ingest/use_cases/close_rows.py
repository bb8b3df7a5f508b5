"""Close what a person left open: its rows get their outcome some chunks at a time, however large the job is."""

import asyncio
from datetime import datetime
from uuid import UUID

from libs.common.clock import utc_now
from libs.common.contracts.ingest import ChunkCompleted
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest.domain.jobs import Job, JobState
from services.ingest.domain.turns import close
from services.ingest.domain.usage import day_of, usage_of
from services.ingest.repositories import closing, jobs, usage
from services.ingest.use_cases.turn_job import moving, save_turns

CHUNKS_AT_ONCE = 200
"""Ten thousand rows: a good quarter of a second, in which nobody else turns the job."""
TRIES = 25
WAIT_S = 0.05


async def close_rows(job_id: UUID, *, workspace_id: UUID, open_uow: OpenUow) -> None:
    """Close every open chunk of a merging job, each portion with its credits in a transaction of its own.

    Natural key: the chunk's state; whatever dies on the way, the next one goes on. A job that has ended meanwhile is left
    alone. Raises Busy while chunks stay in somebody's hands.
    """
    tries = 0
    while tries < TRIES:
        async with open_uow() as uow:
            job = await jobs.recall(uow.conn, job_id, workspace_id=workspace_id, in_turn=True)
            if job.state is not JobState.MERGING or job.is_answered:
                return
            closed = await close_some(uow, job, now=utc_now())
            if closed is not None:
                if not await save_turns(uow, job, [closed]):
                    raise moving(job_id)
                tries = 0
            elif not await closing.count_open_chunks(uow.conn, job):
                return
        if closed is None:
            tries += 1
            await asyncio.sleep(WAIT_S)
    raise moving(job_id)


async def close_some(uow: UnitOfWork, job: Job, *, now: datetime) -> Job | None:
    """Close the next open chunks of a locked job: rows without an outcome are skipped, and free. None when none is to be had.

    The job that it answers is still to be saved.
    """
    chunk_nos = await closing.lock_open_chunks(uow.conn, job, most=CHUNKS_AT_ONCE)
    if not chunk_nos:
        return None
    skipped = await closing.skip_open_rows(uow.conn, job, chunk_nos=chunk_nos)
    completed = await closing.complete_chunks(uow.conn, job, chunk_nos=chunk_nos)
    for chunk_no, earned in completed:
        if earned:
            event = ChunkCompleted(job_id=job.id, chunk_no=chunk_no, credits=earned)
            uow.publish(event, tenant_id=job.workspace_id, correlation_id=job.id)
    earned = sum(earned for _, earned in completed)
    if earned:
        taken = usage_of([], earned=earned, sandboxed=job.sandboxed)
        await usage.add(uow.conn, job, taken, day=day_of(now))
    return close(job, skipped=skipped, chunks=len(completed), earned=earned, now=now)
