"""Uploads as the API shows them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from services.ingest.domain.uploads import Upload


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


class UploadOut(BaseModel):
    """An upload. What reading finds (`kind` and below) is null until the state is `ready`."""

    id: UUID
    filename: str
    state: str
    size_bytes: int
    sha256: str
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
    columns: list[UploadColumn] = []
    sample: list[list[str | int | float | bool | None]] = []
    mapping: dict[str, int] = {}


class UploadPage(BaseModel):
    """A page of uploads, newest first."""

    items: list[UploadOut]
    next_cursor: str | None


def upload_out(upload: Upload) -> UploadOut:
    """The API's view of an upload."""
    problem = UploadProblem(code=upload.problem.code, detail=upload.problem.detail) if upload.problem else None
    out = UploadOut(
        id=upload.id,
        filename=upload.filename,
        state=upload.state,
        size_bytes=upload.size_bytes,
        sha256=upload.sha256,
        rows_read=upload.rows_read,
        created_at=upload.created_at,
        read_at=upload.read_at,
        problem=problem,
    )
    return out if upload.reading is None else out.model_copy(update=_found(upload))


def _found(upload: Upload) -> dict[str, object]:
    found = upload.require_reading()
    roles = {index: role for role, index in found.mapping.items()}
    columns = [
        UploadColumn(index=c["index"], name=c["name"], type=c["type"], role=roles.get(c["index"]))
        for c in found.columns
    ]
    return {
        "kind": found.kind,
        "encoding": found.encoding,
        "delimiter": found.delimiter,
        "sheet": found.sheet,
        "header_row": found.header_row,
        "row_count": found.row_count,
        "columns": columns,
        "sample": found.sample,
        "mapping": dict(found.mapping),
    }
