"""Where ingest's objects lie. The same input always has the same key, so that doing a thing twice overwrites it."""

from typing import Literal
from uuid import UUID

ExportFormat = Literal["xlsx", "csv"]


def upload_key(upload_id: UUID) -> str:
    """The file as it was sent."""
    return f"uploads/{upload_id}/file"


def parts_prefix(upload_id: UUID) -> str:
    """What has come of a file that is sent in pieces."""
    return f"uploads/{upload_id}/parts"


def part_key(upload_id: UUID, byte_offset: int, writer: UUID) -> str:
    """One piece, by where it begins and who wrote it: a writer that is too late overwrites nobody's."""
    return f"{parts_prefix(upload_id)}/{byte_offset:015d}-{writer}"


def upload_prefix(upload_id: UUID) -> str:
    """Everything that lies in storage of an upload."""
    return f"uploads/{upload_id}"


def segments_folder(reading_no: int) -> str:
    """The folder of an upload's segments, by how often it was told to be read again."""
    return f"segments-{reading_no:06d}" if reading_no else "segments"


def segment_key(upload_id: UUID, segment_no: int, *, reading_no: int = 0) -> str:
    """One segment of the upload's rows. Read again it lies elsewhere: a reader that is too late overwrites nobody's."""
    return f"uploads/{upload_id}/{segments_folder(reading_no)}/{segment_no:06d}.jsonl.gz"


def job_prefix(job_id: UUID) -> str:
    """Everything that lies in storage of a job."""
    return f"jobs/{job_id}"


def export_key(job_id: UUID, file_format: ExportFormat) -> str:
    """The finished sheet of a job."""
    return f"jobs/{job_id}/result.{file_format}"


def sheet_key(job_id: UUID, export_id: UUID, file_format: ExportFormat) -> str:
    """A sheet somebody asked for beside the finished one."""
    return f"{job_prefix(job_id)}/exports/{export_id}.{file_format}"
