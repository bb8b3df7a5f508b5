"""Write the job that somebody orders, once for however many clicks."""

from collections.abc import Mapping
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.ingest.domain.entitlements import check_under_way
from services.ingest.domain.jobs import Job, JobKind
from services.ingest.repositories import entitlements, jobs
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
    request, `concurrent_jobs_reached` when the plan has no room for one more list or retry.
    """
    first = await _find_room(uow, job, idempotency_key=idempotency_key, fingerprint=fingerprint)
    if first is not None:
        return first
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


async def _find_room(uow: UnitOfWork, job: Job, *, idempotency_key: str | None, fingerprint: str) -> Job | None:
    """Those of one workspace take turns from here on, so that two clicks do not both find the last place. Whoever finds
    itself the second click of one that has come first answers with that one."""
    if job.kind is JobKind.TRIAL:
        return None
    entitled = await entitlements.of(uow.conn, job.workspace_id, in_turn=True)
    if entitled.concurrent_jobs is None:
        return None
    first = await find_repeated(uow, fingerprint=fingerprint, workspace_id=job.workspace_id, key=idempotency_key)
    if first is None:
        check_under_way(entitled, under_way=await entitlements.count_under_way(uow.conn, job.workspace_id))
    return first
