"""Begin an upload that comes in pieces: its row, with how large it will be and how long it is waited for."""

from datetime import datetime, timedelta
from uuid import UUID

from libs.common.errors import Invalid
from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.ingest.domain.storage_keys import upload_key
from services.ingest.domain.uploads import Upload, UploadState, clean_filename
from services.ingest.repositories import uploads
from services.ingest.use_cases.receive_upload import too_large


async def begin_upload(
    uow: UnitOfWork,
    *,
    workspace_id: UUID,
    user_id: UUID,
    filename: str,
    size_bytes: int,
    max_bytes: int,
    keep: timedelta,
    now: datetime,
) -> Upload:
    """An upload that is `receiving`, until `now + keep`. Raises TooLarge, Invalid (`empty_file`)."""
    if size_bytes > max_bytes:
        raise too_large(max_bytes)
    if size_bytes == 0:
        msg = "the file is empty: choose one that has rows"
        raise Invalid(msg, code="empty_file")
    upload_id = new_id()
    upload = Upload(
        id=upload_id,
        workspace_id=workspace_id,
        user_id=user_id,
        filename=clean_filename(filename),
        state=UploadState.RECEIVING,
        size_bytes=size_bytes,
        sha256=None,
        storage_key=upload_key(upload_id),
        rows_read=0,
        created_at=now,
        expires_at=now + keep,
    )
    await uploads.insert_upload(uow.conn, upload)
    return upload
