"""Receive a file: into storage as it comes, then an upload row and the event that has it read, in one transaction."""

import hashlib
from collections.abc import AsyncIterator
from uuid import UUID

from starlette.requests import ClientDisconnect

from libs.common.clock import utc_now
from libs.common.contracts.ingest import UploadReceived
from libs.common.errors import Invalid, TooLarge
from libs.common.ids import new_id
from libs.common.storage import ObjectWriter, Storage
from libs.common.uow import OpenUow
from services.ingest.domain.storage_keys import upload_key
from services.ingest.domain.uploads import Upload, UploadState, clean_filename
from services.ingest.repositories import uploads

_PIECE_BYTES = 1024 * 1024


async def receive_upload(
    body: AsyncIterator[bytes],
    *,
    workspace_id: UUID,
    user_id: UUID,
    filename: str,
    max_bytes: int,
    storage: Storage,
    open_uow: OpenUow,
) -> Upload:
    """Store the body and announce it. Holds no connection while the client sends.

    Raises TooLarge as soon as the body has more than `max_bytes`, Invalid (`empty_file`, `upload_interrupted`).
    Nothing is left in storage then.
    """
    upload_id = new_id()
    key = upload_key(upload_id)
    async with storage.writer(key) as writer:
        sha256 = await _copy(body, writer, max_bytes=max_bytes)
        if writer.size == 0:
            msg = "the file is empty: send its content as the body of the request"
            raise Invalid(msg, code="empty_file")
    upload = Upload(
        id=upload_id,
        workspace_id=workspace_id,
        user_id=user_id,
        filename=clean_filename(filename),
        state=UploadState.READING,
        size_bytes=writer.size,
        sha256=sha256,
        storage_key=key,
        rows_read=0,
        created_at=utc_now(),
    )
    async with open_uow() as uow:
        await uploads.insert_upload(uow.conn, upload)
        uow.publish(UploadReceived(upload_id=upload.id), tenant_id=workspace_id, correlation_id=upload.id)
    return upload


async def _copy(body: AsyncIterator[bytes], writer: ObjectWriter, *, max_bytes: int) -> str:
    """Copy the body; answers its SHA-256."""
    digest = hashlib.sha256()
    held = bytearray()
    try:
        async for piece in body:
            held += piece
            if writer.size + len(held) > max_bytes:
                raise too_large(max_bytes)
            if len(held) >= _PIECE_BYTES:
                digest.update(held)
                await writer.write(bytes(held))
                held.clear()
    except ClientDisconnect as error:
        msg = "the connection ended before the file did: send it again"
        raise Invalid(msg, code="upload_interrupted") from error
    digest.update(held)
    await writer.write(bytes(held))
    return digest.hexdigest()


def too_large(max_bytes: int) -> TooLarge:
    """The refusal of a file over the limit."""
    msg = f"the file has more than {max_bytes:,} bytes, which is the limit: split it"
    return TooLarge(msg, extra={"max_bytes": max_bytes})
