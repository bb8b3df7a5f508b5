"""The route that gives the finished sheet back, streamed from storage."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query
from starlette.responses import Response, StreamingResponse

from libs.common.errors import Conflict
from libs.common.http.dependencies import OpenUowDep
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.ingest.domain.downloads import byte_range, content_disposition, result_filename
from services.ingest.domain.jobs import Job, JobState
from services.ingest.domain.storage_keys import export_key
from services.ingest.repositories import jobs
from services.ingest.resources import IngestResources

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], responses=PROBLEM_RESPONSES)

_MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_CONTENT = {media.split(";")[0]: _BINARY for media in _MEDIA_TYPES.values()}


@router.get(
    "/{job_id}/download",
    response_class=Response,
    responses={
        200: {"description": "The sheet with its new columns.", "content": _CONTENT},
        206: {"description": "The bytes that `Range` asked for.", "content": _CONTENT},
    },
)
async def download_result(
    job_id: UUID,
    identity: CurrentIdentity,
    open_uow: OpenUowDep,
    resources: IngestResources,
    file_format: Annotated[Literal["xlsx", "csv"], Query(alias="format")] = "xlsx",
    range_header: Annotated[str | None, Header(alias="Range")] = None,
    if_range: Annotated[str | None, Header()] = None,
) -> Response:
    """The enriched sheet. 409 `not_ready` until the job is completed. Holds no connection while it streams."""
    async with open_uow() as uow:
        job = await jobs.load(uow.conn, job_id, workspace_id=identity.workspace_id)
    if job.state is not JobState.COMPLETED:
        raise _not_ready(job)
    key = export_key(job.id, file_format)
    size = await resources.storage.size(key)
    # A finished sheet never changes, so its name is its validator.
    etag = f'"{job.id}.{file_format}"'
    headers = {
        "Content-Disposition": content_disposition(result_filename(job.filename, file_format=file_format)),
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    wanted = byte_range(range_header, size=size) if if_range in {None, etag} else None
    start, end = wanted or (0, size)
    if wanted is not None and start >= end:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    if wanted is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return StreamingResponse(
        resources.storage.stream(key, start=start, length=end - start),
        status_code=200 if wanted is None else 206,
        media_type=_MEDIA_TYPES[file_format],
        headers=headers | {"Content-Length": str(end - start)},
    )


def _not_ready(job: Job) -> Conflict:
    msg = f"the job is {job.state.value}: its sheet can be downloaded when it is completed"
    return Conflict(msg, code="not_ready", extra={"job_id": str(job.id), "state": job.state.value})
