"""Uploads as the API shows them."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from services.ingest.domain.uploads import Reading, Upload
from services.ingest.schemas.checks import CheckState, CodeCount, check_state, findings_of
from services.ingest.schemas.readings import ReadingOptionsOut, SheetOut

_OF_READING = (
    "kind",
    "reader",
    "archive",
    "encoding",
    "delimiter",
    "quotechar",
    "sheet",
    "header_row",
    "skipped_rows",
)


class UploadProblem(BaseModel):
    """Why the file was refused."""

    code: str
    detail: str


class UploadColumn(BaseModel):
    """One column: its name (made distinct), what its values look like, and the role suggested for it."""

    index: int
    name: str
    type: str
    role: str | None


class UploadItem(BaseModel):
    """An upload in a list. What reading finds (`kind` and below) is null until its first rows are read, and `row_count`
    until the state is `ready`. Row n of the table is row `header_row + n` of the file. `sha256` is null, and
    `expires_at` says how long the rest is waited for, while it is `receiving`."""

    id: UUID
    filename: str
    state: str
    size_bytes: int
    received_bytes: int
    sha256: str | None
    source: str
    sandboxed: bool
    expires_at: datetime | None
    rows_read: int
    created_at: datetime
    read_at: datetime | None
    problem: UploadProblem | None
    kind: str | None = None
    reader: str | None = None
    archive: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quotechar: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    skipped_rows: int | None = None
    row_count: int | None = None


class UploadOut(UploadItem):
    """An upload with its columns, its first rows and the suggested mapping: empty until its first rows are read.

    `options` are what a person decided about reading it, `sheets` those of a workbook to choose from. `suggested_by` says of
    each role where it is from: memory, header, values, or a person. `findings` count what `check` has found wrong.
    """

    options: ReadingOptionsOut
    sheets: list[SheetOut] | None = None
    columns: list[UploadColumn] = []
    sample: list[list[str | int | float | bool | None]] = []
    mapping: dict[str, int] = {}
    suggested_by: dict[str, str] = {}
    check: CheckState | None = None
    findings: list[CodeCount] = []


class UploadPage(BaseModel):
    """A page of uploads, newest first. What is in their columns is to be had of each alone."""

    items: list[UploadItem]
    next_cursor: str | None


def upload_item(upload: Upload) -> UploadItem:
    """The API's view of an upload in a list."""
    return UploadItem.model_validate(_shown(upload))


def upload_out(upload: Upload) -> UploadOut:
    """The API's view of an upload."""
    found = upload.reading or upload.preview
    columns = {} if found is None else _columns_of(found)
    decided = {"options": asdict(upload.options), "sheets": upload.sheets}
    checked = {
        "suggested_by": upload.suggested_by or {},
        "check": check_state(upload),
        "findings": findings_of(upload),
    }
    return UploadOut.model_validate(_shown(upload) | columns | decided | checked)


def _shown(upload: Upload) -> dict[str, object]:
    found, problem = upload.reading or upload.preview, upload.problem
    shown: dict[str, object] = {
        "id": upload.id,
        "filename": upload.filename,
        "state": upload.state,
        "size_bytes": upload.size_bytes,
        "received_bytes": upload.received_bytes,
        "sha256": upload.sha256,
        "source": upload.source,
        "sandboxed": upload.sandboxed,
        "expires_at": upload.expires_at,
        "rows_read": upload.rows_read,
        "created_at": upload.created_at,
        "read_at": upload.read_at,
        "problem": UploadProblem(code=problem.code, detail=problem.detail) if problem else None,
    }
    if found is None:
        return shown
    return shown | {
        **{name: getattr(found, name) for name in _OF_READING},
        "row_count": None if upload.reading is None else found.row_count,
    }


def _columns_of(found: Reading) -> dict[str, object]:
    roles = {index: role for role, index in found.mapping.items()}
    return {
        "columns": [
            UploadColumn(index=c["index"], name=c["name"], type=c["type"], role=roles.get(c["index"]))
            for c in found.columns
        ],
        "sample": found.sample,
        "mapping": dict(found.mapping),
    }
