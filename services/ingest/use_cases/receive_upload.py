"""Receive a file: into storage as it comes, then an upload row and the event that has it read, in one transaction."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Literal
from uuid import UUID

from starlette.requests import ClientDisconnect

from libs.common.clock import utc_now
from libs.common.contracts.ingest import UploadReceived
from libs.common.errors import Conflict, Invalid, TooLarge
from libs.common.ids import new_id
from libs.common.repeats import AnsweredBefore, Recorder
from libs.common.storage import ObjectWriter, Storage
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest.domain.digests import Digest
from services.ingest.domain.storage_keys import upload_key
from services.ingest.domain.uploads import Upload, UploadState, clean_filename
from services.ingest.repositories import uploads

Source = Literal["file", "paste", "apollo"]
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
    source: Source = "file",
    digests: Sequence[Digest] = (),
    record: Recorder[Upload] | None = None,
) -> Upload:
    """Store the body and announce it. Holds no connection while the client sends. `record` is called with the upload, in the
    transaction that makes it.

    Raises TooLarge as soon as the body has more than `max_bytes`, Invalid (`empty_file`, `upload_interrupted`,
    `digest_mismatch` when its bytes do not come to one of `digests`). Nothing is left in storage then.
    """
    upload_id = new_id()
    key = upload_key(upload_id)
    async with storage.writer(key) as writer:
        sha256 = await _copy(body, writer, max_bytes=max_bytes, digests=digests)
        if writer.size == 0:
            msg = "the file is empty: send its content as the body of the request"
            raise Invalid(msg, code="empty_file")
    upload = Upload(
        id=upload_id,
        workspace_id=workspace_id,
        user_id=user_id,
        filename=clean_filename(filename),
        source=source,
        state=UploadState.READING,
        size_bytes=writer.size,
        received_bytes=writer.size,
        sha256=sha256,
        storage_key=key,
        rows_read=0,
        created_at=utc_now(),
    )
    try:
        async with open_uow() as uow:
            if record is not None:
                await record(uow, upload)
            await uploads.insert_upload(uow.conn, upload)
            announce_upload(uow, upload.id, workspace_id=workspace_id)
    except (AnsweredBefore, Conflict):
        # Another request was faster under the same key: nobody will ever ask for these bytes.
        await storage.delete(key)
        raise
    return upload


def announce_upload(uow: UnitOfWork, upload_id: UUID, *, workspace_id: UUID) -> None:
    """Have the upload read: its file lies in storage."""
    uow.publish(UploadReceived(upload_id=upload_id), tenant_id=workspace_id, correlation_id=upload_id)


async def _copy(body: AsyncIterator[bytes], writer: ObjectWriter, *, max_bytes: int, digests: Sequence[Digest]) -> str:
    """Copy the body; answers its SHA-256."""
    sha256 = hashlib.sha256()
    running = [digest.begin() for digest in digests]
    held = bytearray()

    async def pass_on() -> None:
        piece = bytes(held)
        for each in (sha256, *running):
            each.update(piece)
        await writer.write(piece)
        held.clear()

    try:
        async for piece in body:
            held += piece
            if writer.size + len(held) > max_bytes:
                raise too_large(max_bytes)
            if len(held) >= _PIECE_BYTES:
                await pass_on()
    except ClientDisconnect as error:
        raise interrupted() from error
    await pass_on()
    if not all(digest.agrees for digest in running):
        msg = "the bytes that came are not those whose digest was sent along: send the file again"
        raise Invalid(msg, code="digest_mismatch")
    return sha256.hexdigest()


def interrupted() -> Invalid:
    """The refusal of a body that breaks off."""
    return Invalid("the connection ended before the file did: send it again", code="upload_interrupted")


def too_large(max_bytes: int) -> TooLarge:
    """The refusal of a file over the limit."""
    msg = f"the file has more than {max_bytes:,} bytes, which is the limit: split it"
    return TooLarge(msg, extra={"max_bytes": max_bytes})
