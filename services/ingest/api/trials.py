"""Route of trials: up to three rows of an upload, free."""

from uuid import UUID

from fastapi import APIRouter

from libs.common.clock import utc_now
from libs.common.http.dependencies import Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.ingest.api.jobs import Key
from services.ingest.resources import IngestResources
from services.ingest.schemas.jobs import JobOut, job_out
from services.ingest.schemas.quotes import TrialIn
from services.ingest.use_cases.try_rows import try_rows

router = APIRouter(prefix="/v1/uploads", tags=["jobs"], responses=PROBLEM_RESPONSES)


@router.post("/{upload_id}/trials", status_code=201)
async def try_it(
    upload_id: UUID,
    body: TrialIn,
    identity: CurrentIdentity,
    uow: Uow,
    resources: IngestResources,
    idempotency_key: Key = None,
) -> JobOut:
    """Research up to three rows of your choosing, free: a job of kind `trial`, whose rows are read like any job's.

    A list made from the upload keeps what was tried with the same wishes, and does not charge those rows again. 429
    `trial_limit` says when more can be tried. The same Idempotency-Key answers with the same trial.
    """
    job = await try_rows(
        uow,
        body.to_request(upload_id),
        workspace_id=identity.workspace_id,
        user_id=identity.user_id,
        idempotency_key=idempotency_key,
        rows_per_day=resources.settings.trial_rows_per_day,
        now=utc_now(),
    )
    return job_out(job)
