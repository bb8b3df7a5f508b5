"""Create a job: write it as `reserving` and ask billing for the hold."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.ingest.domain.ceilings import check_ceiling
from services.ingest.domain.entitlements import check_rows
from services.ingest.domain.jobs import Job, JobState
from services.ingest.domain.quotes import Choice, check_accepted, check_agreed
from services.ingest.repositories import entitlements, job_logs
from services.ingest.use_cases.find_repeated import find_repeated
from services.ingest.use_cases.quote_job import Offer
from services.ingest.use_cases.specify_research import ResearchRequest
from services.ingest.use_cases.take_order import price_order, write_order
from services.ingest.use_cases.turn_job import publish_state


@dataclass(frozen=True)
class JobRequest(ResearchRequest):
    """A list to be enriched: which of its rows, and for how many credits at most.

    `affordable`: as many rows as the credits that are available pay for. `quoted_credits`: the price that was agreed to.
    """

    first_rows: int | None = None
    skip_duplicates: bool = True
    skip_known: bool = False
    affordable: bool = False
    ceiling_credits: int | None = None
    quoted_credits: int | None = None

    @property
    def choice(self) -> Choice:
        return Choice(self.first_rows, self.skip_duplicates, self.skip_known)


async def create_job(
    uow: UnitOfWork,
    request: JobRequest,
    *,
    workspace_id: UUID,
    user_id: UUID,
    idempotency_key: str | None,
    now: datetime,
) -> Job:
    """One job per (workspace, idempotency key): the second click answers with the first one's job as it is then.

    Raises Conflict `idempotency_key_reused` for another request under the key, `providers_missing`, `price_differs`; Invalid
    `ceiling_too_low`, `extra_columns_invalid`; Forbidden `rows_per_job_exceeded` and Conflict `concurrent_jobs_reached` for
    what the plan does not allow; what a quote raises.
    """
    known = await find_repeated(uow, fingerprint=request.fingerprint, workspace_id=workspace_id, key=idempotency_key)
    if known is not None:
        return known
    offer = await price_order(uow, request, workspace_id=workspace_id, choice=request.choice, now=now)
    check_accepted(offer.quote, accept_degraded=request.accept_degraded)
    check_agreed(offer.quote, quoted_credits=request.quoted_credits)
    check_rows(await entitlements.of(uow.conn, workspace_id), rows=offer.quote.rows_selected)
    check_ceiling(ceiling_credits=request.ceiling_credits, credits_per_row=offer.quote.credits_per_row)
    job = replace(_new_job(request, offer, workspace_id=workspace_id, now=now), user_id=user_id)
    first = await write_order(uow, job, request, offer=offer, user_id=user_id, idempotency_key=idempotency_key)
    if first is not None:
        return first
    await job_logs.write(uow.conn, job, user_id=user_id)
    publish_state(uow, job)
    return job


def _new_job(request: JobRequest, offer: Offer, *, workspace_id: UUID, now: datetime) -> Job:
    return Job(
        id=new_id(),
        workspace_id=workspace_id,
        upload_id=offer.upload.id,
        filename=offer.upload.filename,
        state=JobState.RESERVING,
        rows_total=offer.quote.rows_selected,
        price_version=offer.quote.price.version,
        credits_per_row=offer.quote.credits_per_row,
        credits_needed=offer.quote.credits,
        created_at=now,
        state_changed_at=now,
        first_rows=request.first_rows,
        free_rows=offer.tried,
        affordable=request.affordable,
        skip_duplicates=request.skip_duplicates,
        skip_known=request.skip_known,
        ceiling_credits=request.ceiling_credits,
        sandboxed=offer.quote.sandboxed,
        accept_degraded=request.accept_degraded,
    )
