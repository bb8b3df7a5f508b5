"""A second click: the job that the first one made."""

from uuid import UUID

from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import Job
from services.ingest.repositories import jobs


async def find_repeated(uow: UnitOfWork, *, fingerprint: str, workspace_id: UUID, key: str | None) -> Job | None:
    """The job made under an idempotency key, as it is now. Raises Conflict `idempotency_key_reused` for another request."""
    found = None if key is None else await jobs.find_by_key(uow.conn, workspace_id=workspace_id, key=key)
    if found is None:
        return None
    job, first = found
    if first != fingerprint:
        msg = f"idempotency key {key!r} was used for another request (job {job.id}): take a new key for a new job"
        raise Conflict(msg, code="idempotency_key_reused", extra={"job_id": str(job.id)})
    return job
