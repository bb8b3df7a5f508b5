"""A chunk is given up: its rows without a result count as failed, with the reason."""

from datetime import datetime
from uuid import UUID

from libs.common.clock import utc_now
from libs.common.contracts.enrich import ChunkEnriched, ChunkFailed
from libs.common.contracts.envelope import Event
from libs.common.uow import Message, UnitOfWork
from services.ingest.domain.chunks import is_present_dispatch, missing_when_failed
from services.ingest.domain.jobs import TERMINAL
from services.ingest.domain.turns import count, finish_if_answered
from services.ingest.repositories import chunks, erased_rows, jobs, results
from services.ingest.use_cases.turn_job import by_compare_and_swap, save_turns

ERROR_CHARS = 500


async def fail_chunk(event: ChunkFailed, *, uow: UnitOfWork, workspace_id: UUID, now: datetime) -> None:
    """Only for the present dispatch: an older one's failure says nothing about the copy that is under way.

    Rows that have their result keep it, free of charge. A late answer may still complete the chunk. Raises NotFound.
    """

    async def attempt() -> bool:
        job = await jobs.recall(uow.conn, event.job_id, workspace_id=workspace_id, in_turn=True)
        if job.state in TERMINAL:
            return True
        chunk = await chunks.load(uow.conn, job.id, event.chunk_no)
        if not is_present_dispatch(job, chunk, epoch=event.epoch, dispatch_no=event.dispatch_no):
            return True
        stored = len(await results.statuses(uow.conn, job.id, chunk.row_nos))
        error = event.error.replace("\x00", "")[:ERROR_CHARS]
        if not await chunks.give_up(uow.conn, chunk, error=error):
            return False
        counted = count(job, added=missing_when_failed(chunk, stored=stored), earned=0, now=now)
        return await save_turns(uow, job, [counted, *finish_if_answered(counted, now=now)])

    await by_compare_and_swap(uow, attempt, job_id=event.job_id)


async def fail_unrecorded(event: Event, message: Message, uow: UnitOfWork, error: str) -> None:
    """An answer that could not be recorded is a dead letter: without this its chunk would be asked for again for ever. Where it
    tells of somebody who is erased, nothing of it is kept."""
    assert isinstance(event, ChunkEnriched)
    given_up = ChunkFailed(
        job_id=event.job_id,
        chunk_no=event.chunk_no,
        epoch=event.epoch,
        dispatch_no=event.dispatch_no,
        error=f"the answer could not be recorded: {error}",
    )
    await erased_rows.forget_letters_of_job(uow.conn, event.job_id)
    await fail_chunk(given_up, uow=uow, workspace_id=message.tenant_id, now=utc_now())
