"""Routes of a job's later life: retry, rerun, delete, and the log of what happened to it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from libs.common.clock import utc_now
from libs.common.http.dependencies import CurrentPlatform, Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.ingest.api.jobs import ACCEPTED, Key, ordered
from services.ingest.repositories import job_logs, jobs
from services.ingest.schemas.job_life import LogPage, RetryIn, log_entry_out
from services.ingest.schemas.jobs import JobOut, job_out
from services.ingest.use_cases.delete_job import delete_job
from services.ingest.use_cases.rerun_job import rerun_job
from services.ingest.use_cases.retry_job import retry_job
from services.ingest.use_cases.wait_for_billing import wait_for_hold

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], responses=PROBLEM_RESPONSES)

Limit = Annotated[int, Query(ge=1, le=200)]


@router.post("/{job_id}/retry", status_code=201, responses=ACCEPTED)
async def retry(
    job_id: UUID,
    body: RetryIn,
    identity: CurrentIdentity,
    platform: CurrentPlatform,
    response: Response,
    idempotency_key: Key = None,
) -> JobOut:
    """Research the failed (degraded, not reached) rows of an ended list once more, as a job that is laid over it.

    Waits up to 5 s for its credits: 201, 402 `insufficient_credits`, or 202 while nobody knows. A second click answers
    with the retry that is under way. 409 `nothing_to_retry`, `job_running`, `retry_running` (another request's).
    """
    async with platform.open_uow() as uow:
        job = await retry_job(
            uow,
            job_id,
            body.to_request(),
            workspace_id=identity.workspace_id,
            user_id=identity.user_id,
            idempotency_key=idempotency_key,
            now=utc_now(),
        )
    job = await wait_for_hold(job, open_uow=platform.open_uow, listener=platform.listener)
    return ordered(job, response)


@router.post("/{job_id}/rerun")
async def rerun(job_id: UUID, identity: CurrentIdentity, uow: Uow) -> JobOut:
    """Begin once more with everything that is not completed, also what was given up. Only before the sheet is written."""
    job = await rerun_job(uow, job_id, workspace_id=identity.workspace_id, user_id=identity.user_id, now=utc_now())
    return job_out(job)


@router.delete("/{job_id}", status_code=204)
async def delete(job_id: UUID, identity: CurrentIdentity, uow: Uow) -> None:
    """Delete an ended list with its retries, results and sheets, and its upload when nothing else was made from that.

    409 `job_running` before its end, `retry_running` while rows of it are retried, `part_of_list` for a retry.
    """
    await delete_job(uow, job_id, workspace_id=identity.workspace_id, now=utc_now())


@router.get("/{job_id}/log")
async def show_log(
    job_id: UUID, identity: CurrentIdentity, uow: Uow, cursor: UUID | None = None, limit: Limit = 50
) -> LogPage:
    """What happened to a job, oldest first."""
    await jobs.load(uow.conn, job_id, workspace_id=identity.workspace_id)
    found = await job_logs.page(uow.conn, job_id, after=cursor, limit=limit + 1)
    items = [log_entry_out(entry) for entry in found[:limit]]
    return LogPage(items=items, next_cursor=str(items[-1].id) if len(found) > limit else None)
