"""Have an upload read again, under options that a person chose."""

from uuid import UUID

from libs.common.contracts.ingest import UploadReceived
from libs.common.errors import Conflict, Invalid
from libs.common.uow import UnitOfWork
from services.ingest.domain.reading_options import ReadingOptions
from services.ingest.domain.uploads import Upload, UploadState
from services.ingest.repositories import readings, unused_uploads, uploads
from services.ingest.use_cases.delete_upload import check_no_list_under_way


async def read_again(uow: UnitOfWork, upload_id: UUID, *, workspace_id: UUID, options: ReadingOptions) -> Upload:
    """`reading | ready | refused → reading` in place. Options equal to the present ones change nothing.

    Raises NotFound, Conflict (`upload_in_use` by a job or a list that is being published, `upload_not_ready` while it is
    being received, `original_erased` once a person in it was erased), Invalid (`option_invalid`) for a sheet that the
    workbook is known not to have.
    """
    jobs = await unused_uploads.lock_with_jobs(uow.conn, upload_id, workspace_id=workspace_id)
    upload = await uploads.load_upload(uow.conn, workspace_id, upload_id)
    if options == upload.options and upload.state is not UploadState.RECEIVING:
        return upload
    if jobs:
        msg = f"job {jobs[0]} was made from this upload as it is: send the file once more to read it differently"
        raise Conflict(msg, code="upload_in_use", extra={"job_id": str(jobs[0])})
    if upload.state is UploadState.RECEIVING:
        msg = f"only {upload.received_bytes:,} of the file's {upload.size_bytes:,} bytes have come: send the rest first"
        raise Conflict(msg, code="upload_not_ready", extra={"upload_id": str(upload_id)})
    await check_no_list_under_way(uow, upload_id)
    if await readings.is_original_erased(uow.conn, upload_id):
        gone = f"the file of upload {upload_id} is gone, as somebody was erased who was in it, or may have been"
        msg = f"{gone}: send it once more without them"
        raise Conflict(msg, code="original_erased", extra={"upload_id": str(upload_id)})
    _check_sheet(upload, options)
    await readings.reopen(uow.conn, upload_id, options=options)
    uow.publish(UploadReceived(upload_id=upload_id), tenant_id=workspace_id, correlation_id=upload_id)
    return await uploads.load_upload(uow.conn, workspace_id, upload_id)


def _check_sheet(upload: Upload, options: ReadingOptions) -> None:
    if options.sheet is None or upload.sheets is None:
        return
    choices = [sheet["name"] for sheet in upload.sheets]
    if options.sheet not in choices:
        msg = f"there is no sheet {options.sheet!r} in {upload.filename}: choose one of those in `choices`"
        raise Invalid(msg, code="option_invalid", extra={"option": "sheet", "choices": choices})
