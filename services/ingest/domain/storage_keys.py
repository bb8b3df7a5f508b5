"""Where ingest's objects lie. The same input always has the same key, so that doing a thing twice overwrites it."""

from typing import Literal
from uuid import UUID

ExportFormat = Literal["xlsx", "csv"]


def upload_key(upload_id: UUID) -> str:
    """The file as it was sent."""
    return f"uploads/{upload_id}/file"


def segment_key(upload_id: UUID, segment_no: int) -> str:
    """One segment of the upload's rows."""
    return f"uploads/{upload_id}/segments/{segment_no:06d}.jsonl.gz"


def export_key(job_id: UUID, file_format: ExportFormat) -> str:
    """The finished sheet of a job."""
    return f"jobs/{job_id}/result.{file_format}"
