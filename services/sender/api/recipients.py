"""The rows of a list, and those of them that are set aside."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from libs.common.errors import NotFound
from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.uow import OpenUow, UnitOfWork
from services.sender.api.resources import Limit, cut
from services.sender.domain.setting_aside import Reason, explain
from services.sender.domain.tables_as_text import as_text
from services.sender.repositories import lists, recipients
from services.sender.repositories.recipients import Recipient
from services.sender.schemas.lists import RecipientOut, RecipientPage, TakeIn, TakenIn
from services.sender.use_cases.take_in_recipients import take_in_recipients

router = APIRouter(prefix="/v1/lists", tags=["lists"], responses=PROBLEM_RESPONSES)

_COLUMNS = ("Row", "Email", "First name", "Last name", "Company", "Reason", "Detail")
_ROWS_AT_ONCE = 500
_CSV: dict[int | str, dict[str, object]] = {200: {"content": {"text/csv": {}}, "description": "A row for each."}}
Wanted = Annotated[
    Reason | Literal["any"] | None, Query(description="Only rows that are set aside for this reason, or for any.")
]


@router.get("/{list_id}/recipients")
async def list_recipients(
    list_id: UUID,
    identity: CurrentIdentity,
    uow: Uow,
    set_aside: Wanted = None,
    cursor: Annotated[int, Query(ge=0, le=2_147_483_647, description="`next_cursor` of the page before.")] = 0,
    limit: Limit = 50,
) -> RecipientPage:
    """The rows of a list, in its order. 404 list_not_found."""
    await _check_list(uow, list_id, workspace_id=identity.workspace_id)
    rows = await recipients.page(uow.conn, list_id=list_id, after_row=cursor, limit=limit + 1, set_aside=set_aside)
    page, more = cut(rows, limit)
    return RecipientPage(items=[_recipient(row) for row in page], next_cursor=page[-1].row_no if more else None)


@router.get("/{list_id}/set-aside.csv", response_class=StreamingResponse, responses=_CSV)
async def download_set_aside(list_id: UUID, identity: CurrentIdentity, open_uow: OpenUowDep) -> StreamingResponse:
    """The rows that are not written to, each with its reason, as CSV. 404 list_not_found."""
    async with open_uow() as uow:
        await _check_list(uow, list_id, workspace_id=identity.workspace_id)
    headers = {"Content-Disposition": 'attachment; filename="set-aside.csv"'}
    return StreamingResponse(_lines(list_id, open_uow), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/{list_id}/take-in")
async def take_in(list_id: UUID, body: TakeIn, identity: CurrentIdentity, uow: Uow) -> TakenIn:
    """Write to rows that were set aside all the same, and do not set them aside for this again.

    Duplicates, invalid and suppressed addresses stay where they are. 404 list_not_found.
    """
    count = await take_in_recipients(
        uow, list_id, workspace_id=identity.workspace_id, reason=body.reason, row_nos=body.row_nos
    )
    return TakenIn(taken_in=count)


async def _check_list(uow: UnitOfWork, list_id: UUID, *, workspace_id: UUID) -> None:
    if await lists.load_list(uow.conn, workspace_id=workspace_id, list_id=list_id) is None:
        raise NotFound(f"there is no list {list_id}", code="list_not_found")


async def _lines(list_id: UUID, open_uow: OpenUow) -> AsyncIterator[str]:
    """Page by page, each in a transaction of its own: a slow reader holds none."""
    yield _csv([_COLUMNS])
    after = 0
    while True:
        async with open_uow() as uow:
            page = await recipients.page(
                uow.conn, list_id=list_id, after_row=after, limit=_ROWS_AT_ONCE, set_aside="any"
            )
        if not page:
            return
        after = page[-1].row_no
        yield _csv([_line(row) for row in page])


def _line(row: Recipient) -> list[str]:
    cells = (row.email, row.values["first_name"], row.values["last_name"], row.values["company"])
    return [str(row.row_no), *map(as_text, cells), row.set_aside or "", as_text(_detail(row) or "")]


def _csv(rows: list[list[str]] | list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _detail(row: Recipient) -> str | None:
    return explain(row.set_aside, address=row.email, duplicate_of=row.duplicate_of) if row.set_aside else None


def _recipient(row: Recipient) -> RecipientOut:
    return RecipientOut(
        row_no=row.row_no,
        email=row.email,
        lead_id=row.lead_id,
        sandboxed=row.sandboxed,
        set_aside=row.set_aside,
        detail=_detail(row),
        duplicate_of=row.duplicate_of,
        values=dict(row.values),
        fields=dict(row.fields),
    )
