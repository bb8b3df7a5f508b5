"""Try it: up to three rows of a person's choosing are researched before a job is made, free of charge."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import Job, JobKind, JobState
from services.ingest.domain.quotes import Choice, check_accepted
from services.ingest.domain.trials import DAY, check_allowance, check_rows
from services.ingest.repositories import job_logs, jobs, laying_out, trials
from services.ingest.use_cases.find_repeated import find_repeated
from services.ingest.use_cases.park_jobs import known_providers, parked
from services.ingest.use_cases.quote_job import Offer
from services.ingest.use_cases.specify_research import ResearchRequest
from services.ingest.use_cases.take_order import price_order, write_order
from services.ingest.use_cases.turn_job import DISPATCH, publish_state, save_turns

_ALL_ROWS = Choice(skip_duplicates=False)


@dataclass(frozen=True)
class TrialRequest(ResearchRequest):
    """The rows to try."""

    row_nos: tuple[int, ...] = ()


async def try_rows(
    uow: UnitOfWork,
    request: TrialRequest,
    *,
    workspace_id: UUID,
    user_id: UUID,
    idempotency_key: str | None,
    rows_per_day: int,
    now: datetime,
) -> Job:
    """A job of kind `trial` that is at work at once: it costs nothing, so nobody is asked for credits.

    One per (workspace, idempotency key). Raises RateLimited `trial_limit`, Invalid `trial_rows_invalid` and
    `extra_columns_invalid`, Conflict `idempotency_key_reused` and `providers_missing`; what a quote raises.
    """
    tried = await trials.lock_and_list(uow.conn, workspace_id, since=now - DAY)
    known = await find_repeated(uow, fingerprint=request.fingerprint, workspace_id=workspace_id, key=idempotency_key)
    if known is not None:
        return known
    offer = await price_order(uow, request, workspace_id=workspace_id, choice=_ALL_ROWS, now=now)
    check_rows(request.row_nos, rows_in_sheet=offer.reading.row_count)
    check_accepted(offer.quote, accept_degraded=request.accept_degraded)
    check_allowance(tried, rows=len(request.row_nos), per_day=rows_per_day, now=now)
    job = _new_trial(request, offer, workspace_id=workspace_id, now=now)
    first = await write_order(uow, job, request, offer=offer, user_id=user_id, idempotency_key=idempotency_key)
    if first is not None:
        return first
    return await _begin(uow, job, request, user_id=user_id, now=now)


async def _begin(uow: UnitOfWork, job: Job, request: TrialRequest, *, user_id: UUID, now: datetime) -> Job:
    job = replace(job, chunks_total=await laying_out.lay_out_chosen(uow.conn, job, request.row_nos))
    await jobs.save(uow.conn, job, was=job.version)
    await job_logs.write(uow.conn, job, user_id=user_id)
    publish_state(uow, job)
    uow.notify(DISPATCH)
    waits = parked(job, await known_providers(uow, now=now), now=now)
    if waits:
        await save_turns(uow, job, waits)
    return waits[-1] if waits else job


def _new_trial(request: TrialRequest, offer: Offer, *, workspace_id: UUID, now: datetime) -> Job:
    return Job(
        id=new_id(),
        workspace_id=workspace_id,
        upload_id=offer.upload.id,
        filename=offer.upload.filename,
        state=JobState.PROCESSING,
        kind=JobKind.TRIAL,
        rows_total=len(request.row_nos),
        price_version=offer.quote.price.version,
        credits_per_row=0,
        credits_needed=0,
        created_at=now,
        state_changed_at=now,
        started_at=now,
        sandboxed=offer.quote.sandboxed,
        accept_degraded=request.accept_degraded,
    )
