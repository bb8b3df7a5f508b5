"""Uploads and where their rows lie, in Postgres."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import NotFound
from services.ingest.domain.reading_options import ReadingOptions
from services.ingest.domain.uploads import Problem, Reading, Upload, UploadState
from services.ingest.segments import ChunkRef
from services.ingest.tables import upload_chunks, uploads

_PLAIN = (
    "id",
    "workspace_id",
    "user_id",
    "filename",
    "size_bytes",
    "sha256",
    "storage_key",
    "rows_read",
    "created_at",
    "read_at",
    "source",
    "received_bytes",
    "expires_at",
    "check_no",
    "checked_no",
    "findings",
    "suggested_by",
    "sandboxed",
    "reading_no",
)
_NEW = (
    "id",
    "workspace_id",
    "user_id",
    "filename",
    "source",
    "state",
    "size_bytes",
    "received_bytes",
    "sha256",
    "storage_key",
    "created_at",
    "expires_at",
    "sandboxed",
)
_FOUND = ("state", "problem", "kind", "reading", "columns", "sample", "mapping", "row_count", "options", "sheets")
_IN_READING = ("encoding", "delimiter", "quotechar", "sheet", "header_row", "skipped_rows", "reader", "archive")
_COLUMNS = [uploads.c[name] for name in (*_PLAIN, *_FOUND)]
_WITHOUT_CELLS = [
    literal([], JSONB).label(column.name) if column.name in {"columns", "sample"} else column for column in _COLUMNS
]


def _to_upload(row: Row[*tuple[Any, ...]]) -> Upload:
    ready = row.state == UploadState.READY
    return Upload(
        **{name: getattr(row, name) for name in _PLAIN},
        state=UploadState(row.state),
        problem=Problem(**row.problem) if row.problem else None,
        reading=_to_reading(row) if ready else None,
        options=ReadingOptions(**row.options),
        sheets=row.sheets,
        preview=_to_reading(row) if row.state == UploadState.READING and row.reading is not None else None,
    )


def _to_reading(row: Row[*tuple[Any, ...]]) -> Reading:
    return Reading(
        kind=row.kind,
        **row.reading,
        columns=row.columns,
        sample=row.sample,
        mapping=row.mapping,
        row_count=row.row_count if row.row_count is not None else row.rows_read,
    )


async def insert_upload(conn: AsyncConnection, upload: Upload) -> None:
    """Write a new upload."""
    values = {name: getattr(upload, name) for name in _NEW}
    if upload.state is not UploadState.RECEIVING:
        values["received_bytes"] = upload.size_bytes
    await conn.execute(insert(uploads).values(**values))


async def load_upload(conn: AsyncConnection, workspace_id: UUID, upload_id: UUID) -> Upload:
    """One upload of a workspace. Raises NotFound (`unknown_upload`), also for another workspace's."""
    row = await conn.execute(select(*_COLUMNS).where(uploads.c.id == upload_id, uploads.c.workspace_id == workspace_id))
    found = row.first()
    if found is None:
        msg = f"there is no upload {upload_id} in this workspace"
        raise NotFound(msg, code="unknown_upload")
    return _to_upload(found)


async def hold_for_job(conn: AsyncConnection, upload_id: UUID) -> None:
    """Until the transaction ends nobody reads the upload again or deletes it: what is loaded next stays true for a job."""
    await conn.execute(select(uploads.c.id).where(uploads.c.id == upload_id).with_for_update(read=True))


async def list_uploads(conn: AsyncConnection, workspace_id: UUID, *, before: UUID | None, limit: int) -> list[Upload]:
    """A workspace's uploads, newest first, from before an id. Without `columns` and `sample`, which may be megabytes each."""
    query = select(*_WITHOUT_CELLS).where(uploads.c.workspace_id == workspace_id)
    if before is not None:
        query = query.where(uploads.c.id < before)
    rows = await conn.execute(query.order_by(uploads.c.id.desc()).limit(limit))
    return [_to_upload(row) for row in rows]


async def claim_reading(conn: AsyncConnection, upload_id: UUID, *, token: UUID, lease_s: float) -> bool:
    """Take the upload for reading and forget what an earlier reader left. False: read already, or someone is at it."""
    free = or_(uploads.c.lease_until.is_(None), uploads.c.lease_until < func.now())
    done = await conn.execute(
        update(uploads)
        .where(uploads.c.id == upload_id, uploads.c.state == UploadState.READING, free)
        .values(lease_token=token, lease_until=_from_now(lease_s), rows_read=0)
    )
    if done.rowcount != 1:
        return False
    await conn.execute(delete(upload_chunks).where(upload_chunks.c.upload_id == upload_id))
    return True


async def renew_lease(
    conn: AsyncConnection, upload_id: UUID, *, token: UUID, lease_s: float, rows_read: int | None = None
) -> bool:
    """Keep the upload for longer, and say how far we are. False when another reader has it."""
    values: dict[str, Any] = {"lease_until": _from_now(lease_s)}
    if rows_read is not None:
        values["rows_read"] = rows_read
    done = await conn.execute(update(uploads).where(*_mine(upload_id, token)).values(values))
    return done.rowcount == 1


async def drop_lease(conn: AsyncConnection, upload_id: UUID, *, token: UUID) -> None:
    """Let the next reader in at once."""
    await conn.execute(update(uploads).where(*_mine(upload_id, token)).values(lease_token=None, lease_until=None))


async def save_chunks(conn: AsyncConnection, upload_id: UUID, refs: Sequence[ChunkRef]) -> None:
    """Note where chunks lie. Again, it overwrites."""
    statement = insert(upload_chunks)
    names = ("first_row_no", "row_count", "segment_key", "byte_offset", "byte_length")
    await conn.execute(
        statement.on_conflict_do_update(
            index_elements=["upload_id", "chunk_no"], set_={name: statement.excluded[name] for name in names}
        ),
        [{"upload_id": upload_id, **asdict(ref)} for ref in refs],
    )


def found_values(reading: Reading) -> dict[str, Any]:
    """The columns that say what was found, all but the count."""
    return {
        "kind": reading.kind,
        "reading": {name: getattr(reading, name) for name in _IN_READING},
        "columns": list(reading.columns),
        "sample": list(reading.sample),
        "mapping": dict(reading.mapping),
    }


async def save_reading(conn: AsyncConnection, upload_id: UUID, *, token: UUID, reading: Reading) -> bool:
    """`reading → ready` with what was found. False when another reader has the upload."""
    done = await conn.execute(
        update(uploads)
        .where(*_mine(upload_id, token))
        .values(
            state=UploadState.READY,
            **found_values(reading),
            row_count=reading.row_count,
            rows_read=reading.row_count,
            lease_token=None,
            lease_until=None,
            read_at=func.now(),
        )
    )
    return done.rowcount == 1


async def save_refusal(conn: AsyncConnection, upload_id: UUID, *, token: UUID | None, problem: Problem) -> bool:
    """`reading → refused`, saying why. Without a token whoever holds the upload. False when it is not to be had."""
    where = _mine(upload_id, token) if token else (uploads.c.id == upload_id, uploads.c.state == UploadState.READING)
    done = await conn.execute(
        update(uploads)
        .where(*where)
        .values(
            state=UploadState.REFUSED,
            problem=asdict(problem),
            lease_token=None,
            lease_until=None,
            read_at=func.now(),
        )
    )
    if done.rowcount == 1:
        await conn.execute(delete(upload_chunks).where(upload_chunks.c.upload_id == upload_id))
    return done.rowcount == 1


def _mine(upload_id: UUID, token: UUID) -> tuple[Any, ...]:
    return (uploads.c.id == upload_id, uploads.c.state == UploadState.READING, uploads.c.lease_token == token)


def _from_now(seconds: float) -> Any:
    return func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
