"""Routes of an upload's mapping and of what checking its rows has found."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from libs.common.errors import Conflict, Invalid
from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.uow import OpenUow
from services.ingest.domain.downloads import content_disposition
from services.ingest.domain.uploads import Upload
from services.ingest.domain.validation import ADVICE, WHOLE_ROW
from services.ingest.export.csv_text import field, protected
from services.ingest.repositories import upload_problems, uploads
from services.ingest.repositories.upload_problems import Place
from services.ingest.schemas.checks import MappingIn, ProblemOut, ProblemPage, check_state, problem_out
from services.ingest.schemas.uploads import UploadOut, upload_out
from services.ingest.use_cases.map_upload import map_upload

router = APIRouter(prefix="/v1/uploads", tags=["uploads"], responses=PROBLEM_RESPONSES)

_PAGE = 1000
_MAX_INT = 2**31 - 1
_HEADER = ("Row", "Column", "Value", "Code", "Severity", "What to do")
Code = Annotated[str | None, Query(max_length=40)]
Column = Annotated[int | None, Query(ge=-1, le=100_000, description="The column's index; -1: the whole row.")]


@router.put("/{upload_id}/mapping")
async def set_mapping(upload_id: UUID, body: MappingIn, identity: CurrentIdentity, uow: Uow) -> UploadOut:
    """Say which column plays which role. Remembered for the workspace's next uploads; the rows are checked under it."""
    return upload_out(
        await map_upload(
            uow,
            upload_id,
            workspace_id=identity.workspace_id,
            mapping={str(role): index for role, index in body.mapping.items()},
        )
    )


@router.get("/{upload_id}/problems")
async def list_problems(
    upload_id: UUID,
    identity: CurrentIdentity,
    uow: Uow,
    code: Code = None,
    column: Column = None,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> ProblemPage:
    """What is wrong in which cell, by row. No row is left out for it."""
    upload = await uploads.load_upload(uow.conn, identity.workspace_id, upload_id)
    upload.require_reading()
    _check_code(code)
    after = None if cursor is None else _place(cursor)
    found = await upload_problems.list_problems(
        uow.conn, upload_id, after=after, limit=limit + 1, code=code, column=column
    )
    more = len(found) > limit
    items = [problem_out(each, upload=upload) for each in found[:limit]]
    return ProblemPage(
        check=check_state(upload), items=items, next_cursor=_cursor(found[limit - 1].place) if more else None
    )


@router.get("/{upload_id}/problems.csv", response_class=StreamingResponse)
async def download_problems(
    upload_id: UUID, identity: CurrentIdentity, open_uow: OpenUowDep, code: Code = None, column: Column = None
) -> StreamingResponse:
    """All that is wrong, as CSV: the row as the file counts it, the column's name, what stands there, what to do.

    409 `check_running` until the rows have been checked under the present mapping, `check_failed` when that failed.
    """
    async with open_uow() as uow:
        upload = await uploads.load_upload(uow.conn, identity.workspace_id, upload_id)
    upload.require_reading()
    _check_code(code)
    _require_findings(upload)
    return StreamingResponse(
        _lines(upload, open_uow=open_uow, code=code, column=column),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition(f"{upload.filename.rsplit('.', 1)[0]}-problems.csv")},
    )


async def _lines(upload: Upload, *, open_uow: OpenUow, code: str | None, column: int | None) -> AsyncIterator[bytes]:
    yield _line(_HEADER)
    after: Place | None = None
    while True:
        async with open_uow() as uow:
            found = await upload_problems.list_problems(
                uow.conn, upload.id, after=after, limit=_PAGE, code=code, column=column
            )
        yield b"".join(_line(_cells(problem_out(each, upload=upload))) for each in found)
        if len(found) < _PAGE:
            return
        after = found[-1].place


def _cells(found: ProblemOut) -> tuple[str, ...]:
    return (str(found.row), found.column or "", found.value or "", found.code, found.severity, found.advice)


def _line(cells: tuple[str, ...]) -> bytes:
    return (",".join(field(protected(cell)) for cell in cells) + "\r\n").encode("utf-8", "replace")


def _require_findings(upload: Upload) -> None:
    """An empty report would say that nothing is wrong."""
    match check_state(upload):
        case "done":
            return
        case "failed":
            msg = "checking the rows failed on our side: save the mapping once more to have them checked again"
            raise Conflict(msg, code="check_failed")
        case _:
            msg = "the rows are still being checked: ask again in a moment"
            raise Conflict(msg, code="check_running")


def _check_code(code: str | None) -> None:
    if code is not None and code not in ADVICE:
        msg = f"there is no code {code!r}: {', '.join(sorted(ADVICE))} are looked for"
        raise Invalid(msg, code="unknown_code")


def _cursor(place: Place) -> str:
    row_no, code, column = place
    return f"{row_no}.{column}.{code}"


def _place(cursor: str) -> Place:
    try:
        row_no, column, code = cursor.split(".")
        place = int(row_no), code, int(column)
    except ValueError:
        place = -1, "", -1
    row, code, column_index = place
    if row < 0 or column_index < WHOLE_ROW or code not in ADVICE:
        msg = f"the cursor {cursor!r} is not one of ours: take `next_cursor` of the page before"
        raise Invalid(msg, code="cursor_invalid")
    return min(row, _MAX_INT), code, min(column_index, _MAX_INT)
