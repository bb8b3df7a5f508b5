"""Routes of jobs: make one, look at it, pause, resume, cancel."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from libs.common.clock import utc_now
from libs.common.errors import PaymentRequired
from libs.common.http.dependencies import CurrentPlatform, Uow
from libs.common.http.etags import NOT_MODIFIED, Guarded, Tagged
from libs.common.http.identity import CurrentIdentity, OperatorIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.ingest.domain.ceilings import credits_asked, is_raise_open
from services.ingest.domain.jobs import TERMINAL, Job, JobKind, JobState
from services.ingest.domain.spending import INSUFFICIENT, shortage
from services.ingest.repositories import jobs
from services.ingest.repositories.jobs import JobFilter
from services.ingest.schemas.jobs import JobOut, JobPage, RescueOut, job_out
from services.ingest.schemas.quotes import CeilingIn, JobIn
from services.ingest.use_cases.cancel_job import cancel_job
from services.ingest.use_cases.create_job import create_job
from services.ingest.use_cases.explain_waiting import explain_waiting
from services.ingest.use_cases.finish_job import finish_job
from services.ingest.use_cases.lower_ceiling import lower_ceiling
from services.ingest.use_cases.pause_job import pause_job
from services.ingest.use_cases.raise_ceiling import raise_ceiling
from services.ingest.use_cases.rescue_chunks import rescue_job
from services.ingest.use_cases.resume_job import resume_job
from services.ingest.use_cases.wait_for_billing import wait_for_hold, wait_for_raise

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], responses=PROBLEM_RESPONSES)
operators = APIRouter(prefix="/internal/jobs", include_in_schema=False)

Limit = Annotated[int, Query(ge=1, le=200)]
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
ACCEPTED: dict[int | str, dict[str, object]] = {202: {"model": JobOut, "description": "Still reserving its credits."}}


@router.post("", status_code=201, responses=ACCEPTED)
async def start_job(
    body: JobIn,
    identity: CurrentIdentity,
    platform: CurrentPlatform,
    response: Response,
    idempotency_key: Key = None,
) -> JobOut:
    """Make a job and wait up to 5 s for its credits: 201, 402 `insufficient_credits`, or 202 while nobody knows.

    The same Idempotency-Key answers with the present state of the same job, whatever it would cost by then; with another body
    409 `idempotency_key_reused`. 409 `price_differs` where `quoted_credits` is not the price.
    """
    async with platform.open_uow() as uow:
        job = await create_job(
            uow,
            body.to_request(),
            workspace_id=identity.workspace_id,
            user_id=identity.user_id,
            idempotency_key=idempotency_key,
            now=utc_now(),
        )
    job = await wait_for_hold(job, open_uow=platform.open_uow, listener=platform.listener)
    return ordered(job, response)


def ordered(job: Job, response: Response) -> JobOut:
    """The answer to an order that has been waited for: 202 while nobody knows. Raises PaymentRequired when it is declined."""
    if job.state is JobState.DECLINED:
        raise declined(job)
    if job.state is JobState.RESERVING:
        response.status_code = 202
    return job_out(job)


def declined(job: Job) -> PaymentRequired:
    """Not enough credits, or a cap leaves too few. The job stays declined: more credits need a new job."""
    needed, available = credits_asked(job), job.credits_available or 0
    if job.affordable and job.credits_per_row:
        needed = job.credits_per_row
    told = shortage(job.credits_bound, needed=needed, available=available, then="start a new job")
    return too_few(f"the job needs {needed} credits, {told}", job, needed=needed)


def too_few(message: str, job: Job, *, needed: int) -> PaymentRequired:
    """402 `insufficient_credits`; with `reason` where a cap of the workspace's own leaves fewer than there are."""
    extra = {"needed": needed, "available": job.credits_available or 0, "job_id": str(job.id)}
    return PaymentRequired(message, extra=extra | {"reason": job.credits_bound or INSUFFICIENT})


@router.get("")
async def list_jobs(
    identity: CurrentIdentity,
    uow: Uow,
    kind: JobKind | None = None,
    state: Annotated[list[JobState] | None, Query(description="One or several; all when left out.")] = None,
    containing: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")] = "",
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> JobPage:
    """The workspace's jobs, newest first: those of one kind, or all but trials. `containing`: a part of the file's name."""
    wanted = JobFilter(kind, frozenset(state or ()), containing.strip())
    found = await jobs.page(uow.conn, workspace_id=identity.workspace_id, before=cursor, limit=limit + 1, wanted=wanted)
    shown = found[:limit]
    waiting = await explain_waiting(uow, shown, now=utc_now())
    items = [job_out(job, waiting=waiting[job.id]) for job in shown]
    return JobPage(items=items, next_cursor=str(items[-1].id) if len(found) > limit else None)


@router.get("/{job_id}", responses=NOT_MODIFIED)
async def show_job(job_id: UUID, identity: CurrentIdentity, uow: Uow, tag: Tagged) -> JobOut:
    """One job as it is now, and what it waits for. It has an `ETag`."""
    job = await jobs.load(uow.conn, job_id, workspace_id=identity.workspace_id)
    waiting = await explain_waiting(uow, [job], now=utc_now())
    return tag.on(job_out(job, waiting=waiting[job.id]), settings=[job.ceiling_credits])


@router.patch("/{job_id}", responses=ACCEPTED)
async def change(
    job_id: UUID,
    body: CeilingIn,
    identity: CurrentIdentity,
    platform: CurrentPlatform,
    response: Response,
    guard: Guarded,
) -> JobOut:
    """Let a job spend more, or less. More: raise its ceiling and wait up to 5 s for the credits; what is parked for it goes
    on. Less than is held for it: it begins no more than that pays for, and the rest is released; what is spent or under way
    is the lowest there is.

    402 `insufficient_credits` leaves the ceiling where it was, 202 while nobody knows; 409 `ceiling_not_higher` for a
    ceiling that gives it no more, `ceiling_not_lower` where all is spent or under way, `raise_open` for less while more is
    being asked for, `job_not_running` before its hold and after its end; 412 `settings_changed` when the ceiling is no longer
    that of the ETag in `If-Match`.
    """
    async with platform.open_uow() as uow:
        await guard.hold(uow)
        known = await jobs.load(uow.conn, job_id, workspace_id=identity.workspace_id)
        guard.check([known.ceiling_credits])
        if body.ceiling_credits < known.credits_held:
            workspace_id, ceiling = identity.workspace_id, body.ceiling_credits
            lowered = await lower_ceiling(uow, job_id, workspace_id=workspace_id, ceiling_credits=ceiling)
            return guard.on(job_out(lowered), settings=[lowered.ceiling_credits])
        job = await raise_ceiling(uow, job_id, workspace_id=identity.workspace_id, ceiling_credits=body.ceiling_credits)
    asked = credits_asked(job)
    job = await wait_for_raise(job, open_uow=platform.open_uow, listener=platform.listener)
    if is_raise_open(job):
        response.status_code = 202
    elif job.credits_held < asked and job.state not in TERMINAL:
        raise not_raised(job, asked=asked)
    return guard.on(job_out(job), settings=[job.ceiling_credits])


def not_raised(job: Job, *, asked: int) -> PaymentRequired:
    """Not enough credits for a higher ceiling, or a cap leaves too few."""
    needed, available = asked - job.credits_held, job.credits_available or 0
    told = shortage(job.credits_bound, needed=needed, available=available, then="try again")
    return too_few(f"the job needs {needed} more credits, {told}", job, needed=needed)


@router.post("/{job_id}/pause")
async def pause(job_id: UUID, identity: CurrentIdentity, uow: Uow) -> JobOut:
    """Stand still: rows in hand are finished, nothing more is begun."""
    return job_out(
        await pause_job(uow, job_id, workspace_id=identity.workspace_id, user_id=identity.user_id, now=utc_now())
    )


@router.post("/{job_id}/resume")
async def resume(job_id: UUID, identity: CurrentIdentity, uow: Uow) -> JobOut:
    """Go on, after a pause or before a provider is back by itself."""
    return job_out(
        await resume_job(uow, job_id, workspace_id=identity.workspace_id, user_id=identity.user_id, now=utc_now())
    )


@router.post("/{job_id}/finish")
async def finish(job_id: UUID, identity: CurrentIdentity, uow: Uow) -> JobOut:
    """Take what there is: rows without an outcome are skipped, free, and the sheet is written.

    Answers at once, `merging`: no answer counts any more, and `rows_skipped` rises while the rest is closed.
    409 `job_not_under_way` before the job has begun, and when it was cancelled or has failed.
    """
    return job_out(
        await finish_job(uow, job_id, workspace_id=identity.workspace_id, user_id=identity.user_id, now=utc_now())
    )


@router.post("/{job_id}/cancel")
async def cancel(job_id: UUID, identity: CurrentIdentity, uow: Uow) -> JobOut:
    """Stop for good. Delivered rows stay delivered; the rest is free."""
    return job_out(
        await cancel_job(uow, job_id, workspace_id=identity.workspace_id, user_id=identity.user_id, now=utc_now())
    )


@operators.post("/{job_id}/rescue")
async def rescue(job_id: UUID, _: OperatorIdentity, uow: Uow) -> RescueOut:
    """Publish every queued chunk of a job again, whatever the broker says."""
    await jobs.workspace_of(uow.conn, job_id)
    return RescueOut(chunks=await rescue_job(uow, job_id, now=utc_now()))
