"""Show what rows took: those of a job, of a list with its retries, or of a workspace by UTC day."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import JobKind
from services.ingest.domain.usage import Taken, period_of
from services.ingest.repositories import families, jobs, usage


async def show_receipt(uow: UnitOfWork, job_id: UUID, *, workspace_id: UUID) -> tuple[Taken, Taken | None]:
    """What a job's rows took so far; of a list also with all its retries, else None. Raises NotFound."""
    job = await jobs.load(uow.conn, job_id, workspace_id=workspace_id)
    own = await usage.of_jobs(uow.conn, [job.id])
    if job.kind is not JobKind.LIST:
        return own, None
    return own, await usage.of_jobs(uow.conn, await families.members(uow.conn, job.id))


async def show_usage(
    uow: UnitOfWork, *, workspace_id: UUID, first: date | None, last: date | None, today: date
) -> tuple[date, date, Mapping[date, Taken]]:
    """The first and the last day, and what a workspace's rows took on those between that have any.

    Raises Invalid `days_reversed`, `too_many_days`.
    """
    first, last = period_of(first, last, today=today)
    return first, last, await usage.of_workspace(uow.conn, workspace_id, first=first, last=last)
