"""The internal route by which the gateway puts uploads, as they came, into an export."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from libs.common.http.dependencies import OpenUowDep
from libs.common.http.exporting import PATH, check_owner
from libs.common.http.identity import CurrentIdentity
from services.ingest.domain.storage_keys import upload_key
from services.ingest.repositories import uploads
from services.ingest.resources import IngestResources

router = APIRouter(include_in_schema=False)


@router.get(PATH + "/uploads/{upload_id}")
async def original(
    upload_id: UUID, identity: CurrentIdentity, open_uow: OpenUowDep, resources: IngestResources
) -> StreamingResponse:
    """The bytes that were sent. 404 `unknown_upload`; `object_missing` for a file that is not all there, or was taken over
    from elsewhere."""
    check_owner(identity)
    async with open_uow() as uow:
        await uploads.load_upload(uow.conn, identity.workspace_id, upload_id)
    found = await resources.storage.describe(upload_key(upload_id))
    return StreamingResponse(
        resources.storage.stream(upload_key(upload_id)),
        media_type="application/octet-stream",
        headers={"Content-Length": str(found.size)},
    )
