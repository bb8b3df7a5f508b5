"""Who did what in the workspace: for owners and admins, by page or as CSV."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.http.times import WrittenMoment
from libs.common.uow import OpenUow
from services.gateway.api.access import CurrentCaller
from services.gateway.api.paging import Cursor, Limit, cut
from services.gateway.domain.audit import CSV_HEADER, Outcome, Wanted, csv_lines, csv_of
from services.gateway.repositories import audit
from services.gateway.schemas.audit import AuditPage, entry_out

router = APIRouter(prefix="/v1", tags=["audit"], responses=PROBLEM_RESPONSES)

_CSV_PAGE = 500
_Text = Query(max_length=200, pattern=r"^[^\x00]*$")


def wanted_entries(
    user_id: UUID | None = None,
    key_id: UUID | None = None,
    operation: Annotated[str | None, _Text] = None,
    outcome: Outcome | None = None,
    subject: Annotated[str | None, _Text] = None,
    since: Annotated[WrittenMoment | None, Query(alias="from", description="From then on.")] = None,
    until: Annotated[WrittenMoment | None, Query(alias="to", description="Before then.")] = None,
) -> Wanted:
    """Which entries are asked for. `subject` is the id of what was changed."""
    return Wanted(user_id, key_id, operation, outcome, subject, since, until)


WantedEntries = Annotated[Wanted, Depends(wanted_entries)]


@router.get("/audit")
async def list_audit(
    caller: CurrentCaller, uow: Uow, wanted: WantedEntries, cursor: Cursor = None, limit: Limit = 50
) -> AuditPage:
    """What was changed, or tried, newest first (owners and admins): never what a request held."""
    found = await audit.page(uow.conn, caller.workspace_id, wanted, before=cursor, limit=limit + 1)
    page, more = cut(found, limit)
    items = [entry_out(entry) for entry in page]
    return AuditPage(items=items, next_cursor=str(items[-1].id) if more else None)


@router.get("/audit.csv", response_class=StreamingResponse, responses={200: {"content": {"text/csv": {}}}})
async def download_audit(caller: CurrentCaller, open_uow: OpenUowDep, wanted: WantedEntries) -> StreamingResponse:
    """All entries that fit the filters, newest first, as CSV (owners and admins)."""
    lines = _lines(wanted, workspace_id=caller.workspace_id, open_uow=open_uow)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


async def _lines(wanted: Wanted, *, workspace_id: UUID, open_uow: OpenUow) -> AsyncIterator[bytes]:
    """A page at a time, each in a transaction of its own: a slow reader holds no connection and no memory."""
    yield csv_of([CSV_HEADER])
    last: UUID | None = None
    while True:
        async with open_uow() as uow:
            page = await audit.page(uow.conn, workspace_id, wanted, before=last, limit=_CSV_PAGE)
        if page:
            yield csv_lines(page)
        if len(page) < _CSV_PAGE:
            return
        last = page[-1].deed.id
