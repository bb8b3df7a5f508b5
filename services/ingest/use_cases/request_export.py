"""Ask for a sheet beside the finished one: flattened, or of a job that is still under way."""

from dataclasses import dataclass
from uuid import UUID

from libs.common.contracts.ingest import ExportRequested
from libs.common.errors import Conflict, RateLimited
from libs.common.ids import new_id
from libs.common.repeats import Recorder
from libs.common.storage import Storage
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest.domain.exports import MAX_WRITING, Edits, Export, Standing, standing_of
from services.ingest.domain.jobs import Job, JobKind
from services.ingest.domain.storage_keys import ExportFormat, export_key, sheet_key
from services.ingest.repositories import exports, families, jobs, line_reviews, sheets

_RETRY_AFTER_S = 5


@dataclass(frozen=True)
class ExportRequest:
    """Which sheet is wanted, of the list that a job is or retries."""

    job_id: UUID
    file_format: ExportFormat
    flat: bool


async def request_export(
    wanted: ExportRequest,
    *,
    workspace_id: UUID,
    open_uow: OpenUow,
    storage: Storage,
    record: Recorder[Export] | None = None,
) -> Export:
    """The export of the results as they stand: one that is there already, or a new one that is to be written.

    Key: (list job, format, flat, standing), so that two clicks make one; while one of the same kind is being written, both
    get that. A failed one is tried again. The finished sheet itself needs no writing. `record` is called with the export, in
    the transaction that makes or finds it. Raises NotFound; Conflict `no_sheet` for a trial; RateLimited `too_many_exports`.
    """
    async with open_uow() as uow:
        job = await load_list(uow, wanted.job_id, workspace_id=workspace_id)
        standing = standing_of(await sheets.family(uow.conn, job.id), edits=await edits_of(uow, job.id))
        found = await _find(uow, wanted, job, standing)
        if found is not None and found.state != "failed":
            if record is not None:
                await record(uow, found)
            return found
    is_merged = standing.merged is not None and not wanted.flat
    key = export_key(standing.merged, wanted.file_format) if standing.merged and is_merged else None
    size = None if key is None else await storage.size(key)
    async with open_uow() as uow:
        export = await _make(uow, wanted, job, standing, key=key, size=size)
        if record is not None:
            await record(uow, export)
        return export


async def edits_of(uow: UnitOfWork, root_id: UUID) -> Edits:
    """The edits of a list's lines, and how many of them its newest finished sheet knows."""
    merged = await families.newest_merged(uow.conn, root_id)
    made = await line_reviews.edits_of(uow.conn, root_id)
    return Edits(made, merged=made if merged is None else await line_reviews.edits_merged(uow.conn, merged))


async def load_list(uow: UnitOfWork, job_id: UUID, *, workspace_id: UUID) -> Job:
    """The list job that a job is or retries. Raises NotFound; Conflict `no_sheet` for a trial."""
    job = await jobs.load(uow.conn, job_id, workspace_id=workspace_id)
    if job.kind is JobKind.TRIAL:
        msg = f"job {job_id} is a trial: its rows are at /v1/jobs/{job_id}/rows, it has no sheet"
        raise Conflict(msg, code="no_sheet")
    return job if job.root_id is None else await jobs.load(uow.conn, job.root_id, workspace_id=workspace_id)


async def _find(uow: UnitOfWork, wanted: ExportRequest, job: Job, standing: Standing) -> Export | None:
    return await exports.find(
        uow.conn, job.id, file_format=wanted.file_format, flat=wanted.flat, standing=standing.text
    )


async def _make(
    uow: UnitOfWork, wanted: ExportRequest, job: Job, standing: Standing, *, key: str | None, size: int | None
) -> Export:
    await exports.take_turn(uow.conn, job.workspace_id)
    found = await _find(uow, wanted, job, standing)
    if found is not None and found.state != "failed":
        return found
    if size is None and await exports.count_writing(uow.conn, job.workspace_id) >= MAX_WRITING:
        msg = f"{MAX_WRITING} sheets of this workspace are being written: wait for one of them"
        raise RateLimited(msg, code="too_many_exports", extra={"retry_after_s": _RETRY_AFTER_S})
    if found is not None:
        export = await exports.begin_again(uow.conn, found.id)
    else:
        export_id = new_id()
        original = await sheets.original(uow.conn, job.id)
        export = await exports.insert_new(
            uow.conn,
            export_id=export_id,
            workspace_id=job.workspace_id,
            job_id=job.id,
            file_format=wanted.file_format,
            flat=wanted.flat,
            standing=standing,
            rows_total=original.rows,
            storage_key=key or sheet_key(job.id, export_id, wanted.file_format),
            size_bytes=size,
        )
    if export.state == "writing":
        uow.publish(ExportRequested(export_id=export.id), tenant_id=job.workspace_id)
    return export
