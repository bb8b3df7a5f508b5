"""What a reading says before its end, and having an upload read again, in Postgres."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.reading_options import ReadingOptions
from services.ingest.domain.uploads import Reading, UploadState
from services.ingest.repositories.uploads import found_values
from services.ingest.tables import upload_chunks, uploads


async def save_sheets(
    conn: AsyncConnection, upload_id: UUID, *, token: UUID, sheets: Sequence[Mapping[str, Any]]
) -> bool:
    """Note which sheets a workbook has. False when another reader has the upload."""
    done = await conn.execute(update(uploads).where(*_mine(upload_id, token)).values(sheets=list(sheets)))
    return done.rowcount == 1


async def save_preview(conn: AsyncConnection, upload_id: UUID, *, token: UUID, reading: Reading) -> bool:
    """Note what the first rows say; the state stays `reading`. False when another reader has the upload."""
    done = await conn.execute(update(uploads).where(*_mine(upload_id, token)).values(**found_values(reading)))
    return done.rowcount == 1


async def reopen(conn: AsyncConnection, upload_id: UUID, *, options: ReadingOptions) -> None:
    """`reading` again, under these options, as if nothing had been found. Whoever reads it at present has lost it.

    A check of the rows that is under way is of a mapping that is not the present one any more.
    """
    await conn.execute(
        update(uploads)
        .where(uploads.c.id == upload_id)
        .values(
            state=UploadState.READING,
            options=options.as_json(),
            **dict.fromkeys(("kind", "row_count", "lease_token", "lease_until", "read_at")),
            # In these JSON's null is not the database's.
            **dict.fromkeys(("problem", "reading", "columns", "sample", "mapping", "findings"), null()),
            rows_read=0,
            reading_no=uploads.c.reading_no + 1,
            check_no=uploads.c.check_no + 1,
        )
    )
    await conn.execute(delete(upload_chunks).where(upload_chunks.c.upload_id == upload_id))


async def is_original_erased(conn: AsyncConnection, upload_id: UUID) -> bool:
    """Whether the file as it was sent is gone, because somebody in it was erased."""
    query = select(uploads.c.original_erased_at.is_not(None)).where(uploads.c.id == upload_id)
    return (await conn.execute(query)).scalar_one()


def _mine(upload_id: UUID, token: UUID) -> tuple[Any, ...]:
    return (uploads.c.id == upload_id, uploads.c.state == UploadState.READING, uploads.c.lease_token == token)
