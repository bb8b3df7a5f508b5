"""An upload: a file that was sent, and what reading it has found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from libs.common.errors import Conflict, Invalid

MAX_FILENAME_CHARS = 255


class UploadState(StrEnum):
    """`reading` until the child process has spoken; then for good `ready` or `refused`."""

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
    `mapping` is role → column index, `header_row` counts from 1.
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


@dataclass(frozen=True)
class Upload:
    """One uploaded file of a workspace."""

    id: UUID
    workspace_id: UUID
    user_id: UUID
    filename: str
    state: UploadState
    size_bytes: int
    sha256: str
    storage_key: str
    rows_read: int
    created_at: datetime
    read_at: datetime | None = None
    problem: Problem | None = None
    reading: Reading | None = None

    def require_reading(self) -> Reading:
        """What was found in the file.

        Raises Invalid with the code of its refusal, or Conflict (`upload_not_ready`) while it is being read.
        """
        if self.problem is not None:
            raise Invalid(self.problem.detail, code=self.problem.code, extra={"upload_id": str(self.id)})
        if self.reading is None:
            msg = f"the upload is still being read ({self.rows_read} rows so far): ask again in a moment"
            raise Conflict(msg, code="upload_not_ready", extra={"upload_id": str(self.id)})
        return self.reading


def clean_filename(name: str) -> str:
    """The last part of a path without control characters, cut to 255 characters; "upload" when nothing is left."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(character for character in last if character.isprintable()).strip()
    return printable[-MAX_FILENAME_CHARS:] or "upload"
