"""Routes of sheets on demand: ask for one, look how far it is, get a link to it."""

from datetime import datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Request, Response

from libs.common.clock import utc_now
from libs.common.http.dependencies import OpenUowDep, Uow, platform_of
from libs.common.http.idempotency import Once
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.uow import UnitOfWork
from services.ingest.domain.downloads import Download, safe_filename
from services.ingest.domain.exports import Export
from services.ingest.repositories import exports, jobs
from services.ingest.resources import IngestResources, resources_of
from services.ingest.schemas.exports import DownloadLinkOut, ExportList, ExportOut, SheetIn, export_out
from services.ingest.use_cases.find_download import find_download
from services.ingest.use_cases.request_export import load_list, request_export
from services.ingest.use_cases.sign_download import sign_download

router = APIRouter(prefix="/v1", tags=["downloads"], responses=PROBLEM_RESPONSES)

_SHOWN = 50
_READY: dict[int | str, dict[str, object]] = {200: {"model": ExportOut, "description": "It is there already."}}


@router.post("/jobs/{job_id}/exports", status_code=202, responses=_READY)
async def ask_for_export(
    job_id: UUID,
    body: SheetIn,
    request: Request,
    response: Response,
    identity: CurrentIdentity,
    open_uow: OpenUowDep,
    resources: IngestResources,
    once: Once,
) -> ExportOut:
    """Have a sheet written of what there is now, also while the job is under way; look at the export until it is `ready`.

    Asked twice for the same results it is the same export; the same Idempotency-Key answers as the first time, without a
    link: the export has a fresh one. 429 `too_many_exports` while two of the workspace are being written; 409 `no_sheet` for
    a trial, 409 `idempotency_key_reused`.
    """

    async def record(uow: UnitOfWork, export: Export) -> None:
        await once.begin(uow)
        job = await jobs.load(uow.conn, export.job_id, workspace_id=identity.workspace_id)
        await once.keep(uow, export_out(export, filename=job.filename, link=None), status=_status(export))

    await once.look(open_uow)
    export = await request_export(
        body.of_job(job_id),
        workspace_id=identity.workspace_id,
        open_uow=open_uow,
        storage=resources.storage,
        record=record,
    )
    response.status_code = _status(export)
    async with open_uow() as uow:
        job = await jobs.load(uow.conn, export.job_id, workspace_id=identity.workspace_id)
    return _out(export, job.filename, request)


@router.get("/jobs/{job_id}/exports")
async def list_exports(job_id: UUID, request: Request, identity: CurrentIdentity, uow: Uow) -> ExportList:
    """What was asked for of a list with its retries, newest first. Of partial ones only the newest few are kept."""
    job = await load_list(uow, job_id, workspace_id=identity.workspace_id)
    found = await exports.of_job(uow.conn, job.id, limit=_SHOWN)
    return ExportList(items=[_out(export, job.filename, request) for export in found])


@router.get("/exports/{export_id}")
async def show_export(export_id: UUID, request: Request, identity: CurrentIdentity, uow: Uow) -> ExportOut:
    """One export as it is now; ready, it comes with a fresh `download_url`."""
    export = await exports.load(uow.conn, export_id, workspace_id=identity.workspace_id)
    job = await jobs.load(uow.conn, export.job_id, workspace_id=identity.workspace_id)
    return _out(export, job.filename, request)


@router.post("/jobs/{job_id}/download-url")
async def make_link(
    job_id: UUID, body: SheetIn, request: Request, identity: CurrentIdentity, uow: Uow
) -> DownloadLinkOut:
    """A link to the finished sheet that a browser can open without a token. 409 as for `GET …/download`."""
    job = await jobs.load(uow.conn, job_id, workspace_id=identity.workspace_id)
    return _link(await find_download(uow, body.of_job(job_id), job=job), request, now=utc_now())


def _status(export: Export) -> int:
    return 202 if export.state == "writing" else 200


def _out(export: Export, filename: str, request: Request) -> ExportOut:
    link = _link(export.download(filename), request, now=utc_now()) if export.state == "ready" else None
    return export_out(export, filename=filename, link=link)


def _link(download: Download, request: Request, *, now: datetime) -> DownloadLinkOut:
    lifetime = timedelta(minutes=resources_of(request).settings.download_link_minutes)
    secret = platform_of(request).settings.internal_secret.get_secret_value()
    named = Download(download.key, safe_filename(download.filename), download.file_format)
    token = sign_download(named, secret=secret, now=now, lifetime=lifetime)
    return DownloadLinkOut(download_url=f"/v1/downloads/{token}", expires_at=now + lifetime, filename=named.filename)
