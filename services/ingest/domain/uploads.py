"""An upload: a file that was sent, and what reading it has found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from libs.common.errors import Conflict, Invalid
from services.ingest.domain.reading_options import ReadingOptions

MAX_FILENAME_CHARS = 255


class UploadState(StrEnum):
    """`receiving` while it comes in pieces, `reading` until the child process has spoken; then `ready` or `refused`."""

    RECEIVING = "receiving"
    READING = "reading"
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True)
class Problem:
    """Why a file was refused. `code` is stable and part of the API."""

    code: str
    detail: str


@dataclass(frozen=True)
class Reading:
    """What a file turned out to be.

    `columns` are `{index, name, header, type}` with the header as it stands in the sheet (`segments.cell_to_json`),
    `mapping` is role → column index; `header_row` counts the file's rows from 1 and is 0 when there is none: row n of the
    table is row `header_row + n` of the file. Of the rows above the header `skipped_rows` had something in them. `reader`
    is the library that read it, `archive` what it was unpacked from.
    """

    kind: str
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    header_row: int
    columns: Sequence[Mapping[str, Any]]
    sample: Sequence[Sequence[object]]
    mapping: Mapping[str, int]
    row_count: int
    quotechar: str | None = None
    skipped_rows: int = 0
    reader: str | None = None
    archive: str | None = None


@dataclass(frozen=True)
class Upload:
    """One uploaded file of a workspace; `sandboxed` when its people are made up. `sha256` is null while it is `receiving`,
    `received_bytes` its bytes so far.

    `check_no` counts its mappings; `findings` are those of the mapping `checked_no`. `suggested_by` says of each role of the
    mapping where it is from. `options` are what a person decided about reading it, `reading_no` how often; `sheets` are a
    workbook's, and `preview` is what its first rows say while the rest is read.
    """

    id: UUID
    workspace_id: UUID
    user_id: UUID
    filename: str
    state: UploadState
    size_bytes: int
    sha256: str | None
    storage_key: str
    rows_read: int
    created_at: datetime
    read_at: datetime | None = None
    source: str = "file"
    received_bytes: int = 0
    expires_at: datetime | None = None
    check_no: int = 0
    checked_no: int = 0
    findings: Mapping[str, Any] | None = None
    suggested_by: Mapping[str, str] | None = None
    sandboxed: bool = False
    problem: Problem | None = None
    reading: Reading | None = None
    options: ReadingOptions = field(default_factory=ReadingOptions)
    reading_no: int = 0
    sheets: Sequence[Mapping[str, Any]] | None = None
    preview: Reading | None = None

    def require_reading(self) -> Reading:
        """What was found in the file.

        Raises Invalid with the code of its refusal, or Conflict (`upload_not_ready`) while it is being read.
        """
        if self.problem is not None:
            raise Invalid(self.problem.detail, code=self.problem.code, extra={"upload_id": str(self.id)})
        if self.state is UploadState.RECEIVING:
            msg = f"only {self.received_bytes:,} of the file's {self.size_bytes:,} bytes have come: send the rest"
            raise Conflict(msg, code="upload_not_ready", extra={"upload_id": str(self.id)})
        if self.reading is None:
            msg = f"the upload is still being read ({self.rows_read} rows so far): ask again in a moment"
            raise Conflict(msg, code="upload_not_ready", extra={"upload_id": str(self.id)})
        return self.reading


def clean_filename(name: str) -> str:
    """The last part of a path without control characters, cut to 255 characters; "upload" when nothing is left."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(character for character in last if character.isprintable()).strip()
    return printable[-MAX_FILENAME_CHARS:] or "upload"
