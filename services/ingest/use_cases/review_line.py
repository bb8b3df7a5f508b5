"""A person edits or approves the line of a row: kept beside the written one, and said on where the list is published already."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.errors import Busy, Conflict, NotFound
from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import Job, JobKind
from services.ingest.domain.line_reviews import Change, check_revision, list_with, revise
from services.ingest.domain.recipients import WRITABLE
from services.ingest.repositories import families, jobs, line_reviews, published_lists, results, sheet_pages
from services.ingest.repositories.sheet_pages import Attempt
from services.ingest.use_cases.announce_corrections import announce_corrections


@dataclass(frozen=True)
class _Row:
    """The row as its sheet shows it, and the family whose sheet that is."""

    root: Job
    family: list[UUID]
    attempt: Attempt


async def review_line(
    uow: UnitOfWork,
    job_id: UUID,
    row_no: int,
    change: Change,
    *,
    workspace_id: UUID,
    user_id: UUID,
    now: datetime,
) -> None:
    """Change the line that a list's sheet shows for a row. It costs nothing, and what was charged stays as it was.

    Key: the revision: a second click finds another one. Raises NotFound `unknown_job`, `unknown_row`; Conflict
    `not_a_list`, `row_has_no_line`, `row_changed`; Invalid `line_invalid`; Busy while a retry of the list begins.
    """
    row = await _row(uow, job_id, row_no, workspace_id=workspace_id)
    result, attempt_id = row.attempt.result, row.attempt.job_id
    review = await line_reviews.load(uow.conn, attempt_id, row_no)
    check_revision(change, job_id=attempt_id, review=review, line=result.line or "")
    written = (result.line if result.version is None else result.written) or ""
    after = revise(review, change, written=written, user_id=user_id, now=now)
    if after is review:
        return
    line = after.line or written
    if not await line_reviews.save(uow.conn, attempt_id, row_no, review=after, line=line, user_id=user_id):
        msg = f"row {row_no} of job {job_id} is being changed by somebody else: look at it again"
        raise Conflict(msg, code="row_changed")
    if line != result.line:
        await line_reviews.count_edit(uow.conn, row.root.id)
        await _announce(uow, row, row_no)


async def _row(uow: UnitOfWork, job_id: UUID, row_no: int, *, workspace_id: UUID) -> _Row:
    asked = await jobs.load(uow.conn, job_id, workspace_id=workspace_id)
    if asked.kind is JobKind.TRIAL:
        msg = f"job {job_id} is a trial: lines are edited in the list that is made from it"
        raise Conflict(msg, code="not_a_list", extra={"kind": asked.kind.value})
    root = await _in_turn(uow, asked, workspace_id=workspace_id)
    family = await families.members(uow.conn, root.id)
    attempt = (await sheet_pages.attempts_at(uow.conn, family, [row_no])).get(row_no)
    if attempt is None:
        msg = f"job {job_id} has no outcome for row {row_no} yet, or no such row"
        raise NotFound(msg, code="unknown_row")
    if attempt.status not in WRITABLE:
        msg = f"row {row_no} is {attempt.status} and has no line: work on it once more first"
        raise Conflict(msg, code="row_has_no_line", extra={"row_status": attempt.status})
    return _Row(root, family, attempt)


async def _in_turn(uow: UnitOfWork, asked: Job, *, workspace_id: UUID) -> Job:
    """The list, held still with its live retry: neither is completed while we look at what is published.

    In the order in which a retry that ends takes them. No retry begins while the list is held.
    """
    retry_id = await line_reviews.live_retry(uow.conn, asked.family_id)
    if retry_id is not None:
        await jobs.load(uow.conn, retry_id, workspace_id=workspace_id, in_turn=True)
    root = await jobs.load(uow.conn, asked.family_id, workspace_id=workspace_id, in_turn=True)
    if await line_reviews.live_retry(uow.conn, root.id) not in {None, retry_id}:
        msg = f"rows of job {root.id} have just begun to be worked on once more: try again"
        raise Busy(msg, code="job_busy", extra={"retry_after_s": 1})
    return root


async def _announce(uow: UnitOfWork, row: _Row, row_no: int) -> None:
    made = [(job_id, result) for job_id, result in await results.of_rows(uow.conn, row.family, [row_no])]
    delivered_by = {job_id for job_id, result in made if result.status in WRITABLE}
    list_id = list_with(await published_lists.family_so_far(uow.conn, row.family[-1]), delivered_by)
    if list_id is not None:
        present = next(Attempt(job_id, result) for job_id, result in made if job_id == row.attempt.job_id)
        await announce_corrections(uow, {list_id: [present]}, workspace_id=row.root.workspace_id)
