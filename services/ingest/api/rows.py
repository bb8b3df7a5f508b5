"""Routes of a job's rows: readable while it runs, a page at a time or one by one; and what a person makes of their lines."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query

from libs.common.clock import utc_now
from libs.common.http.dependencies import CurrentPlatform, Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.ingest.repositories import families, jobs, line_reviews
from services.ingest.resources import IngestResources
from services.ingest.schemas.rows import JobRowOut, JobRowPage, LineIn, LineLog, brief_row_out, line_log_out, row_out
from services.ingest.use_cases.review_line import review_line
from services.ingest.use_cases.show_rows import show_row, show_rows

router = APIRouter(prefix="/v1/jobs/{job_id}/rows", tags=["jobs"], responses=PROBLEM_RESPONSES)

_LAST = 2**31 - 1
_LOG = 100
RowNo = Annotated[int, Path(ge=1, le=_LAST)]
Include = Annotated[Literal["cells"] | None, Query(description="`cells`: also the row's own cells, as text by column.")]
View = Annotated[
    Literal["brief"] | None,
    Query(description="`brief`: for a table; what only the row's own page shows is left out."),
]


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
    approved: Annotated[bool | None, Query(description="Whether somebody has approved the line.")] = None,
    view: View = None,
) -> JobRowPage:
    """The rows that have their outcome, in the order of the sheet, from behind row number `cursor`, wherever that is.

    Of a list, what its retries delivered is laid over it. `status=pending`: the rows that wait for their outcome.
    `approved=false`: the rows with a line that nobody has approved. With `include=cells` a page has at most 50 rows.
    With `view=brief` research, evidence, extra, receipt and product are left out: the row's own page has them.
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
        approved=approved,
        briefly=view == "brief",
    )
    items = [brief_row_out(row) if view == "brief" else row_out(row) for row in page.rows]
    return JobRowPage(items=items, next_cursor=None if page.is_last else str(items[-1].row_no))


@router.get("/{row_no}")
async def one_row(
    job_id: UUID,
    row_no: RowNo,
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


@router.patch("/{row_no}")
async def change_line(
    job_id: UUID,
    row_no: RowNo,
    body: LineIn,
    identity: CurrentIdentity,
    platform: CurrentPlatform,
    resources: IngestResources,
) -> JobRowOut:
    """Edit or approve the line of a row, free: what was charged stays as it was, and the written line is kept.

    409 `row_changed` when the row is not at that `revision` any more, with the present one; `row_has_no_line` for a failed or
    skipped row. The edited line goes into sheets; where the list is published, it is corrected there unless it was sent.
    """
    async with platform.open_uow() as uow:
        await review_line(
            uow,
            job_id,
            row_no,
            body.to_change(),
            workspace_id=identity.workspace_id,
            user_id=identity.user_id,
            now=utc_now(),
        )
    return await one_row(job_id, row_no, identity, platform, resources)


@router.get("/{row_no}/line-log")
async def show_line_log(job_id: UUID, row_no: RowNo, identity: CurrentIdentity, uow: Uow) -> LineLog:
    """What people have made of the lines of a row, also of attempts that another is laid over; the newest 100."""
    job = await jobs.load(uow.conn, job_id, workspace_id=identity.workspace_id)
    family = await families.members(uow.conn, job.family_id)
    return line_log_out(await line_reviews.turns(uow.conn, family, row_no, limit=_LOG))
