"""Results by (job, row): the first one stored is everyone's answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    func,
    literal,
    null,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from services.ingest.domain.chunks import ChunkState
from services.ingest.tables import chunks, line_reviews, results

_INSERT = text(
    """
    INSERT INTO ingest.results (job_id, row_no, status, research, line, reason, receipt, extra, product)
    SELECT :job_id, r.row_no, r.status, CASE WHEN e.row_no IS NULL THEN r.research END,
           CASE WHEN e.row_no IS NULL THEN r.line END, CASE WHEN e.row_no IS NULL THEN r.reason ELSE 'erased' END,
           r.receipt, CASE WHEN e.row_no IS NULL THEN nullif(r.extra, '{}') END,
           CASE WHEN e.row_no IS NULL THEN nullif(r.product, 'null') END
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS r(row_no int, status text, research jsonb, line text, reason text, receipt jsonb, extra jsonb,
                                 product jsonb)
    LEFT JOIN ingest.erased_rows e ON e.upload_id = :upload_id AND e.row_no = r.row_no AND e.whole
    ORDER BY r.row_no
    ON CONFLICT DO NOTHING
    RETURNING row_no, status
    """
)


_SHOWN = (
    results.c.row_no,
    results.c.status,
    results.c.research,
    func.coalesce(line_reviews.c.line, results.c.line).label("line"),
    results.c.reason,
    results.c.receipt,
    results.c.extra,
    results.c.product,
    case((line_reviews.c.version.is_not(None), results.c.line)).label("written"),
    line_reviews.c.version,
    line_reviews.c.edited_by,
    line_reviews.c.edited_at,
    line_reviews.c.approved_by,
    line_reviews.c.approved_at,
)
_BRIEFLY = {
    name: case(
        (results.c[name].is_not(None), func.jsonb_build_object("sandboxed", results.c[name]["sandboxed"])), else_=null()
    ).label(name)
    for name in ("research", "receipt")
}
"""Of the parts of a result that make nearly all of its bytes, only whether stand-ins had a hand in it."""
_REVIEWED = results.outerjoin(
    line_reviews, and_(line_reviews.c.job_id == results.c.job_id, line_reviews.c.row_no == results.c.row_no)
)


@dataclass(frozen=True)
class StoredResult:
    """What a row came out as. A row whose chunk was given up is `failed` with the chunk's error and nothing else.

    `line` is a person's where one has edited it; `written` is the one it came with, once somebody has touched it.
    """

    row_no: int
    status: str
    research: dict[str, Any] | None = None
    line: str | None = None
    reason: str | None = None
    receipt: dict[str, Any] | None = None
    extra: dict[str, Any] | None = None
    product: dict[str, Any] | None = None
    written: str | None = None
    version: int | None = None
    edited_by: UUID | None = None
    edited_at: datetime | None = None
    approved_by: UUID | None = None
    approved_at: datetime | None = None

    @property
    def is_sandboxed(self) -> bool:
        """Whether stand-ins had a hand in it: then nobody real may be written to."""
        return any(bool(part and part.get("sandboxed")) for part in (self.research, self.receipt))


async def insert_new(
    conn: AsyncConnection, job_id: UUID, rows_json: str, *, upload_id: UUID | None = None
) -> dict[int, str]:
    """Store the rows (a JSON array of row results) that have no result yet; answers the statuses of those stored, by row.

    Of rows of the upload that somebody was erased from, what was found out is not stored.
    """
    stored = await conn.execute(_INSERT, {"job_id": job_id, "rows": rows_json, "upload_id": upload_id})
    return {row.row_no: row.status for row in stored}


_STATUSES = select(results.c.row_no, results.c.status).where(
    results.c.job_id == bindparam("job_id"), results.c.row_no == any_(bindparam("row_nos", type_=ARRAY(Integer)))
)


async def statuses(conn: AsyncConnection, job_id: UUID, row_nos: Sequence[int]) -> dict[int, str]:
    """The statuses of a chunk's rows, by row, as far as they have a result."""
    rows = await conn.execute(_STATUSES, {"job_id": job_id, "row_nos": list(row_nos)})
    return {row.row_no: row.status for row in rows}


async def of_rows(
    conn: AsyncConnection, job_ids: Sequence[UUID], row_nos: Sequence[int], *, briefly: bool = False
) -> Sequence[tuple[UUID, StoredResult]]:
    """What these jobs have stored for these rows, each with its job, the oldest job first.

    `briefly` says of research and receipt only whether they are `sandboxed`.
    """
    shown = [_BRIEFLY.get(column.name, column) if briefly else column for column in _SHOWN]
    rows = await conn.execute(
        select(results.c.job_id, *shown)
        .select_from(_REVIEWED)
        .where(results.c.job_id.in_(job_ids), results.c.row_no == any_(array_of(row_nos)))
        .order_by(results.c.job_id)
    )
    return [(job_id, StoredResult(*found)) for job_id, *found in map(tuple, rows)]


def array_of(row_nos: Sequence[int]) -> ColumnElement[Any]:
    """Row numbers as one parameter."""
    return literal(list(row_nos), ARRAY(Integer))


async def page(
    conn: AsyncConnection, job_id: UUID, *, after: int, limit: int, status: str | None = None
) -> Sequence[StoredResult]:
    """Results in the order of the sheet, after a row number. Rows of failed chunks without a result are among them.

    Their receipts say only whether they are `sandboxed`: no sheet has them.
    """
    shown = [_BRIEFLY["receipt"] if column.name == "receipt" else column for column in _SHOWN]
    stored = select(*shown).select_from(_REVIEWED).where(results.c.job_id == job_id, results.c.row_no > after)
    if status is not None:
        stored = stored.where(results.c.status == status)
    stored = stored.order_by(results.c.row_no).limit(limit).subquery()
    parts = [select(stored)]
    if status in {None, "failed"}:
        parts.append(_given_up(job_id, after=after, limit=limit))
    both = union_all(*parts).subquery()
    rows = await conn.execute(select(both).order_by(both.c.row_no).limit(limit))
    return [StoredResult(*row) for row in rows]


def _given_up(job_id: UUID, *, after: int, limit: int) -> Any:
    last_row_no = chunks.c.first_row_no + chunks.c.stored_rows - 1
    series = func.generate_series(chunks.c.first_row_no, last_row_no).table_valued("row_no").render_derived()
    row_no = series.c.row_no
    wanted = or_(chunks.c.row_nos.is_(None), row_no == any_(chunks.c.row_nos))
    has_result = select(results.c.row_no).where(results.c.job_id == job_id, results.c.row_no == row_no).exists()
    rows = (
        select(
            sql_cast(row_no, Integer).label("row_no"),
            literal("failed", Text).label("status"),
            sql_cast(null(), JSONB).label("research"),
            sql_cast(null(), Text).label("line"),
            chunks.c.error.label("reason"),
            sql_cast(null(), JSONB).label("receipt"),
            sql_cast(null(), JSONB).label("extra"),
            sql_cast(null(), JSONB).label("product"),
            sql_cast(null(), Text).label("written"),
            sql_cast(null(), Integer).label("version"),
            sql_cast(null(), Uuid).label("edited_by"),
            sql_cast(null(), TIMESTAMP(timezone=True)).label("edited_at"),
            sql_cast(null(), Uuid).label("approved_by"),
            sql_cast(null(), TIMESTAMP(timezone=True)).label("approved_at"),
        )
        .select_from(chunks)
        .join(series, literal(value=True))
        .where(
            chunks.c.job_id == job_id,
            chunks.c.state == ChunkState.FAILED.value,
            last_row_no > after,
            row_no > after,
            wanted,
            ~has_result,
        )
        .order_by(chunks.c.first_row_no, row_no)
        .limit(limit)
        .subquery()
    )
    return select(rows)
