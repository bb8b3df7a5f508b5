"""Show rows of a job while it runs and after: a page of outcomes, or one row, with the row's own cells where they are wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from libs.common.errors import Conflict, NotFound
from libs.common.storage import Storage
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest.domain.jobs import TERMINAL, Job, JobKind
from services.ingest.domain.recipients import WRITABLE
from services.ingest.repositories import dispatches, families, jobs, line_reviews, sheet_pages
from services.ingest.repositories.sheet_pages import Attempt
from services.ingest.segment_reading import read_rows
from services.ingest.segments import ChunkRef, SegmentDamaged, text_of

PENDING = "pending"
MOST_WITH_CELLS = 50
"""Rows whose cells are read at once: in the worst case each lies in a segment of its own."""


@dataclass(frozen=True)
class ShownRow:
    """A row: its outcome (None while it waits for it), and its own cells as text by column where they were asked for."""

    row_no: int
    attempt: Attempt | None
    cells: Mapping[str, str] | None = None


@dataclass(frozen=True)
class RowPage:
    """Rows in the order of the sheet. `is_last`: there are no more."""

    rows: Sequence[ShownRow]
    is_last: bool


@dataclass(frozen=True)
class _Found:
    rows: Sequence[ShownRow]
    is_last: bool
    names: Sequence[str]
    refs: Sequence[ChunkRef]


async def show_rows(
    job_id: UUID,
    *,
    workspace_id: UUID,
    status: str | None,
    after: int,
    limit: int,
    with_cells: bool,
    open_uow: OpenUow,
    storage: Storage,
    approved: bool | None = None,
    briefly: bool = False,
) -> RowPage:
    """The next rows with an outcome, or with this status (`pending`: those that wait for it), from after a row; those whose
    line somebody has `approved`, or nobody has, where that is asked.

    Of a list, what its retries delivered is laid over it; of a retry or a trial, its own. With cells, at most
    `MOST_WITH_CELLS` rows. `briefly` reads no more of research and receipts than whether they are sandboxed.
    Raises NotFound; Conflict `rows_unreadable`, Outage when the cells cannot be read.
    """
    limit = min(limit, MOST_WITH_CELLS) if with_cells else limit
    async with open_uow() as uow:
        job = await jobs.load(uow.conn, job_id, workspace_id=workspace_id)
        family = await _family(uow, job)
        if approved is None:
            numbers = await _numbers(uow, job, family, status=status, after=after, limit=limit + 1)
        else:
            numbers = await _by_approval(uow, family, approved=approved, status=status, after=after, limit=limit + 1)
        is_last = len(numbers) <= limit
        found = await _found(uow, job, family, numbers[:limit], is_last=is_last, with_cells=with_cells, briefly=briefly)
    return RowPage(await _with_cells(found, storage=storage), found.is_last)


async def show_row(
    job_id: UUID, row_no: int, *, workspace_id: UUID, with_cells: bool, open_uow: OpenUow, storage: Storage
) -> ShownRow:
    """One row. Raises NotFound `unknown_row` for one that the job does not have, or ended without reaching; else as a page."""
    async with open_uow() as uow:
        job = await jobs.load(uow.conn, job_id, workspace_id=workspace_id)
        family = await _family(uow, job)
        known = row_no in await sheet_pages.attempts_at(uow.conn, family, [row_no])
        if not known and row_no not in await _pending(uow, job, after=row_no - 1, limit=1):
            msg = f"job {job_id} has no outcome for row {row_no}, and none is to come"
            raise NotFound(msg, code="unknown_row")
        found = await _found(uow, job, family, [row_no], is_last=True, with_cells=with_cells)
    (row,) = await _with_cells(found, storage=storage)
    return row


async def _family(uow: UnitOfWork, job: Job) -> list[UUID]:
    return await families.members(uow.conn, job.id) if job.kind is JobKind.LIST else [job.id]


async def _numbers(
    uow: UnitOfWork, job: Job, family: Sequence[UUID], *, status: str | None, after: int, limit: int
) -> list[int]:
    if status == PENDING:
        return await _pending(uow, job, after=after, limit=limit)
    return await sheet_pages.row_nos(uow.conn, family, status=status, after=after, limit=limit)


async def _by_approval(
    uow: UnitOfWork, family: Sequence[UUID], *, approved: bool, status: str | None, after: int, limit: int
) -> list[int]:
    """By what the sheet shows: an attempt that another is laid over counts no more."""
    found: list[int] = []
    while True:
        numbers = await line_reviews.row_nos(uow.conn, family, approved=approved, after=after, limit=limit)
        shown = await sheet_pages.attempts_at(uow.conn, family, numbers, briefly=True)
        for row_no in numbers:
            result = shown[row_no].result
            is_asked = result.status in WRITABLE if status is None else result.status == status
            if is_asked and (result.approved_at is not None) is approved:
                found.append(row_no)
        if len(found) >= limit or len(numbers) < limit:
            return found[:limit]
        after = numbers[-1]


async def _pending(uow: UnitOfWork, job: Job, *, after: int, limit: int) -> list[int]:
    if job.state in TERMINAL:
        return []
    return await sheet_pages.pending_row_nos(uow.conn, job.id, after=after, limit=limit)


async def _found(
    uow: UnitOfWork,
    job: Job,
    family: Sequence[UUID],
    row_nos: Sequence[int],
    *,
    is_last: bool,
    with_cells: bool,
    briefly: bool = False,
) -> _Found:
    attempts = await sheet_pages.attempts_at(uow.conn, family, row_nos, briefly=briefly)
    rows = [ShownRow(row_no, attempts.get(row_no)) for row_no in row_nos]
    if not with_cells or not rows:
        return _Found(rows, is_last, [], [])
    sheet = await dispatches.sheet_of(uow.conn, job.id)
    refs = await sheet_pages.places_of(uow.conn, job.upload_id, row_nos)
    return _Found(rows, is_last, sheet.names, refs)


async def _with_cells(found: _Found, *, storage: Storage) -> Sequence[ShownRow]:
    if not found.refs:
        return found.rows
    try:
        stored = await read_rows(storage, found.refs, row_nos={row.row_no for row in found.rows})
    except SegmentDamaged as error:
        msg = f"the cells of these rows cannot be read: {error}"
        raise Conflict(msg, code="rows_unreadable") from error
    cells = {
        row_no: {name: text_of(cell) for name, cell in zip(found.names, row.cells, strict=False) if cell is not None}
        for row_no, row in stored.items()
    }
    return [ShownRow(row.row_no, row.attempt, cells.get(row.row_no, {})) for row in found.rows]
