"""Routes of another go at one row: what it would cost, and the job."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from libs.common.clock import utc_now
from libs.common.http.dependencies import CurrentPlatform, Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.ingest.api.jobs import Key, ordered
from services.ingest.schemas.row_reruns import RerunIn, RerunOut, RerunQuoteOut, rerun_out, rerun_quote_out
from services.ingest.use_cases.rerun_row import RerunRequest, quote_rerun, rerun_row
from services.ingest.use_cases.wait_for_billing import wait_for_hold

router = APIRouter(prefix="/v1/jobs/{job_id}/rows/{row_no}/rerun", tags=["jobs"], responses=PROBLEM_RESPONSES)

RowNo = Annotated[int, Path(ge=1, le=2**31 - 1)]
_ACCEPTED: dict[int | str, dict[str, object]] = {
    202: {"model": RerunOut, "description": "Still reserving its credits."}
}


@router.get("")
async def quote(job_id: UUID, row_no: RowNo, identity: CurrentIdentity, uow: Uow) -> RerunQuoteOut:
    """What another go at a row of an ended list would cost. Nothing is reserved."""
    request = RerunRequest(row_no)
    return rerun_quote_out(await quote_rerun(uow, job_id, request, workspace_id=identity.workspace_id, now=utc_now()))


@router.post("", status_code=201, responses=_ACCEPTED)
async def rerun(
    job_id: UUID,
    row_no: RowNo,
    body: RerunIn,
    identity: CurrentIdentity,
    platform: CurrentPlatform,
    response: Response,
    idempotency_key: Key = None,
) -> RerunOut:
    """Work on one row of an ended list once more, as a job that is laid over it: the better outcome counts, of equals the newer.

    Waits up to 5 s for its credits: 201, 402 `insufficient_credits`, or 202 while nobody knows. A second click answers
    with the same job. 409 `job_running`, `retry_running` while rows of the list are retried already.
    """
    async with platform.open_uow() as uow:
        job, quoted = await rerun_row(
            uow,
            job_id,
            body.to_request(row_no),
            workspace_id=identity.workspace_id,
            user_id=identity.user_id,
            idempotency_key=idempotency_key,
            now=utc_now(),
        )
    job = await wait_for_hold(job, open_uow=platform.open_uow, listener=platform.listener)
    ordered(job, response)
    return rerun_out(job, quoted)
