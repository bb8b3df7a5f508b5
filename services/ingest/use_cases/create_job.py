"""Create a job: write it as `reserving`, ask billing for the hold, and let the caller wait a moment for the answer."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.common.contracts.ingest import ResearchSpec
from libs.common.errors import Conflict
from libs.common.ids import new_id
from libs.common.listener import Listener
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest.domain.jobs import Job, JobState
from services.ingest.domain.quotes import check_accepted
from services.ingest.domain.specs import mapping_by_name, spec_hash
from services.ingest.repositories import jobs
from services.ingest.use_cases.quote_job import Offer, quote_job
from services.ingest.use_cases.turn_job import HOLD_ANSWERED, publish_state

WAIT_S = 5.0
_POLL_S = 0.5


@dataclass(frozen=True)
class JobRequest:
    """What somebody asks for. Its fingerprint tells a second click from another request under the same key."""

    upload_id: UUID
    mapping: Mapping[str, int] | None = None
    accept_degraded: bool = False
    language: str = "en"
    max_words: int = 40
    offer: str = ""

    @property
    def fingerprint(self) -> str:
        return spec_hash({**asdict(self), "upload_id": str(self.upload_id)})


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

    Raises Conflict `idempotency_key_reused` for another request under the key, `providers_missing`; what a quote raises.
    """
    if (known := await _known(uow, request, workspace_id=workspace_id, key=idempotency_key)) is not None:
        return known
    offer = await quote_job(uow, request.upload_id, workspace_id=workspace_id, mapping=request.mapping, now=now)
    check_accepted(offer.quote, accept_degraded=request.accept_degraded)
    job = _new_job(offer, workspace_id=workspace_id, accept_degraded=request.accept_degraded, now=now)
    written = await jobs.insert_new(
        uow.conn,
        job,
        user_id=user_id,
        idempotency_key=idempotency_key,
        fingerprint=request.fingerprint,
        mapping=offer.mapping,
        spec=_spec(request, offer),
    )
    if not written:
        first = await _known(uow, request, workspace_id=workspace_id, key=idempotency_key)
        assert first is not None, "somebody has written a job under this key"
        return first
    await jobs.write_log(uow.conn, job)
    publish_state(uow, job)
    return job


async def wait_for_hold(
    job: Job, *, open_uow: OpenUow, listener: Listener, wait_s: float = WAIT_S, poll_s: float = _POLL_S
) -> Job:
    """Wait until the job is not `reserving` any more, at most `wait_s`; holds no connection meanwhile."""
    if job.state is not JobState.RESERVING:
        return job
    deadline = asyncio.get_running_loop().time() + wait_s
    async with listener.wait_for(HOLD_ANSWERED) as answered:
        while True:
            answered.clear()
            async with open_uow() as uow:
                job = await jobs.load(uow.conn, job.id, workspace_id=job.workspace_id)
            left = deadline - asyncio.get_running_loop().time()
            if job.state is not JobState.RESERVING or left <= 0:
                return job
            await _heard(answered, min(left, poll_s))


async def _heard(event: asyncio.Event, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return


async def _known(uow: UnitOfWork, request: JobRequest, *, workspace_id: UUID, key: str | None) -> Job | None:
    found = None if key is None else await jobs.find_by_key(uow.conn, workspace_id=workspace_id, key=key)
    if found is None:
        return None
    job, fingerprint = found
    if fingerprint != request.fingerprint:
        msg = f"idempotency key {key!r} was used for another request (job {job.id}): take a new key for a new job"
        raise Conflict(msg, code="idempotency_key_reused", extra={"job_id": str(job.id)})
    return job


def _new_job(offer: Offer, *, workspace_id: UUID, accept_degraded: bool, now: datetime) -> Job:
    return Job(
        id=new_id(),
        workspace_id=workspace_id,
        upload_id=offer.upload.id,
        filename=offer.upload.filename,
        state=JobState.RESERVING,
        rows_total=offer.quote.rows,
        price_version=offer.quote.price.version,
        credits_per_row=offer.quote.price.credits_per_row,
        credits_needed=offer.quote.credits,
        created_at=now,
        state_changed_at=now,
        sandboxed=offer.quote.sandboxed or offer.upload.sandboxed,
        accept_degraded=accept_degraded,
    )


def _spec(request: JobRequest, offer: Offer) -> dict[str, Any]:
    content = {
        "mapping": mapping_by_name(offer.mapping, [column["name"] for column in offer.reading.columns]),
        "language": request.language,
        "max_words": request.max_words,
        "offer": request.offer,
        "accept_degraded": request.accept_degraded,
    }
    return ResearchSpec.model_validate({**content, "hash": spec_hash(content)}).model_dump(mode="json")
