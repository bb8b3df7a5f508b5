"""Which rows of a sheet a job covers, skips, or need not do again: counted before it is made, noted when it begins.

All of it in SQL, whatever the size. Locks are taken job → results → chunks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, Text, all_, any_, delete, func, literal, select, union
from sqlalchemy.dialects.postgresql import JSONB, distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.jobs import Job, JobKind, Tally
from services.ingest.domain.quotes import Choice, Counts
from services.ingest.repositories import lead_keys
from services.ingest.repositories.results import array_of
from services.ingest.tables import jobs, results, uploads

_BEGINNING_MS = "600000"
_RESULT = ("row_no", "status", "research", "line", "reason", "receipt", "extra", "product")


@dataclass(frozen=True)
class Sheet:
    """The upload as a choice of rows sees it."""

    upload_id: UUID
    workspace_id: UUID
    rows: int


async def take_time(conn: AsyncConnection) -> None:
    """Let the statements of this transaction take minutes: a million rows with earlier lists behind them may, where the
    server is busy."""
    await conn.execute(select(func.set_config("statement_timeout", _BEGINNING_MS, True)))


async def is_checked(conn: AsyncConnection, upload_id: UUID) -> bool:
    """Whether the sheet has been looked through under its present mapping."""
    query = select(uploads.c.checked_no == uploads.c.check_no).where(uploads.c.id == upload_id)
    return bool((await conn.execute(query)).scalar())


async def tried_rows(conn: AsyncConnection, upload_id: UUID, *, up_to: int) -> list[int]:
    """The rows of a sheet that were enriched in a trial: a list does not charge them again."""
    query = (
        select(results.c.row_no)
        .join(jobs, jobs.c.id == results.c.job_id)
        .where(*_of_trials(upload_id), results.c.status == "enriched", results.c.row_no <= up_to)
        .distinct()
        .order_by(results.c.row_no)
    )
    return list((await conn.execute(query)).scalars())


async def count(
    conn: AsyncConnection, sheet: Sheet, choice: Choice, *, free: Sequence[int], for_eyes: bool = True
) -> Counts:
    """What a choice of rows comes to. Of a sheet that is still being checked nobody knows what repeats.

    What repeats, but is not to be skipped, is counted `for_eyes` only: it takes its time in a large sheet.
    """
    if not await is_checked(conn, sheet.upload_id):
        return Counts(tried=len(free), checked=False)
    up_to = choice.covered(sheet.rows)
    skipped = _skipped(sheet, choice, free=free, up_to=up_to)
    counts = Counts(skipped=0 if skipped is None else await lead_keys.count(conn, skipped), tried=len(free))
    if not for_eyes:
        return counts
    duplicates = lead_keys.duplicate_rows(sheet.upload_id)
    known = lead_keys.known_rows(sheet.upload_id, workspace_id=sheet.workspace_id)
    return replace(
        counts,
        duplicates=await lead_keys.count(conn, _within(duplicates, up_to)),
        known=await lead_keys.count(conn, _within(known, up_to)),
    )


async def copy_tried(conn: AsyncConnection, job: Job, *, up_to: int) -> None:
    """Take over the results of rows that were tried with just this job's spec: they are not researched again."""
    spec_hash = select(jobs.c.spec["hash"].astext).where(jobs.c.id == job.id).scalar_subquery()
    tried = (
        select(literal(job.id), *(results.c[name] for name in _RESULT))
        .join(jobs, jobs.c.id == results.c.job_id)
        .where(
            *_of_trials(job.upload_id),
            jobs.c.spec["hash"].astext == spec_hash,
            results.c.status == "enriched",
            results.c.row_no <= up_to,
        )
        .ext(distinct_on(results.c.row_no))
        .order_by(results.c.row_no, jobs.c.id)
    )
    await conn.execute(insert(results).from_select(["job_id", *_RESULT], tried).on_conflict_do_nothing())


async def skip(conn: AsyncConnection, job: Job, choice: Choice, *, up_to: int) -> None:
    """Give the rows that the choice leaves out their outcome: `skipped`, with the reason."""
    sheet = Sheet(job.upload_id, job.workspace_id, up_to)
    rows = _skipped(sheet, choice, free=job.free_rows, up_to=up_to, but=job.id)
    if rows is None:
        return
    found = rows.subquery()
    values = select(
        literal(job.id), found.c.row_no, literal("skipped", Text), found.c.reason, literal({}, JSONB)
    ).order_by(found.c.row_no)
    names = ["job_id", "row_no", "status", "reason", "receipt"]
    await conn.execute(insert(results).from_select(names, values).on_conflict_do_nothing())


async def last_affordable(conn: AsyncConnection, job: Job, *, rows: int, up_to: int) -> int:
    """The last row that a job reaches when it can pay for so many: those without an outcome yet that are not free."""
    series = func.generate_series(1, literal(up_to, Integer)).table_valued("row_no").render_derived()
    has_result = select(results.c.row_no).where(results.c.job_id == job.id, results.c.row_no == series.c.row_no)
    beyond = (
        select(series.c.row_no)
        .where(~has_result.exists(), series.c.row_no != all_(array_of(job.free_rows)))
        .order_by(series.c.row_no)
        .offset(rows)
        .limit(1)
    )
    found = (await conn.execute(beyond)).scalar()
    return up_to if found is None else found - 1


async def forget_beyond(conn: AsyncConnection, job: Job, *, up_to: int) -> None:
    """What lies below the last row that is covered has no outcome."""
    await conn.execute(delete(results).where(results.c.job_id == job.id, results.c.row_no > up_to))


async def known_outcomes(conn: AsyncConnection, job: Job) -> Tally:
    """The rows that have their outcome before the job begins."""
    query = select(results.c.status, func.count()).where(results.c.job_id == job.id).group_by(results.c.status)
    found = {row[0]: row[1] for row in await conn.execute(query)}
    return Tally(enriched=found.get("enriched", 0), skipped=found.get("skipped", 0))


async def free_without_outcome(conn: AsyncConnection, job: Job, *, up_to: int) -> int:
    """How many rows are to be done that are not charged."""
    free = [row_no for row_no in job.free_rows if row_no <= up_to]
    query = select(func.count()).where(results.c.job_id == job.id, results.c.row_no == any_(array_of(free)))
    return len(free) - (await conn.execute(query)).scalar_one()


def _skipped(
    sheet: Sheet, choice: Choice, *, free: Sequence[int], up_to: int, but: UUID | None = None
) -> Select[int, str] | None:
    """`(row_no, reason)` of the rows that a choice leaves out; a row that was tried is never one. None when none can be."""
    parts: list[Select[int, str]] = []
    if choice.skip_duplicates:
        parts.append(_within(lead_keys.duplicate_rows(sheet.upload_id), up_to))
    if choice.skip_known:
        parts.append(_within(lead_keys.known_rows(sheet.upload_id, workspace_id=sheet.workspace_id, but=but), up_to))
    if not parts:
        return None
    found = union(*parts).subquery()
    row_no, reason = found.c.row_no, func.min(found.c.reason).label("reason")
    return select(row_no, reason).where(row_no != all_(array_of(free))).group_by(row_no)


def _within(rows: Select[int, str], up_to: int) -> Select[int, str]:
    found = rows.subquery()
    return select(found.c.row_no, found.c.reason).where(found.c.row_no <= up_to)


def _of_trials(upload_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (jobs.c.upload_id == upload_id, jobs.c.kind == JobKind.TRIAL.value, jobs.c.deleted_at.is_(None))
