"""Routes of what rows took: the receipt of a job, and a workspace's days."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from libs.common.clock import utc_now
from libs.common.http.dependencies import Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.http.times import WrittenDay
from services.ingest.domain.usage import day_of
from services.ingest.schemas.usage import JobReceiptOut, UsagePageOut, job_receipt_out, usage_page_out
from services.ingest.use_cases.show_usage import show_receipt, show_usage

router = APIRouter(prefix="/v1", responses=PROBLEM_RESPONSES)


@router.get("/jobs/{job_id}/receipt", tags=["jobs"])
async def job_receipt(job_id: UUID, identity: CurrentIdentity, uow: Uow) -> JobReceiptOut:
    """What a job took so far: calls by provider, tokens by model, cost, cache hits. Each row counts once, with the answer
    that was stored for it."""
    taken, with_retries = await show_receipt(uow, job_id, workspace_id=identity.workspace_id)
    return job_receipt_out(job_id, taken, with_retries=with_retries)


@router.get("/usage", tags=["usage"])
async def workspace_usage(
    identity: CurrentIdentity,
    uow: Uow,
    first: Annotated[
        WrittenDay | None, Query(alias="from", description="The first UTC day; 29 before `to` if left out.")
    ] = None,
    last: Annotated[WrittenDay | None, Query(alias="to", description="The last UTC day; today if left out.")] = None,
) -> UsagePageOut:
    """What the workspace's rows took, by UTC day, also those of deleted jobs: lists, retries and trials.

    422 `days_reversed` when `from` is after `to`, `too_many_days` for more than 366.
    """
    first, last, days = await show_usage(
        uow, workspace_id=identity.workspace_id, first=first, last=last, today=day_of(utc_now())
    )
    return usage_page_out(days, first=first, last=last)
