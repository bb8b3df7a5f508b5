"""A chunk is handed back unfinished: it waits for its time, or for the job to go on."""

from datetime import datetime, timedelta
from uuid import UUID

from libs.common.contracts.enrich import ChunkReturned
from libs.common.uow import UnitOfWork
from services.ingest.domain.chunks import is_present_dispatch
from services.ingest.domain.jobs import TERMINAL
from services.ingest.domain.providers import Providers
from services.ingest.repositories import chunks, jobs
from services.ingest.use_cases.park_jobs import known_providers, obstacle_of, parked
from services.ingest.use_cases.turn_job import DISPATCH, turn_job

LOOK_AGAIN = timedelta(seconds=30)
"""For a chunk that came back because of a provider that is not known to be in the way: it may be back, or not be heard of yet.

Neither later, it may be back already; nor sooner, because enrich, which has just said so, would hand the chunk back at once.
"""
_OF_PROVIDERS = frozenset({"provider_exhausted", "bad_key"})


async def take_back_chunk(event: ChunkReturned, *, uow: UnitOfWork, workspace_id: UUID, now: datetime) -> None:
    """Only for the present dispatch: `pending` again, due at `retry_at`. Raises NotFound.

    When a provider is the reason and in the way still, the job is parked: a person may have resumed it too early.
    """
    job = await jobs.recall(uow.conn, event.job_id, workspace_id=workspace_id, in_turn=True)
    if job.state in TERMINAL:
        return
    chunk = await chunks.load(uow.conn, job.id, event.chunk_no)
    if not is_present_dispatch(job, chunk, epoch=event.epoch, dispatch_no=event.dispatch_no):
        return
    of_providers = event.reason in _OF_PROVIDERS
    providers = await known_providers(uow, now=now) if of_providers else Providers()
    obstacle = obstacle_of(job, providers, now=now)
    due_at = now + LOOK_AGAIN if of_providers and obstacle is None else event.retry_at
    if not await chunks.put_back(uow.conn, chunk, due_at=due_at):
        return
    uow.notify(DISPATCH)
    if obstacle is not None:
        await turn_job(uow, job.id, workspace_id=workspace_id, decide=lambda job: parked(job, providers, now=now))
