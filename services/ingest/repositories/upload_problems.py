"""What checking an upload's rows has found, in Postgres."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, literal, null, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.validation import WHOLE_ROW
from services.ingest.repositories.copying import copy_file
from services.ingest.segments import ChunkRef
from services.ingest.tables import upload_chunks, upload_problems, uploads

COPIED = ("upload_id", "row_no", "code", "column_index", "value", "detail")
_PLACE = ("chunk_no", "first_row_no", "row_count", "segment_key", "byte_offset", "byte_length")
_RECORDING_MS = "600000"
Place = tuple[int, str, int]
"""Row, code, column: where a problem stands in the order they are shown in."""


@dataclass(frozen=True)
class StoredProblem:
    """One finding. `row_no` counts from 1 below the header; `column` is WHOLE_ROW where no cell has it."""

    row_no: int
    code: str
    column: int
    value: str | None
    detail: str

    @property
    def place(self) -> Place:
        return self.row_no, self.code, self.column


async def load_refs(conn: AsyncConnection, upload_id: UUID) -> list[ChunkRef]:
    """Where all of the upload's rows lie, in order."""
    query = select(*(upload_chunks.c[name] for name in _PLACE)).where(upload_chunks.c.upload_id == upload_id)
    return [ChunkRef(*row) for row in await conn.execute(query.order_by(upload_chunks.c.chunk_no))]


async def replace_problems(conn: AsyncConnection, upload_id: UUID, path: Path) -> None:
    """Put the findings of a CSV file with the columns `COPIED` in the place of those there are."""
    await conn.execute(delete(upload_problems).where(upload_problems.c.upload_id == upload_id))
    await copy_file(conn, upload_problems, path, columns=COPIED)


async def add_rows(conn: AsyncConnection, upload_id: UUID, rows: Select[int, str], *, code: str) -> int:
    """Add a finding for each `(row_no, reason)` of a selection; answers how many."""
    found = rows.subquery()
    values = select(literal(upload_id), found.c.row_no, literal(code), literal(WHOLE_ROW), null(), found.c.reason)
    return (await conn.execute(insert(upload_problems).from_select(COPIED, values))).rowcount


async def save_findings(conn: AsyncConnection, upload_id: UUID, *, check_no: int, findings: Mapping[str, Any]) -> bool:
    """Note what was found under a mapping. False when another mapping has come, or the upload is gone."""
    done = await conn.execute(
        update(uploads)
        .where(uploads.c.id == upload_id, uploads.c.check_no == check_no)
        .values(findings=dict(findings), checked_no=check_no)
    )
    return done.rowcount == 1


async def list_problems(
    conn: AsyncConnection,
    upload_id: UUID,
    *,
    after: Place | None,
    limit: int,
    code: str | None = None,
    column: int | None = None,
) -> Sequence[StoredProblem]:
    """Findings by row, from behind a place."""
    table = upload_problems.c
    conditions: list[ColumnElement[bool]] = [table.upload_id == upload_id]
    if code is not None:
        conditions.append(table.code == code)
    if column is not None:
        conditions.append(table.column_index == column)
    if after is not None:
        conditions.append(tuple_(table.row_no, table.code, table.column_index) > tuple_(*map(literal, after)))
    query = select(table.row_no, table.code, table.column_index, table.value, table.detail).where(*conditions)
    rows = await conn.execute(query.order_by(table.row_no, table.code, table.column_index).limit(limit))
    return [StoredProblem(*row) for row in rows]


async def lock_check(conn: AsyncConnection, upload_id: UUID) -> None:
    """One recorder of an upload's findings at a time; others may read the upload and change it meanwhile. A million rows
    take half a minute, and on a busy server longer than a statement has elsewhere."""
    await conn.execute(select(func.set_config("statement_timeout", _RECORDING_MS, True)))
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(upload_id), 0))))
