"""Uploads as the API shows them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from services.ingest.domain.uploads import Reading, Upload


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
    """An upload in a list. What reading finds (`kind` and below) is null until the state is `ready`; `sha256` is, and
    `expires_at` says how long the rest is waited for, while it is `receiving`."""

    id: UUID
    filename: str
    state: str
    size_bytes: int
    received_bytes: int
    sha256: str | None
    source: str
    expires_at: datetime | None
    rows_read: int
    created_at: datetime
    read_at: datetime | None
    problem: UploadProblem | None
    kind: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    row_count: int | None = None


class UploadOut(UploadItem):
    """An upload with its columns, its first rows and the suggested mapping: empty until the state is `ready`."""

    columns: list[UploadColumn] = []
    sample: list[list[str | int | float | bool | None]] = []
    mapping: dict[str, int] = {}


class UploadPage(BaseModel):
    """A page of uploads, newest first. What is in their columns is to be had of each alone."""

    items: list[UploadItem]
    next_cursor: str | None


def upload_item(upload: Upload) -> UploadItem:
    """The API's view of an upload in a list."""
    return UploadItem.model_validate(_shown(upload))


def upload_out(upload: Upload) -> UploadOut:
    """The API's view of an upload."""
    columns = {} if upload.reading is None else _columns_of(upload.reading)
    return UploadOut.model_validate(_shown(upload) | columns)


def _shown(upload: Upload) -> dict[str, object]:
    found, problem = upload.reading, upload.problem
    shown: dict[str, object] = {
        "id": upload.id,
        "filename": upload.filename,
        "state": upload.state,
        "size_bytes": upload.size_bytes,
        "received_bytes": upload.received_bytes,
        "sha256": upload.sha256,
        "source": upload.source,
        "expires_at": upload.expires_at,
        "rows_read": upload.rows_read,
        "created_at": upload.created_at,
        "read_at": upload.read_at,
        "problem": UploadProblem(code=problem.code, detail=problem.detail) if problem else None,
    }
    if found is None:
        return shown
    return shown | {
        "kind": found.kind,
        "encoding": found.encoding,
        "delimiter": found.delimiter,
        "sheet": found.sheet,
        "header_row": found.header_row,
        "row_count": found.row_count,
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
