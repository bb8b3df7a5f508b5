"""Write the job that somebody orders, once for however many clicks."""

from collections.abc import Mapping
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import Job
from services.ingest.repositories import jobs
from services.ingest.use_cases.find_repeated import find_repeated


async def write_job(
    uow: UnitOfWork,
    job: Job,
    *,
    user_id: UUID,
    idempotency_key: str | None,
    fingerprint: str,
    mapping: Mapping[str, int],
    spec: Mapping[str, object],
) -> Job | None:
    """None when it is written; the other one when a click under the same key was faster.

    Natural key: (workspace, idempotency key). Raises Conflict `idempotency_key_reused` when that click was for another
    request.
    """
    written = await jobs.insert_new(
        uow.conn,
        job,
        user_id=user_id,
        idempotency_key=idempotency_key,
        fingerprint=fingerprint,
        mapping=mapping,
        spec=spec,
    )
    if written:
        return None
    first = await find_repeated(uow, fingerprint=fingerprint, workspace_id=job.workspace_id, key=idempotency_key)
    assert first is not None, "somebody has written a job under this key"
    return first
