"""Which file a job's finished sheet is."""

from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.ingest.domain.downloads import Download, result_filename
from services.ingest.domain.exports import final_standing
from services.ingest.domain.jobs import Job
from services.ingest.domain.storage_keys import export_key
from services.ingest.repositories import exports, families
from services.ingest.use_cases.request_export import ExportRequest, edits_of, load_list


async def find_download(uow: UnitOfWork, wanted: ExportRequest, *, job: Job) -> Download:
    """The newest finished sheet of a list with its retries, whichever of them was asked for.

    Raises NotFound; Conflict `no_sheet` for a trial, `not_ready` while there is no such sheet, or none with the lines that
    were edited since, which says how to get one.
    """
    root = await load_list(uow, job.id, workspace_id=job.workspace_id)
    merged = await families.newest_merged(uow.conn, root.id)
    if merged is None:
        raise _not_ready(wanted, job, f"the job is {job.state.value}: its sheet can be downloaded when it is completed")
    standing = final_standing(merged, edits=await edits_of(uow, root.id))
    if standing.merged is not None and not wanted.flat:
        name = result_filename(root.filename, file_format=wanted.file_format)
        return Download(export_key(merged, wanted.file_format), name, wanted.file_format)
    found = await exports.find(
        uow.conn, root.id, file_format=wanted.file_format, flat=wanted.flat, standing=standing.text
    )
    if found is None or found.state != "ready" or found.standing != standing.text:
        why = (
            "the flattened sheet has not been written"
            if wanted.flat
            else "lines were edited since the sheet was written"
        )
        raise _not_ready(wanted, job, why)
    return found.download(root.filename)


def _not_ready(wanted: ExportRequest, job: Job, why: str) -> Conflict:
    flat = ', "flat": true' if wanted.flat else ""
    msg = f'{why}. POST /v1/jobs/{job.id}/exports {{"format": "{wanted.file_format}"{flat}}} writes one of what is there now'
    return Conflict(msg, code="not_ready", extra={"job_id": str(job.id), "state": job.state.value})
