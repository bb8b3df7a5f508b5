"""What is the same for everything that is ordered on an upload, be it a list or a trial: it is priced, and written as a job."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import Job
from services.ingest.domain.quotes import Choice
from services.ingest.use_cases.map_upload import map_upload
from services.ingest.use_cases.quote_job import Offer, quote_job
from services.ingest.use_cases.specify_research import ResearchRequest, specify_research
from services.ingest.use_cases.write_job import write_job


async def price_order(
    uow: UnitOfWork, request: ResearchRequest, *, workspace_id: UUID, choice: Choice, now: datetime
) -> Offer:
    """The offer for these rows. A mapping that is named is the upload's from here on. Raises what a quote raises."""
    if request.mapping is not None:
        await map_upload(uow, request.upload_id, workspace_id=workspace_id, mapping=request.mapping)
    return await quote_job(
        uow,
        request.upload_id,
        workspace_id=workspace_id,
        mapping=request.mapping,
        choice=choice,
        columns=len(request.extra_columns),
        for_eyes=False,
        now=now,
    )


async def write_order(
    uow: UnitOfWork, job: Job, request: ResearchRequest, *, offer: Offer, user_id: UUID, idempotency_key: str | None
) -> Job | None:
    """None when the job is written; the other one when a click under the same key was faster.

    Raises Conflict `idempotency_key_reused`, and Invalid for research that cannot be specified.
    """
    return await write_job(
        uow,
        job,
        user_id=user_id,
        idempotency_key=idempotency_key,
        fingerprint=request.fingerprint,
        mapping=offer.mapping,
        spec=specify_research(request, offer.reading, mapping=offer.mapping),
    )
