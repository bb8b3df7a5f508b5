"""Exports in Postgres: one per (list job, format, flat, standing); written by whoever holds the lease."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, delete, func, literal, null, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import NotFound
from services.ingest.domain.exports import Export, Standing
from services.ingest.domain.storage_keys import ExportFormat
from services.ingest.tables import exports

_COLUMNS = [
    exports.c[name]
    for name in (
        "id",
        "workspace_id",
        "job_id",
        "format",
        "flat",
        "state",
        "standing",
        "rows_total",
        "rows_done",
        "storage_key",
        "size_bytes",
        "problem",
        "created_at",
        "ready_at",
    )
]
_OF_WORKSPACE = 7_301
"""Makes the lock of a workspace's exports another one than any other lock on its id."""


def _export(row: Row[*tuple[Any, ...]]) -> Export:
    return Export(*row)


async def take_turn(conn: AsyncConnection, workspace_id: UUID) -> None:
    """Whoever asks for a sheet of this workspace next waits for the end of this transaction."""
    await conn.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:id, :space))"),
        {"id": str(workspace_id), "space": _OF_WORKSPACE},
    )


async def load(conn: AsyncConnection, export_id: UUID, *, workspace_id: UUID) -> Export:
    """One export of a workspace. Raises NotFound, the same for an unknown one and for somebody else's."""
    query = select(*_COLUMNS).where(exports.c.id == export_id, exports.c.workspace_id == workspace_id)
    row = (await conn.execute(query)).first()
    if row is None:
        msg = f"there is no export {export_id} in this workspace: partial ones are kept for a few newer ones only"
        raise NotFound(msg, code="unknown_export")
    return _export(row)


async def find(
    conn: AsyncConnection, job_id: UUID, *, file_format: ExportFormat, flat: bool, standing: str
) -> Export | None:
    """The export of these results; while one of the same kind is being written, of whatever results, that one."""
    alike = (exports.c.job_id == job_id, exports.c.format == file_format, exports.c.flat == flat)
    query = (
        select(*_COLUMNS)
        .where(*alike, or_(exports.c.standing == standing, exports.c.state == "writing"))
        .order_by(exports.c.standing != standing, exports.c.id.desc())
        .limit(1)
    )
    row = (await conn.execute(query)).first()
    return None if row is None else _export(row)


async def of_job(conn: AsyncConnection, job_id: UUID, *, limit: int) -> list[Export]:
    """A list job's exports, newest first."""
    query = select(*_COLUMNS).where(exports.c.job_id == job_id).order_by(exports.c.id.desc()).limit(limit)
    return [_export(row) for row in await conn.execute(query)]


async def count_writing(conn: AsyncConnection, workspace_id: UUID) -> int:
    """How many sheets of a workspace are being written, or wait for it."""
    query = select(func.count()).where(exports.c.workspace_id == workspace_id, exports.c.state == "writing")
    return (await conn.execute(query)).scalar_one()


async def insert_new(
    conn: AsyncConnection,
    *,
    export_id: UUID,
    workspace_id: UUID,
    job_id: UUID,
    file_format: ExportFormat,
    flat: bool,
    standing: Standing,
    rows_total: int,
    storage_key: str,
    size_bytes: int | None,
) -> Export:
    """Write a new export: with a size it is ready, else it is to be written."""
    is_ready = size_bytes is not None
    made = insert(exports).values(
        id=export_id,
        workspace_id=workspace_id,
        job_id=job_id,
        format=file_format,
        flat=flat,
        state="ready" if is_ready else "writing",
        standing=standing.text,
        rows_total=rows_total,
        rows_done=rows_total if is_ready else 0,
        storage_key=storage_key,
        size_bytes=size_bytes,
        ready_at=func.now() if is_ready else None,
    )
    return _export((await conn.execute(made.returning(*_COLUMNS))).one())


async def begin_again(conn: AsyncConnection, export_id: UUID) -> Export:
    """A failed one is to be written after all."""
    values = {"state": "writing", "problem": null(), "rows_done": 0, "lease_token": None, "lease_until": None}
    again = update(exports).where(exports.c.id == export_id).values(values).returning(*_COLUMNS)
    return _export((await conn.execute(again)).one())


async def claim(conn: AsyncConnection, export_id: UUID, *, token: UUID, lease: timedelta) -> bool:
    """Take the writing for a while. False while somebody else has it, or when there is nothing to write."""
    free = or_(exports.c.lease_until.is_(None), exports.c.lease_until < func.now())
    taken = await conn.execute(
        update(exports)
        .where(exports.c.id == export_id, exports.c.state == "writing", free)
        .values(lease_token=token, lease_until=func.now() + literal(lease), rows_done=0)
    )
    return taken.rowcount == 1


async def renew(conn: AsyncConnection, export_id: UUID, *, token: UUID, lease: timedelta) -> bool:
    """Keep the writing. False when it is not ours any more."""
    until = func.now() + literal(lease)
    return (await conn.execute(update(exports).where(*_mine(export_id, token)).values(lease_until=until))).rowcount == 1


async def release(conn: AsyncConnection, export_id: UUID, *, token: UUID) -> None:
    """Let the next one in at once."""
    await conn.execute(update(exports).where(*_mine(export_id, token)).values(lease_until=None))


async def note_rows(conn: AsyncConnection, export_id: UUID, *, token: UUID, rows_done: int) -> None:
    """How far the writing is."""
    await conn.execute(update(exports).where(*_mine(export_id, token)).values(rows_done=rows_done))


async def record_ready(conn: AsyncConnection, export_id: UUID, *, token: UUID, size_bytes: int) -> bool:
    """The file is there. False when the writing is not ours any more."""
    values = {"state": "ready", "size_bytes": size_bytes, "rows_done": exports.c.rows_total, "ready_at": func.now()}
    return (await conn.execute(update(exports).where(*_mine(export_id, token)).values(values))).rowcount == 1


async def record_failed(conn: AsyncConnection, export_id: UUID, *, problem: Mapping[str, object]) -> bool:
    """It cannot be written. False when it is not being written (any more)."""
    failed = update(exports).where(exports.c.id == export_id, exports.c.state == "writing")
    return (await conn.execute(failed.values(state="failed", problem=dict(problem)))).rowcount == 1


async def drop_older_partials(conn: AsyncConnection, export: Export, *, keep: int) -> Sequence[str]:
    """Forget all but the newest partial ones of a job; answers where their files lie. What is being written stays."""
    settled = (
        exports.c.job_id == export.job_id,
        exports.c.standing.startswith("partial:"),
        exports.c.state != "writing",
    )
    newest = select(exports.c.id).where(*settled).order_by(exports.c.id.desc()).limit(keep)
    gone = delete(exports).where(*settled, exports.c.id.not_in(newest)).returning(exports.c.storage_key)
    return list((await conn.execute(gone)).scalars())


def _mine(export_id: UUID, token: UUID) -> tuple[ColumnElement[bool], ...]:
    return (exports.c.id == export_id, exports.c.lease_token == token, exports.c.state == "writing")
