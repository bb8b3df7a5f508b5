"""Routes of uploads that come in pieces and may be broken off and taken up again: tus 1.0.0."""

from datetime import timedelta
from email.utils import format_datetime
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from libs.common import repeats
from libs.common.clock import utc_now
from libs.common.errors import Transient
from libs.common.http.dependencies import OpenUowDep
from libs.common.http.idempotency import StreamedOnce, replayed
from libs.common.http.identity import CurrentIdentity, Identity
from libs.common.http.problems import PROBLEM_RESPONSES, problem
from libs.common.logs import get_logger
from libs.common.repeats import AnsweredBefore
from libs.common.uow import OpenUow
from services.ingest.api import tus
from services.ingest.domain.digests import checksum_of
from services.ingest.domain.uploads import Upload
from services.ingest.repositories import uploads
from services.ingest.resources import IngestResources, Resources
from services.ingest.use_cases.begin_upload import begin_upload
from services.ingest.use_cases.delete_upload import delete_upload
from services.ingest.use_cases.join_parts import join_parts
from services.ingest.use_cases.receive_part import check_not_expired, receive_part

log = get_logger()

PREFIX = "/v1/uploads/resumable"
router = APIRouter(prefix=PREFIX, tags=["uploads"], responses=PROBLEM_RESPONSES, route_class=tus.TusRoute)

_PIECE = {"requestBody": {"content": {tus.CHUNK_TYPE: {"schema": {"format": "binary"}}}}}


@router.options("", status_code=204)
async def describe(_: CurrentIdentity, resources: IngestResources) -> Response:
    """What of the tus protocol is spoken here, and how large a file may be."""
    return Response(status_code=204, headers=tus.capabilities(resources.settings.max_upload_bytes))


@router.post("", status_code=201, openapi_extra=_PIECE)
async def begin(
    request: Request, identity: CurrentIdentity, open_uow: OpenUowDep, resources: IngestResources, once: StreamedOnce
) -> Response:
    """Begin an upload of `Upload-Length` bytes (creation); a body is its first piece (creation-with-upload).

    The name is `filename` of `Upload-Metadata`. Send pieces to `Location` until `Upload-Expires`. The same Idempotency-Key
    answers with the same upload and how much of it has come; 409 `idempotency_key_reused`.
    """
    try:
        return await _begin(request, identity, open_uow=open_uow, resources=resources, once=once)
    except AnsweredBefore as before:
        location = before.answer.headers["Location"]
        upload = await _look(open_uow, identity, UUID(location.removeprefix(f"{PREFIX}/")))
        response = replayed(before)
        response.headers["Upload-Offset"] = str(upload.received_bytes)
        return response


async def _begin(
    request: Request, identity: Identity, *, open_uow: OpenUow, resources: Resources, once: repeats.Once
) -> Response:
    size = tus.whole_number(request, "Upload-Length")
    has_piece = tus.is_chunk(request)
    if not has_piece and request.headers.get("content-length", "0") != "0":
        raise tus.not_a_chunk()
    async with open_uow() as uow:
        await once.begin(uow)
        upload = await begin_upload(
            uow,
            workspace_id=identity.workspace_id,
            user_id=identity.user_id,
            filename=tus.filename_of(request.headers.get("Upload-Metadata")),
            size_bytes=size,
            max_bytes=resources.settings.max_upload_bytes,
            keep=_keep(resources),
            now=utc_now(),
        )
        headers = {"Location": f"{PREFIX}/{upload.id}"} | _expiry(upload)
        await once.keep(uow, None, headers=headers)
    offset = 0
    if has_piece:
        offset = await _receive(request, identity, upload.id, offset=0, open_uow=open_uow, resources=resources)
    return Response(status_code=201, headers=headers | {"Upload-Offset": str(offset)})


@router.head("/{upload_id}", status_code=200)
async def show_offset(upload_id: UUID, identity: CurrentIdentity, open_uow: OpenUowDep) -> Response:
    """How many bytes have come (`Upload-Offset`): where to go on. 410 when the rest is not waited for any more."""
    upload = await _look(open_uow, identity, upload_id)
    check_not_expired(upload)
    headers = {
        "Upload-Offset": str(upload.received_bytes),
        "Upload-Length": str(upload.size_bytes),
        "Upload-Metadata": tus.metadata_of(upload.filename),
    }
    return Response(status_code=200, headers=headers | _expiry(upload))


@router.patch("/{upload_id}", status_code=204, openapi_extra=_PIECE)
async def add_piece(
    upload_id: UUID, request: Request, identity: CurrentIdentity, open_uow: OpenUowDep, resources: IngestResources
) -> Response:
    """Add bytes at `Upload-Offset`; with `Upload-Checksum` they are kept whole or not at all (460).

    When the last byte has come the file is an upload like any other: see `GET /v1/uploads/{id}`. 409 `offset_mismatch`,
    423 `upload_taken_over`, 413 `longer_than_announced`.
    """
    tus.check_chunk_type(request)
    offset = tus.whole_number(request, "Upload-Offset")
    offset = await _receive(request, identity, upload_id, offset=offset, open_uow=open_uow, resources=resources)
    upload = await _look(open_uow, identity, upload_id)
    return Response(status_code=204, headers={"Upload-Offset": str(offset)} | _expiry(upload))


@router.delete("/{upload_id}", status_code=204)
async def terminate(
    upload_id: UUID, identity: CurrentIdentity, open_uow: OpenUowDep, resources: IngestResources
) -> Response:
    """Give the upload up: what has come of it is deleted."""
    await delete_upload(upload_id, workspace_id=identity.workspace_id, open_uow=open_uow, storage=resources.storage)
    return Response(status_code=204)


@router.post("/{upload_id}", status_code=204, include_in_schema=False)
async def override_method(
    upload_id: UUID, request: Request, identity: CurrentIdentity, open_uow: OpenUowDep, resources: IngestResources
) -> Response:
    """For clients whose network lets through nothing but GET and POST: `X-HTTP-Method-Override`, as tus asks for."""
    match request.headers.get("x-http-method-override", "").upper():
        case "PATCH":
            return await add_piece(upload_id, request, identity, open_uow, resources)
        case "HEAD":
            return await show_offset(upload_id, identity, open_uow)
        case "DELETE":
            return await terminate(upload_id, identity, open_uow, resources)
        case _:
            detail = "POST goes here only with X-HTTP-Method-Override: PATCH, HEAD or DELETE"
            return problem(status=405, code="method_not_allowed", detail=detail)


async def _receive(
    request: Request, identity: Identity, upload_id: UUID, *, offset: int, open_uow: OpenUow, resources: Resources
) -> int:
    checksum = request.headers.get("Upload-Checksum")
    offset = await receive_part(
        request.stream(),
        workspace_id=identity.workspace_id,
        upload_id=upload_id,
        offset=offset,
        checksum=checksum_of(checksum) if checksum is not None else None,
        keep=_keep(resources),
        storage=resources.storage,
        open_uow=open_uow,
    )
    try:
        await join_parts(upload_id, open_uow=open_uow, storage=resources.storage)
    except Transient as error:
        # Every byte is kept, which is what the answer says. The schedule joins them when the store is back.
        log.warning("upload.join_put_off", upload_id=str(upload_id), error=str(error))
    return offset


async def _look(open_uow: OpenUow, identity: Identity, upload_id: UUID) -> Upload:
    async with open_uow() as uow:
        return await uploads.load_upload(uow.conn, identity.workspace_id, upload_id)


def _keep(resources: Resources) -> timedelta:
    return timedelta(hours=resources.settings.resumable_upload_hours)


def _expiry(upload: Upload) -> dict[str, str]:
    return {} if upload.expires_at is None else {"Upload-Expires": format_datetime(upload.expires_at, usegmt=True)}
