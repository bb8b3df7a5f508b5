"""Routes of a job's rows: readable while it runs, a page at a time or one by one."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query

from libs.common.http.dependencies import CurrentPlatform
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.ingest.resources import IngestResources
from services.ingest.schemas.rows import JobRowOut, JobRowPage, row_out
from services.ingest.use_cases.show_rows import show_row, show_rows

router = APIRouter(prefix="/v1/jobs/{job_id}/rows", tags=["jobs"], responses=PROBLEM_RESPONSES)

_LAST = 2**31 - 1
Include = Annotated[Literal["cells"] | None, Query(description="`cells`: also the row's own cells, as text by column.")]


@router.get("")
async def list_rows(
    job_id: UUID,
    identity: CurrentIdentity,
    platform: CurrentPlatform,
    resources: IngestResources,
    status: Literal["enriched", "degraded", "failed", "skipped", "pending"] | None = None,
    cursor: Annotated[int, Query(ge=0, le=_LAST)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    include: Include = None,
) -> JobRowPage:
    """The rows that have their outcome, in the order of the sheet; `cursor` is the last row number seen.

    Of a list, what its retries delivered is laid over it. `status=pending`: the rows that wait for their outcome. With
    `include=cells` a page has at most 50 rows.
    """
    page = await show_rows(
        job_id,
        workspace_id=identity.workspace_id,
        status=status,
        after=cursor,
        limit=limit,
        with_cells=include == "cells",
        open_uow=platform.open_uow,
        storage=resources.storage,
    )
    items = [row_out(row) for row in page.rows]
    return JobRowPage(items=items, next_cursor=None if page.is_last else str(items[-1].row_no))


@router.get("/{row_no}")
async def one_row(
    job_id: UUID,
    row_no: Annotated[int, Path(ge=1, le=_LAST)],
    identity: CurrentIdentity,
    platform: CurrentPlatform,
    resources: IngestResources,
    include: Include = None,
) -> JobRowOut:
    """One row of a job. 404 `unknown_row` for a row the job does not have, or ended without reaching."""
    row = await show_row(
        job_id,
        row_no,
        workspace_id=identity.workspace_id,
        with_cells=include == "cells",
        open_uow=platform.open_uow,
        storage=resources.storage,
    )
    return row_out(row)
