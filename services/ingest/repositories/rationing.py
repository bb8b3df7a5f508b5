"""What a job that is not paid in full has under way, and its chunks that it cannot pay whole."""

from collections.abc import Sequence

from sqlalchemy import and_, any_, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.chunks import Chunk, ChunkState
from services.ingest.domain.jobs import Job
from services.ingest.repositories.chunks import array_of
from services.ingest.tables import chunks


async def rows_charged_under_way(conn: AsyncConnection, job: Job) -> int:
    """How many rows of a job are being published or queued that are charged when they are enriched."""
    free = func.unnest(array_of(job.free_rows)).table_valued("row_no").render_derived()
    last_row_no = chunks.c.first_row_no + chunks.c.stored_rows - 1
    in_chunk = or_(
        free.c.row_no == any_(chunks.c.row_nos),
        and_(chunks.c.row_nos.is_(None), free.c.row_no.between(chunks.c.first_row_no, last_row_no)),
    )
    free_rows = select(func.count()).select_from(free).where(in_chunk).correlate(chunks).scalar_subquery()
    query = select(func.coalesce(func.sum(chunks.c.row_count - free_rows), 0)).where(
        chunks.c.job_id == job.id,
        chunks.c.epoch == job.epoch,
        chunks.c.state.in_([ChunkState.PUBLISHING.value, ChunkState.QUEUED.value]),
    )
    return int((await conn.execute(query)).scalar_one())


async def split(conn: AsyncConnection, chunk: Chunk, *, rows: Sequence[int], rest: Sequence[int]) -> None:
    """Leave a pending chunk only some of its rows; the rest become a chunk of their own, the job's last."""
    mine = (chunks.c.job_id == chunk.job_id, chunks.c.chunk_no == chunk.chunk_no)
    last = select(func.max(chunks.c.chunk_no) + 1).where(chunks.c.job_id == chunk.job_id).scalar_subquery()
    copied = ("job_id", "epoch", "first_row_no", "segment_key", "byte_offset", "byte_length", "stored_rows")
    other = select(*(chunks.c[name] for name in copied), last, array_of(rest), literal(len(rest))).where(*mine)
    await conn.execute(insert(chunks).from_select([*copied, "chunk_no", "row_nos", "row_count"], other))
    await conn.execute(update(chunks).where(*mine).values(row_nos=list(rows), row_count=len(rows)))
