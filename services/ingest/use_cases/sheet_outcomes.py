"""What every row of a sheet came out as: a list job's results with everything its retries delivered laid over them."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from libs.common.uow import OpenUow
from services.ingest.domain.jobs import Job
from services.ingest.domain.overlay import effective
from services.ingest.repositories import families, jobs, results
from services.ingest.repositories.results import StoredResult

NOT_SELECTED = "not_selected"
"""The reason of a row that is none of the first N."""
PENDING = "pending"
"""The status of a row that waits for its outcome. No result is stored with it."""
PAGE = 500
"""Results of one job in memory at once."""


async def outcomes_of(job_id: UUID, *, open_uow: OpenUow) -> AsyncIterator[StoredResult]:
    """One outcome per row that has any, in the order of the sheet, of the whole family of a list job (its root's id).

    A page of each of its jobs is in memory at a time. Cancelled and failed retries count with what they delivered.
    """
    async with open_uow() as uow:
        family = await families.members(uow.conn, job_id)
    streams = [_results(member, open_uow=open_uow) for member in family]
    heads = [await anext(stream, None) for stream in streams]
    while row_nos := [head.row_no for head in heads if head is not None]:
        row_no = min(row_nos)
        mine: list[StoredResult] = []
        for index, head in enumerate(heads):
            if head is not None and head.row_no == row_no:
                mine.append(head)
                heads[index] = await anext(streams[index], None)
        yield effective(mine)


async def sheet_rows(job: Job, *, rows_in_sheet: int, open_uow: OpenUow) -> AsyncIterator[StoredResult]:
    """The outcome of row 1, 2, … to the last of the sheet that a job, or the list it is a retry of, was made from.

    A row below the last that was ordered is `skipped` as `not_selected`; one that has no outcome yet is `pending`.
    """
    async with open_uow() as uow:
        root = await jobs.load(uow.conn, job.family_id, workspace_id=job.workspace_id)
    row_no = 0
    async for outcome in outcomes_of(root.id, open_uow=open_uow):
        for missing in range(row_no + 1, outcome.row_no):
            yield _without_outcome(root, missing)
        row_no = outcome.row_no
        yield outcome
    for missing in range(row_no + 1, rows_in_sheet + 1):
        yield _without_outcome(root, missing)


def _without_outcome(root: Job, row_no: int) -> StoredResult:
    if root.first_rows is not None and row_no > root.first_rows:
        return StoredResult(row_no, "skipped", reason=NOT_SELECTED)
    return StoredResult(row_no, PENDING)


async def _results(job_id: UUID, *, open_uow: OpenUow) -> AsyncIterator[StoredResult]:
    after = 0
    while True:
        async with open_uow() as uow:
            page: Sequence[StoredResult] = await results.page(uow.conn, job_id, after=after, limit=PAGE)
        for result in page:
            yield result
        if len(page) < PAGE:
            return
        after = page[-1].row_no
