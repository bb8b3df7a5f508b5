"""A chunk is handed back unfinished: it waits for its time, or for the job to go on."""

from datetime import datetime, timedelta
from uuid import UUID

from libs.common.contracts.enrich import ChunkReturned
from libs.common.uow import UnitOfWork
from services.ingest.domain.chunks import is_present_dispatch
from services.ingest.domain.providers import in_the_way
from services.ingest.repositories import chunks, jobs, provider_states
from services.ingest.use_cases.park_jobs import parked
from services.ingest.use_cases.turn_job import DISPATCH, turn_job

LOOK_AGAIN = timedelta(seconds=30)
"""For a chunk that came back because of a provider which, as far as we know, is up: it may be back already."""
_OF_PROVIDERS = frozenset({"provider_exhausted", "bad_key"})


async def take_back_chunk(event: ChunkReturned, *, uow: UnitOfWork, workspace_id: UUID, now: datetime) -> None:
    """Only for the present dispatch: `pending` again, due at `retry_at`. Raises NotFound.

    When a provider is the reason and still out, the job is parked: a person may have resumed it too early.
    """
    job = await jobs.load(uow.conn, event.job_id, workspace_id=workspace_id, in_turn=True)
    chunk = await chunks.load(uow.conn, job.id, event.chunk_no)
    if not is_present_dispatch(job, chunk, epoch=event.epoch, dispatch_no=event.dispatch_no):
        return
    states = await provider_states.known(uow.conn) if event.reason in _OF_PROVIDERS else []
    obstacle = in_the_way(states, workspace_id=workspace_id, now=now)
    due_at = event.retry_at
    if event.reason in _OF_PROVIDERS and obstacle is None:
        due_at = min(due_at, now + LOOK_AGAIN)
    if not await chunks.put_back(uow.conn, chunk, due_at=due_at):
        return
    uow.notify(DISPATCH)
    if obstacle is not None:
        await turn_job(uow, job.id, workspace_id=workspace_id, decide=lambda job: parked(job, states, now=now))
