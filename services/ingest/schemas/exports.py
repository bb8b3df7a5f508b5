"""Exports and download links as the API takes and shows them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StrictBool

from services.ingest.domain.exports import Export, ExportState
from services.ingest.domain.storage_keys import ExportFormat
from services.ingest.use_cases.request_export import ExportRequest


class SheetIn(BaseModel):
    """Which sheet. `flat` puts the research into readable columns besides."""

    model_config = ConfigDict(extra="forbid")

    format: ExportFormat = "xlsx"
    flat: StrictBool = False

    def of_job(self, job_id: UUID) -> ExportRequest:
        """As a request for a job's sheet."""
        return ExportRequest(job_id, file_format=self.format, flat=self.flat)


class DownloadLinkOut(BaseModel):
    """A path below the API's address that gives the file to whoever has it, until `expires_at`."""

    download_url: str
    expires_at: datetime
    filename: str


class ExportProblem(BaseModel):
    """Why a sheet could not be written."""

    code: str
    detail: str


class ExportOut(BaseModel):
    """A sheet somebody asked for. `partial`: its job was under way, and rows without an outcome are blank in its new columns.

    `progress` goes from 0 to 1. `download_url` is there when it is `ready`, until `link_expires_at`; ask again for another.
    """

    id: UUID
    job_id: UUID
    format: Literal["xlsx", "csv"]
    flat: bool
    state: ExportState
    partial: bool
    rows_total: int
    rows_done: int
    progress: float
    size_bytes: int | None
    created_at: datetime
    ready_at: datetime | None
    problem: ExportProblem | None
    filename: str
    download_url: str | None
    link_expires_at: datetime | None


class ExportList(BaseModel):
    """A job's exports, newest first."""

    items: list[ExportOut]


def export_out(export: Export, *, filename: str, link: DownloadLinkOut | None) -> ExportOut:
    """The API's view of an export. `filename` is the upload's."""
    problem: dict[str, Any] | None = export.problem
    return ExportOut(
        id=export.id,
        job_id=export.job_id,
        format=export.file_format,
        flat=export.flat,
        state=export.state,
        partial=export.is_partial,
        rows_total=export.rows_total,
        rows_done=export.rows_done,
        progress=round(export.rows_done / export.rows_total, 3) if export.rows_total else 1.0,
        size_bytes=export.size_bytes,
        created_at=export.created_at,
        ready_at=export.ready_at,
        problem=None if problem is None else ExportProblem.model_validate(problem),
        filename=export.download(filename).filename,
        download_url=None if link is None else link.download_url,
        link_expires_at=None if link is None else link.expires_at,
    )
