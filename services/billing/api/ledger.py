"""What a workspace sees of its credits: balance, grants, ledger, the statement of a job."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query
from starlette.responses import Response, StreamingResponse

from libs.common.clock import utc_now
from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.uow import OpenUow
from services.billing.domain.credits.postings import Operation, Subject
from services.billing.domain.credits.spreadsheet import csv_lines
from services.billing.repositories.credits import balances, movements, statements
from services.billing.repositories.credits.movements import LedgerFilter
from services.billing.schemas.ledger import (
    CreditsAnswer,
    GrantsAnswer,
    LedgerAnswer,
    LedgerItemAnswer,
    credits_answer,
    grant_item_answer,
)
from services.billing.schemas.ledger_csv import HEADER, cells
from services.billing.schemas.moments import Moment
from services.billing.schemas.statements import StatementAnswer, statement_answer

router = APIRouter(prefix="/v1/credits", tags=["billing"], responses=PROBLEM_RESPONSES)

_CSV_PAGE = 500
_CSV = "text/csv"
Limit = Annotated[int, Query(ge=1, le=200)]


def ledger_filter(
    operation: Annotated[list[Operation] | None, Query(description="One or several; all when left out.")] = None,
    job_id: UUID | None = None,
    sourcing_id: UUID | None = None,
    grant_id: UUID | None = None,
    since: Annotated[Moment | None, Query(alias="from", description="From then on.")] = None,
    until: Annotated[Moment | None, Query(alias="to", description="Before then.")] = None,
) -> LedgerFilter:
    """Which movements are asked for."""
    subject = Subject("job", job_id) if job_id else Subject("sourcing", sourcing_id) if sourcing_id else None
    return LedgerFilter(frozenset(operation or ()), subject, grant_id, since, until)


Wanted = Annotated[LedgerFilter, Depends(ledger_filter)]


@router.get("")
async def show_credits(identity: CurrentIdentity, uow: Uow) -> CreditsAnswer:
    """The workspace's credits: what there is, what it spent in this period, and what expires within 14 days."""
    now, workspace_id = utc_now(), identity.workspace_id
    balance = await balances.balance(uow.conn, workspace_id)
    period = await balances.current_period(uow.conn, workspace_id, now=now)
    spent = await balances.spent_since(uow.conn, workspace_id, period)
    expiring = await balances.expiring(uow.conn, workspace_id, before=now + balances.SOON)
    return credits_answer(balance, period=period, spent_in_period=spent, expiring=expiring)


@router.get("/grants")
async def list_grants(
    identity: CurrentIdentity,
    uow: Uow,
    cursor: UUID | None = None,
    open_only: Annotated[bool, Query(alias="open", description="Only those with credits available or held.")] = False,
    limit: Limit = 50,
) -> GrantsAnswer:
    """The workspace's grants, newest first: where the credits of each are now, and when they expire."""
    found = await balances.grants_page(
        uow.conn, identity.workspace_id, before=cursor, open_only=open_only, limit=limit + 1
    )
    items = [grant_item_answer(item) for item in found[:limit]]
    return GrantsAnswer(items=items, next_cursor=str(items[-1].id) if len(found) > limit else None)


@router.get("/ledger", response_model=LedgerAnswer, responses={200: {"content": {_CSV: {}}}})
async def list_ledger(
    identity: CurrentIdentity,
    open_uow: OpenUowDep,
    wanted: Wanted,
    accept: Annotated[str, Header()] = "",
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> LedgerAnswer | Response:
    """Movements of credits, newest first, that fit every filter given. `Accept: text/csv` answers with all of them."""
    if _CSV in accept:
        return _csv(wanted, workspace_id=identity.workspace_id, open_uow=open_uow)
    async with open_uow() as uow:
        found = await movements.ledger_page(uow.conn, identity.workspace_id, wanted, before=cursor, limit=limit + 1)
    items = [LedgerItemAnswer.model_validate(item) for item in found[:limit]]
    return LedgerAnswer(items=items, next_cursor=str(items[-1].id) if len(found) > limit else None)


@router.get("/ledger.csv", response_class=StreamingResponse)
async def download_ledger(identity: CurrentIdentity, open_uow: OpenUowDep, wanted: Wanted) -> StreamingResponse:
    """All movements that fit the filters, newest first, as CSV."""
    return _csv(wanted, workspace_id=identity.workspace_id, open_uow=open_uow)


@router.get("/jobs/{job_id}")
async def show_statement(
    job_id: UUID,
    identity: CurrentIdentity,
    uow: Uow,
    after_chunk: Annotated[int, Query(ge=-1, le=2**31 - 1)] = -1,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> StatementAnswer:
    """Everything that was held for, charged to and given back to a job. 404 `hold_not_found` for one of somebody else."""
    subject = Subject("job", job_id)
    found = await statements.read_statement(
        uow.conn, subject, workspace_id=identity.workspace_id, after_chunk=after_chunk, limit=limit + 1
    )
    return statement_answer(found, limit=limit)


def _csv(wanted: LedgerFilter, *, workspace_id: UUID, open_uow: OpenUow) -> StreamingResponse:
    return StreamingResponse(
        _lines(wanted, workspace_id=workspace_id, open_uow=open_uow),
        media_type=f"{_CSV}; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="ledger.csv"', "Vary": "Accept"},
    )


async def _lines(wanted: LedgerFilter, *, workspace_id: UUID, open_uow: OpenUow) -> AsyncIterator[bytes]:
    """A page at a time, each in a transaction of its own: a slow reader holds no connection and no memory."""
    yield csv_lines([HEADER])
    last: UUID | None = None
    while True:
        async with open_uow() as uow:
            page = await movements.ledger_page(uow.conn, workspace_id, wanted, before=last, limit=_CSV_PAGE)
        if page:
            yield csv_lines(cells(item) for item in page)
        if len(page) < _CSV_PAGE:
            return
        last = page[-1].id
