"""Suppressions as a file: a CSV that other tools give and take."""

import csv
from collections.abc import AsyncIterator
from io import StringIO
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import StreamingResponse

from libs.common.errors import TooLarge, UnsupportedMedia
from libs.common.formulas import is_formula_like
from libs.common.http.dependencies import OpenUowDep
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.uow import OpenUow
from services.sender.api.resources import CurrentResources, plan_today
from services.sender.api.suppressions import Scope, scope_of
from services.sender.domain.suppression_files import REPORTED_LINES
from services.sender.repositories import suppressions
from services.sender.schemas.suppressions import BadLine, SuppressionImportOut
from services.sender.use_cases.import_suppressions import import_suppressions

router = APIRouter(prefix="/v1/suppressions", responses=PROBLEM_RESPONSES, tags=["suppressions"])

MAX_FILE_BYTES = 20 * 1_048_576
_PAGE = 1000
_CSV = "text/csv"


@router.get("/export", response_class=StreamingResponse, responses={200: {"content": {_CSV: {}}}})
async def export(identity: CurrentIdentity, open_uow: OpenUowDep, scope: Scope = "workspace") -> StreamingResponse:
    """Everything that is suppressed, as a CSV that the import takes."""
    return StreamingResponse(
        _lines(open_uow, workspace_id=scope_of(scope, identity)),
        media_type=f"{_CSV}; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="suppressions.csv"'},
    )


@router.post(
    "/import",
    openapi_extra={"requestBody": {"required": True, "content": {_CSV: {"schema": {"type": "string"}}}}},
)
async def import_file(
    request: Request,
    identity: CurrentIdentity,
    open_uow: OpenUowDep,
    resources: CurrentResources,
    scope: Scope = "workspace",
    note: Annotated[str, Query(max_length=500, pattern=r"^[^\x00]*$")] = "",
) -> SuppressionImportOut:
    """Suppress every address and `@domain` of a CSV (the column `email`, else the first). Lines that are neither are named
    and left out. 413 too_large; 422 suppressions_not_text, suppressions_too_many."""
    workspace_id = scope_of(scope, identity)
    done = await import_suppressions(
        await _file(request), open_uow=open_uow, workspace_id=workspace_id, note=note, made_by=identity.user_id
    )
    await plan_today(open_uow, identity.workspace_id, resources)
    return SuppressionImportOut(
        added=done.added,
        known=done.known,
        bad=len(done.bad),
        bad_lines=[BadLine(line_no=number, problem=problem) for number, problem in done.bad[:REPORTED_LINES]],
    )


async def _file(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _CSV:
        raise UnsupportedMedia(f"the Content-Type is {kind!r}: send {_CSV}")
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MAX_FILE_BYTES:
            raise TooLarge(f"the file is larger than {MAX_FILE_BYTES:,} bytes: import it in parts")
    return bytes(content)


async def _lines(open_uow: OpenUow, *, workspace_id: UUID | None) -> AsyncIterator[bytes]:
    yield _line(("email", "reason", "note", "created_at"))
    after = ""
    while True:
        async with open_uow() as uow:
            found = await suppressions.page(uow.conn, workspace_id=workspace_id, after=after, limit=_PAGE)
        # A domain goes without its @, with which a spreadsheet would take it for a formula; the import knows both.
        rows = ((row.email.removeprefix("@"), row.reason, row.note, row.created_at.isoformat()) for row in found)
        yield b"".join(map(_line, rows))
        if len(found) < _PAGE:
            return
        after = found[-1].email


def _line(cells: tuple[str, ...]) -> bytes:
    out = StringIO()
    csv.writer(out).writerow([f"'{cell}" if is_formula_like(cell) else cell for cell in cells])
    return out.getvalue().encode()
