"""Merge: close what is open, write the sheet with its new columns, then complete the job. Claim (lease), write, record."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Event
from libs.common.contracts.ingest import JobMerging
from libs.common.errors import Busy, Transient
from libs.common.ids import new_id
from libs.common.leases import keep_lease
from libs.common.logs import get_logger
from libs.common.storage import ObjectMissing
from libs.common.uow import Message, OpenUow, UnitOfWork
from services.ingest.domain.jobs import NOT_REACHED, Job, JobKind, JobState
from services.ingest.domain.storage_keys import export_key
from services.ingest.domain.turns import complete, fail
from services.ingest.export.merge import RowsDiffer, write_exports
from services.ingest.repositories import jobs, line_reviews, merges
from services.ingest.repositories.results import StoredResult
from services.ingest.resources import Resources
from services.ingest.segments import SegmentDamaged
from services.ingest.use_cases.close_rows import close_rows
from services.ingest.use_cases.plan_sheet import plan_sheet
from services.ingest.use_cases.publish_recipients import plan_list, publish_recipients
from services.ingest.use_cases.sheet_outcomes import PENDING, sheet_rows
from services.ingest.use_cases.turn_job import turn_job

log = get_logger()

LEASE = timedelta(seconds=60)


class RowsMissing(Transient):
    """Storage answers that rows are not there. A store that is not whole yet says so too, so it is asked a few times."""

    code = "rows_missing"


async def merge_results(event: JobMerging, *, message: Message, open_uow: OpenUow, resources: Resources) -> None:
    """Write both files and complete the job, with its exact `credits_total` and its list; or fail it, saying why.

    Rows that a person left open when they took what there is are closed before.

    Natural key: the job's state. Both files have fixed names, so writing them twice writes them once. Raises Busy while
    another replica is at it, Outage while storage is away, RowsMissing when it does not have the rows.
    """
    token = new_id()
    job = await _claim(event.job_id, message, token=token, open_uow=open_uow)
    if job is None:
        return
    try:
        renew = partial(merges.renew, job_id=job.id, token=token, lease=LEASE)
        async with keep_lease(renew, open_uow=open_uow, lease_s=LEASE.total_seconds()):
            await close_rows(job.id, workspace_id=job.workspace_id, open_uow=open_uow)
            await _write(job, open_uow=open_uow, resources=resources)
    except (RowsDiffer, SegmentDamaged) as error:
        log.warning("merge.failed", job_id=str(job.id), error=str(error))
        reason = error.code if isinstance(error, RowsDiffer) else "rows_unreadable"
        await _record(job, message, open_uow=open_uow, reason=reason)
        return
    except BaseException:
        async with open_uow() as uow:
            await merges.release(uow.conn, job.id, token=token)
        raise
    await _record(job, message, open_uow=open_uow, reason=None)
    await publish_recipients(job.id, open_uow=open_uow, storage=resources.storage)


async def fail_unmerged(event: Event, message: Message, uow: UnitOfWork, error: str) -> None:
    """The merge is given up (its message is a dead letter): the job has failed. Its captures stay as they are."""
    assert isinstance(event, JobMerging)
    log.warning("merge.given_up", job_id=str(event.job_id), error=error)
    now = utc_now()
    await turn_job(
        uow,
        event.job_id,
        workspace_id=message.tenant_id,
        decide=lambda job: _ended(job, reason="merge_failed", now=now),
    )


async def _claim(job_id: UUID, message: Message, *, token: UUID, open_uow: OpenUow) -> Job | None:
    async with open_uow() as uow:
        job = await jobs.recall(uow.conn, job_id, workspace_id=message.tenant_id)
        if job.state is not JobState.MERGING:
            await uow.record_inbox(message)
            return None
        if not await merges.claim(uow.conn, job_id, token=token, lease=LEASE):
            msg = f"job {job_id} is being merged by another replica"
            raise Busy(msg)
        return job


async def _write(job: Job, *, open_uow: OpenUow, resources: Resources) -> None:
    async with open_uow() as uow:
        # When the merge began, not when it is tried: written twice the sheet has the same bytes.
        sheet = await plan_sheet(uow, job, made_at=job.state_changed_at)
        await line_reviews.note_merge(uow.conn, job.id, root_id=job.family_id)
    try:
        await write_exports(
            storage=resources.storage,
            plan=sheet.plan,
            refs=sheet.refs,
            outcomes=every_outcome(job, rows_in_sheet=sheet.rows, open_uow=open_uow),
            rows_total=sheet.rows,
            keys={"xlsx": export_key(job.id, "xlsx"), "csv": export_key(job.id, "csv")},
            memory_bytes=resources.settings.export_memory_bytes,
        )
    except ObjectMissing as error:
        raise RowsMissing(error.message) from error


async def every_outcome(job: Job, *, rows_in_sheet: int, open_uow: OpenUow) -> AsyncIterator[StoredResult]:
    """The outcome of row 1, 2, … to the last of the sheet. Raises RowsDiffer when one is missing.

    A retry of a list that was cancelled has rows that nobody reached.
    """
    async for outcome in sheet_rows(job, rows_in_sheet=rows_in_sheet, open_uow=open_uow):
        if outcome.status != PENDING:
            yield outcome
        elif job.kind is JobKind.RETRY:
            yield StoredResult(outcome.row_no, "skipped", reason=NOT_REACHED)
        else:
            msg = f"row {outcome.row_no} of job {job.id} has no result"
            raise RowsDiffer(msg)


async def _record(job: Job, message: Message, *, open_uow: OpenUow, reason: str | None) -> None:
    now = utc_now()
    async with open_uow() as uow:
        if not await uow.record_inbox(message):
            return
        ended = await turn_job(
            uow, job.id, workspace_id=job.workspace_id, decide=lambda job: _ended(job, reason=reason, now=now)
        )
        if ended.state is JobState.COMPLETED and await merges.has_addresses(uow.conn, job.id):
            await plan_list(uow, job)


def _ended(job: Job, *, reason: str | None, now: datetime) -> list[Job]:
    turned = complete(job, now=now) if reason is None else fail(job, reason=reason, now=now)
    return [] if turned is None else [turned]
