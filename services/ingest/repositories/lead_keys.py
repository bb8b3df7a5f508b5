"""Which rows are the same lead: within a file, and in the jobs a workspace had before. All of it in SQL, whatever the size."""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, Text, and_, cast, delete, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.repositories.copying import copy_file
from services.ingest.tables import jobs, lead_keys, results, uploads

COPIED = ("upload_id", "row_no", "workspace_id", "key_hash")
_UNDER_WAY = ("queued", "processing", "paused", "parked", "merging")
_ALL_ROWS = 2**31 - 1


def duplicate_rows(upload_id: UUID) -> Select[int, str]:
    """`(row_no, reason)` of every row whose lead stands further up in the file. Counted from 1 below the header; the
    reason names the row as the file counts it."""
    first = func.min(lead_keys.c.row_no).over(partition_by=lead_keys.c.key_hash).label("first_row_no")
    keyed = select(lead_keys.c.row_no, first).where(lead_keys.c.upload_id == upload_id).subquery()
    in_the_file = cast(keyed.c.first_row_no + _header_row(upload_id), Text)
    reason = (literal("duplicate of row ") + in_the_file).label("reason")
    return select(keyed.c.row_no, reason).where(keyed.c.row_no > keyed.c.first_row_no)


def known_rows(
    upload_id: UUID, *, workspace_id: UUID, but: UUID | None = None, made_before: datetime | None = None
) -> Select[int, str]:
    """`(row_no, reason)` of every row whose lead an earlier list of the workspace has researched, or is researching.

    `but` is the job being made: only those made before it count (of two that begin at once, one); without a job, only those
    `made_before` an instant. Trials, deleted jobs and rows that failed do not count either.
    """
    counting = partial(_counting, workspace_id=workspace_id, but=but, made_before=made_before)
    mine, theirs = lead_keys.alias("mine"), lead_keys.alias("theirs")
    own = jobs.alias("own")
    had_before = exists().where(own.c.upload_id == upload_id, *counting(own))
    # Most sheets have had no job of their own: without this each of their rows would first be matched with itself.
    same = and_(
        theirs.c.workspace_id == workspace_id,
        theirs.c.key_hash == mine.c.key_hash,
        or_(theirs.c.upload_id != upload_id, had_before),
    )
    reason = literal("already in job ") + jobs.c.filename + " of " + func.to_char(jobs.c.created_at, "YYYY-MM-DD")
    conditions = (
        mine.c.upload_id == upload_id,
        *counting(jobs),
        or_(_is_under_way(theirs), _is_researched(theirs)),
    )
    joined = mine.join(theirs, same).join(jobs, jobs.c.upload_id == theirs.c.upload_id)
    found = select(mine.c.row_no, reason.label("reason")).select_from(joined).where(*conditions)
    return found.ext(distinct_on(mine.c.row_no)).order_by(mine.c.row_no, jobs.c.created_at, jobs.c.id)


def _counting(
    table: Any, *, workspace_id: UUID, but: UUID | None, made_before: datetime | None
) -> list[ColumnElement[bool]]:
    conditions = [table.c.workspace_id == workspace_id, table.c.kind != "trial", table.c.deleted_at.is_(None)]
    if but is not None:
        conditions.append(table.c.id < but)
    if made_before is not None:
        conditions.append(table.c.created_at < made_before)
    return conditions


def _is_under_way(theirs: Any) -> ColumnElement[bool]:
    within = theirs.c.row_no <= func.coalesce(jobs.c.first_rows, _ALL_ROWS)
    return (jobs.c.kind == "list") & jobs.c.state.in_(_UNDER_WAY) & within


def _is_researched(theirs: Any) -> ColumnElement[bool]:
    of_row = (results.c.job_id == jobs.c.id) & (results.c.row_no == theirs.c.row_no)
    return exists().where(of_row, results.c.status.in_(("enriched", "degraded")))


def _header_row(upload_id: UUID) -> ColumnElement[int]:
    row = cast(uploads.c.reading["header_row"].astext, Integer)
    return func.coalesce(select(row).where(uploads.c.id == upload_id).scalar_subquery(), 1)


async def count(conn: AsyncConnection, rows: Select[int, str]) -> int:
    """How many rows a selection has."""
    return (await conn.execute(select(func.count()).select_from(rows.subquery()))).scalar_one()


async def replace_keys(conn: AsyncConnection, upload_id: UUID, path: Path) -> None:
    """Put the keys of a CSV file with the columns `COPIED` in the place of those there are."""
    await conn.execute(delete(lead_keys).where(lead_keys.c.upload_id == upload_id))
    await copy_file(conn, lead_keys, path, columns=COPIED)
