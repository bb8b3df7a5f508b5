"""Routes of uploads: send a file, see what was found in it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request

from libs.common.http.dependencies import CurrentPlatform, OpenUowDep, Uow
from libs.common.http.idempotency import StreamedOnce
from libs.common.http.identity import CurrentIdentity, Identity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.platform import Platform
from services.ingest.api.pasting import MAX_PASTED_BYTES, PASTED_BODY, PASTED_FILENAME, read_pasted
from services.ingest.domain.digests import digests_of
from services.ingest.domain.uploads import Upload, UploadState
from services.ingest.repositories import uploads
from services.ingest.resources import IngestResources
from services.ingest.schemas.uploads import UploadOut, UploadPage, upload_item, upload_out
from services.ingest.use_cases.delete_upload import delete_upload
from services.ingest.use_cases.read_upload import UPLOADS_CHANNEL
from services.ingest.use_cases.receive_upload import receive_upload, too_large

router = APIRouter(prefix="/v1/uploads", tags=["uploads"], responses=PROBLEM_RESPONSES)

MAX_WAIT_S = 30
_POLL_S = 1.0
_DIGESTS = ("content-digest", "repr-digest")
_BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"format": "binary"}}}}}


@router.post("", status_code=201, openapi_extra=_BODY)
async def send_upload(
    request: Request,
    identity: CurrentIdentity,
    open_uow: OpenUowDep,
    resources: IngestResources,
    once: StreamedOnce,
    filename: Annotated[str, Query(min_length=1, max_length=1000)],
) -> UploadOut:
    """Send a sheet as the raw body; it is read in the background. Refused at once: `empty_file`, `too_large`.

    With `Content-Digest` or `Repr-Digest` (RFC 9530, sha-256 or sha-512) also `digest_mismatch`, and nothing is kept.

    Files under one Idempotency-Key are told apart by name, length, type and digest, without being read: 409
    `idempotency_key_reused`.
    """
    await once.look(open_uow)
    limit = resources.settings.max_upload_bytes
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise too_large(limit)
    digests = [value for name in _DIGESTS for value in request.headers.getlist(name)]
    upload = await receive_upload(
        request.stream(),
        workspace_id=identity.workspace_id,
        user_id=identity.user_id,
        filename=filename,
        max_bytes=limit,
        storage=resources.storage,
        open_uow=open_uow,
        digests=digests_of(digests),
        record=once.recording(upload_out),
    )
    return upload_out(upload)


@router.post("/pasted", status_code=201, openapi_extra=PASTED_BODY)
async def paste_rows(
    request: Request,
    identity: CurrentIdentity,
    open_uow: OpenUowDep,
    resources: IngestResources,
    once: StreamedOnce,
    filename: Annotated[str, Query(min_length=1, max_length=1000)] = PASTED_FILENAME,
) -> UploadOut:
    """Send rows as they are copied from a sheet, a header first: as text/plain, or as JSON `{text, filename}`.

    Refused at once: `empty_file`, `too_large`; 409 `idempotency_key_reused`.
    """
    text, filename = await read_pasted(request, filename=filename)
    once = once.of(text, filename.encode())
    upload = await receive_upload(
        _once(text),
        workspace_id=identity.workspace_id,
        user_id=identity.user_id,
        filename=filename,
        max_bytes=MAX_PASTED_BYTES,
        storage=resources.storage,
        open_uow=open_uow,
        source="paste",
        record=once.recording(upload_out),
    )
    return upload_out(upload)


@router.get("")
async def list_uploads(
    identity: CurrentIdentity,
    uow: Uow,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> UploadPage:
    """The workspace's uploads, newest first."""
    found = await uploads.list_uploads(uow.conn, identity.workspace_id, before=cursor, limit=limit + 1)
    more = len(found) > limit
    items = [upload_item(upload) for upload in found[:limit]]
    return UploadPage(items=items, next_cursor=str(items[-1].id) if more else None)


@router.get("/{upload_id}")
async def show_upload(
    upload_id: UUID,
    identity: CurrentIdentity,
    platform: CurrentPlatform,
    wait_seconds: Annotated[float, Query(ge=0, le=MAX_WAIT_S)] = 0,
    wait_for: Literal["end", "preview"] = "end",
) -> UploadOut:
    """One upload. With `wait_seconds` the answer waits until reading has ended, at most so long; with `wait_for=preview`
    only until its columns and first rows are known."""

    deadline = asyncio.get_running_loop().time() + wait_seconds
    upload = await _look(platform, identity, upload_id)
    if wait_seconds and _is_waited_for(upload, wait_for=wait_for):
        async with platform.listener.wait_for(UPLOADS_CHANNEL) as changed:
            while (left := deadline - asyncio.get_running_loop().time()) > 0 and _is_waited_for(
                upload, wait_for=wait_for
            ):
                await _wait(changed, seconds=min(left, _POLL_S))
                changed.clear()
                upload = await _look(platform, identity, upload_id)
    return upload_out(upload)


@router.delete("/{upload_id}", status_code=204)
async def remove_upload(
    upload_id: UUID, identity: CurrentIdentity, open_uow: OpenUowDep, resources: IngestResources
) -> None:
    """Delete an upload and its files, for good. 409 `upload_in_use` while a job refers to it."""
    await delete_upload(upload_id, workspace_id=identity.workspace_id, open_uow=open_uow, storage=resources.storage)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _is_waited_for(upload: Upload, *, wait_for: Literal["end", "preview"]) -> bool:
    return upload.state is UploadState.READING and (wait_for == "end" or upload.preview is None)


async def _look(platform: Platform, identity: Identity, upload_id: UUID) -> Upload:
    async with platform.open_uow() as uow:
        return await uploads.load_upload(uow.conn, identity.workspace_id, upload_id)


async def _wait(changed: asyncio.Event, *, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return
