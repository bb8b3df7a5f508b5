"""Routes that give sheets back: a job's finished one, and whatever a signed link is for."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from libs.common.http.dependencies import CurrentPlatform, OpenUowDep
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.ingest.api.files import FILE_RESPONSES, send_file
from services.ingest.domain.storage_keys import ExportFormat
from services.ingest.repositories import jobs
from services.ingest.resources import IngestResources
from services.ingest.use_cases.find_download import find_download
from services.ingest.use_cases.request_export import ExportRequest
from services.ingest.use_cases.sign_download import read_download

router = APIRouter(prefix="/v1", tags=["downloads"], responses=PROBLEM_RESPONSES)

Format = Annotated[ExportFormat, Query(alias="format")]


@router.head("/jobs/{job_id}/download", include_in_schema=False)
@router.get("/jobs/{job_id}/download", response_class=Response, responses=FILE_RESPONSES)
async def download_result(
    job_id: UUID,
    request: Request,
    identity: CurrentIdentity,
    open_uow: OpenUowDep,
    resources: IngestResources,
    file_format: Format = "xlsx",
    flat: bool = False,
) -> Response:
    """The newest finished sheet of a list with its retries. 409 `not_ready` while there is none: see `POST …/exports`.

    Ranges are served. Holds no connection while it streams.
    """
    wanted = ExportRequest(job_id, file_format=file_format, flat=flat)
    async with open_uow() as uow:
        job = await jobs.load(uow.conn, job_id, workspace_id=identity.workspace_id)
        download = await find_download(uow, wanted, job=job)
    return await send_file(request, download, storage=resources.storage)


@router.head("/downloads/{token}", include_in_schema=False)
@router.get("/downloads/{token}", response_class=Response, responses=FILE_RESPONSES, openapi_extra={"security": []})
async def download_by_link(
    token: Annotated[str, Path(max_length=4096)],
    request: Request,
    platform: CurrentPlatform,
    resources: IngestResources,
) -> Response:
    """The file that a signed link is for; nothing else is asked of whoever has it. Ranges are served.

    410 `link_expired` or `file_gone`; 404 `link_invalid` for a link that was changed.
    """
    download = read_download(token, secret=platform.settings.internal_secret.get_secret_value())
    return await send_file(request, download, storage=resources.storage)
